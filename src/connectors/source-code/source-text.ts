// One file as the rules see it: one character a byte, so that offsets, bounds and regular expressions are cheap.
import type { UntrustedFile } from '../port.ts'
import { fileKindOf } from './file-kind.ts'
import type { FileKind } from './file-kind.ts'

export interface SourceText {
  readonly path: string
  readonly kind: FileKind
  readonly bytes: Uint8Array
  /** Latin-1: character n is byte n. Values leave it through `decode`. */
  readonly text: string
  /** 1-based line of an offset. */
  lineAt(offset: number): number
  /** What the bytes of a slice say as UTF-8. */
  decode(slice: string): string
}

/** How far any rule looks for an end of the line: a line of any length costs no more than this for each anchor. */
export const WINDOW = 512

export function sourceText(file: UntrustedFile): SourceText {
  const utf16 = file.bytes[0] === 0xff || file.bytes[0] === 0xfe
  const bytes = utf16 ? Buffer.from(file.text(), 'utf8') : file.bytes
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  let text: string | undefined
  let starts: readonly number[] | undefined
  return {
    path: file.path,
    kind: fileKindOf(file.path),
    bytes,
    // not made at all for a file without an anchor
    get text() {
      return (text ??= buffer.toString('latin1'))
    },
    lineAt(offset) {
      return countUpTo((starts ??= lineStarts(this.text)), offset)
    },
    decode: (slice) => (/[\x80-\xff]/.test(slice) ? Buffer.from(slice, 'latin1').toString('utf8') : slice),
  }
}

function lineStarts(text: string): number[] {
  const starts = [0]
  for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) starts.push(at + 1)
  return starts
}

/** How many of the sorted numbers are no greater than `limit`. */
function countUpTo(sorted: readonly number[], limit: number): number {
  let low = 0
  let high = sorted.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((sorted[middle] ?? 0) <= limit) low = middle + 1
    else high = middle
  }
  return low
}

/** Start of the line around `offset`, no further back than `WINDOW`. */
export const lineStart = (text: string, offset: number): number => offset - beforeOnLine(text, offset, WINDOW).length

/** What stands before `offset` on its line, at most `reach` characters. */
export function beforeOnLine(text: string, offset: number, reach: number): string {
  const window = text.slice(Math.max(0, offset - reach), offset)
  return window.slice(window.lastIndexOf('\n') + 1)
}

/** End of the line around `offset` (the newline's offset), no further than `WINDOW`. */
export function lineEnd(text: string, offset: number): number {
  const newline = text.slice(offset, offset + WINDOW).indexOf('\n')
  return newline === -1 ? Math.min(text.length, offset + WINDOW) : offset + newline
}

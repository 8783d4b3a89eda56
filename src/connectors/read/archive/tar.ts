// tar: POSIX ustar with pax and GNU long names, read as a stream. Only plain files are members.
import { ChunkReader } from './chunk-reader.ts'

const BLOCK = 512
/** Of a header that carries a long name or pax records. */
const EXTENSION_BYTES_MAX = 1024 * 1024

export interface TarMember {
  readonly name: string
  readonly size: number
}

/** True for a block that is a tar header: its checksum says so. An all-zero block is the end mark, not a header. */
export function isTarHeader(block: Uint8Array): boolean {
  if (block.length < BLOCK) return false
  let sum = 0
  for (let at = 0; at < BLOCK; at++) sum += at >= 148 && at < 156 ? 32 : (block[at] ?? 0)
  const said = Number.parseInt(textOf(block, 148, 8).trim(), 8)
  return sum > 256 && said === sum
}

/**
 * Each plain file, in order. The caller reads up to `size` bytes from the same reader before asking for the next; what it
 * leaves is passed over. Throws `Error` where the archive is damaged.
 */
export async function* tarMembers(reader: ChunkReader): AsyncGenerator<TarMember & { content: ChunkReader }> {
  let longName: string | undefined
  let longSize: number | undefined
  for (;;) {
    const header = await reader.read(BLOCK)
    if (header.every((byte) => byte === 0)) return
    if (!isTarHeader(header)) throw new Error('not a tar header')
    const size = longSize ?? sizeOf(header)
    if (!Number.isSafeInteger(size) || size < 0) throw new Error('not a size')
    const type = String.fromCharCode(header[156] ?? 0)
    const padding = (BLOCK - (size % BLOCK)) % BLOCK
    if (type === 'x' || type === 'L') {
      if (size > EXTENSION_BYTES_MAX) throw new Error('an extension header is too large')
      const text = Buffer.from(await reader.read(size)).toString()
      if (type === 'L') longName = text.replace(/\0.*$/s, '')
      else {
        const records = paxRecords(text)
        longName = records.get('path') ?? longName
        longSize = records.has('size') ? Number(records.get('size')) : undefined
      }
      await reader.skip(padding)
      continue
    }
    if (type === '0' || type === '\0' || type === '7') {
      const rest = reader.take(size)
      const content = new ChunkReader(rest)
      yield { name: longName ?? nameOf(header), size, content }
      for await (const chunk of content.take()) void chunk
    } else await reader.skip(size)
    await reader.skip(padding)
    longName = undefined
    longSize = undefined
  }
}

const textOf = (block: Uint8Array, at: number, length: number): string =>
  Buffer.from(block.subarray(at, at + length))
    .toString('utf8')
    .replace(/\0.*$/s, '')

function nameOf(header: Uint8Array): string {
  const name = textOf(header, 0, 100)
  const prefix = textOf(header, 257, 5) === 'ustar' ? textOf(header, 345, 155) : ''
  return prefix === '' ? name : `${prefix}/${name}`
}

/** Octal text, or big-endian binary when the first bit is set. */
function sizeOf(header: Uint8Array): number {
  if (((header[124] ?? 0) & 0x80) === 0) return Number.parseInt(textOf(header, 124, 12).trim() || '0', 8)
  let size = (header[124] ?? 0) & 0x7f
  for (let at = 125; at < 136; at++) size = size * 256 + (header[at] ?? 0)
  return size
}

/** `LENGTH KEY=VALUE\n`, the length in bytes of the whole record. */
function paxRecords(text: string): Map<string, string> {
  const records = new Map<string, string>()
  const bytes = Buffer.from(text)
  for (let at = 0; at < bytes.length;) {
    const space = bytes.indexOf(32, at)
    const length = Number(bytes.subarray(at, space === -1 ? at : space).toString())
    if (space === -1 || !Number.isSafeInteger(length) || length <= 0) return records
    const record = bytes.subarray(space + 1, at + length - 1).toString()
    const equals = record.indexOf('=')
    if (equals > 0) records.set(record.slice(0, equals), record.slice(equals + 1))
    at += length
  }
  return records
}

// The files of a bundle as bytes, lines and rows. What is opened is a plain file below the folder and nothing else.
import { createHash } from 'node:crypto'
import { createReadStream, lstatSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,120}$/
const LINE_MAX = 64 * 1024 * 1024
const TEXT_MAX = 256 * 1024 * 1024

/**
 * Where a path of the bundle is, and how long. SECURITY: links, devices and pipes are never opened, and nothing that is
 * not below the folder. Throws with what is wrong.
 */
export function plainFile(folder: string, path: string): { readonly file: string; readonly bytes: number } {
  const names = path.split('/')
  if (names.length > 4 || !names.every((name) => NAME.test(name))) throw new Error(`${path} is no path of a bundle`)
  let at = folder
  for (const [depth, name] of names.entries()) {
    at = join(at, name)
    const found = lstatSync(at, { throwIfNoEntry: false })
    if (found === undefined) throw new Error(`${path} is missing`)
    if (depth < names.length - 1 ? !found.isDirectory() : !found.isFile())
      throw new Error(`${path} is not a plain file of the bundle`)
    if (depth === names.length - 1) return { file: at, bytes: found.size }
  }
  throw new Error(`${path} is missing`)
}

/** A whole file, of those that are small. */
export function textOf(folder: string, path: string): string {
  const { file, bytes } = plainFile(folder, path)
  if (bytes > TEXT_MAX) throw new Error(`${path} is longer than such a file can be`)
  return readFileSync(file, 'utf8')
}

export async function digest(file: string): Promise<string> {
  const hash = createHash('sha256')
  for await (const chunk of createReadStream(file) as AsyncIterable<Buffer>) hash.update(chunk)
  return hash.digest('hex')
}

/** Lines end with a line feed and nothing else: JSON may hold the other line ends of Unicode. */
export async function* lines(folder: string, path: string): AsyncGenerator<string> {
  let rest = ''
  const stream = createReadStream(plainFile(folder, path).file, { encoding: 'utf8', highWaterMark: 1 << 18 })
  for await (const chunk of stream as AsyncIterable<string>) {
    const parts = (rest + chunk).split('\n')
    rest = parts.pop() ?? ''
    if (rest.length > LINE_MAX) throw new Error(`${path} has a line that is longer than a line can be`)
    yield* parts
  }
  if (rest !== '') throw new Error(`${path} breaks off in a line`)
}

/** RFC 4180 rows; quoted cells may hold line breaks. */
export async function* csvRows(folder: string, path: string): AsyncGenerator<string[]> {
  let row: string[] = []
  let cell = ''
  let quoted = false
  let closed = false
  const stream = createReadStream(plainFile(folder, path).file, 'utf8')
  for await (const chunk of stream as AsyncIterable<string>) {
    if (cell.length > LINE_MAX) throw new Error(`${path} has a cell that is longer than a cell can be`)
    for (const character of chunk) {
      if (quoted && !closed && character !== '"') cell += character
      else if (quoted && !closed) closed = true
      else if (closed && character === '"') {
        cell += character
        closed = false
      } else if (character === '"' && cell === '') quoted = true
      else if (character === ',' || character === '\n') {
        row.push(cell)
        cell = ''
        quoted = closed = false
        if (character === ',') continue
        yield row
        row = []
      }
      // elsewhere a spreadsheet would read another cell than this
      else if (closed || character === '"' || character === '\r')
        throw new Error(`${path} has a cell that is not quoted as RFC 4180 has it`)
      else cell += character
    }
  }
  if (row.length > 0 || cell !== '' || quoted) throw new Error(`${path} breaks off in a row`)
}

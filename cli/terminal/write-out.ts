// Writing what a command produced: in pieces, with back-pressure, and to a file only as a whole.
import { once } from 'node:events'
import { createWriteStream } from 'node:fs'
import { open, realpath, rename, rm, stat } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { Fault } from '#kernel'

const PIECE_CHARACTERS = 65_536

/** Waits while the reader is slow. A reader that went away (`| head`) is no error: the rest is not written. */
export async function writeTo(stream: NodeJS.WritableStream, pieces: Iterable<string>): Promise<void> {
  for (const piece of gathered(pieces)) {
    if (!stream.writable) return
    if (!stream.write(piece)) await drainedOrGone(stream)
  }
}

async function drainedOrGone(stream: NodeJS.WritableStream): Promise<void> {
  // the one that loses is taken off again, or a long report into a slow pipe piles up listeners
  const settled = new AbortController()
  const until = { signal: settled.signal }
  try {
    await Promise.race([once(stream, 'drain', until), once(stream, 'close', until)])
  } catch (cause) {
    ignorePipe(cause)
  } finally {
    settled.abort()
  }
}

/**
 * The file has the whole content or is left as it was: written beside it, flushed, renamed. Through a link its target
 * is replaced. A device or pipe is written to directly. `mode`: of a new file. Throws a Fault where that cannot be.
 */
export async function writeFileWhole(path: string, pieces: Iterable<string>, mode = 0o666): Promise<void> {
  const found = await stat(path).catch(() => undefined)
  if (found?.isDirectory() === true) {
    throw new Fault('usage', `\`${path}\` is a directory: name a file to write the report to`)
  }
  try {
    if (found !== undefined && !found.isFile()) {
      const stream = createWriteStream(path)
      await writeTo(stream, pieces)
      stream.end()
      await once(stream, 'finish')
      return
    }
    await replaceFile(found === undefined ? path : await realpath(path), pieces, found?.mode ?? mode)
  } catch (cause) {
    if (cause instanceof Fault) throw cause
    throw new Fault('usage', `\`${path}\` cannot be written (${codeOf(cause)})`, { cause })
  }
}

async function replaceFile(path: string, pieces: Iterable<string>, mode: number): Promise<void> {
  const beside = join(dirname(path), `.${basename(path)}.${process.pid}.tmp`)
  const removed = async (): Promise<void> => rm(beside, { force: true })
  const file = await open(beside, 'wx', mode & 0o777)
  unfinished.add(beside)
  try {
    try {
      for (const piece of gathered(pieces)) await file.writeFile(piece)
      await file.sync()
    } finally {
      await file.close()
    }
    await rename(beside, path)
  } catch (cause) {
    await removed()
    throw cause
  } finally {
    unfinished.delete(beside)
  }
}

/** Files that are being written; removed when the command is interrupted. */
export const unfinished = new Set<string>()

function* gathered(pieces: Iterable<string>): Generator<string> {
  let held: string[] = []
  let length = 0
  for (const piece of pieces) {
    held.push(piece)
    length += piece.length
    if (length < PIECE_CHARACTERS) continue
    yield held.join('')
    held = []
    length = 0
  }
  if (length > 0) yield held.join('')
}

function ignorePipe(cause: unknown): void {
  if (codeOf(cause) !== 'EPIPE') throw cause
}

/** `ENOENT`, `EACCES`, …: the operating system's own word, which names no content. */
export function codeOf(cause: unknown): string {
  return cause instanceof Error && 'code' in cause && typeof cause.code === 'string' ? cause.code : 'unknown error'
}

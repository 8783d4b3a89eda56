// Reads one regular file within a limit. What stands at the path may have changed since it was listed.
import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs'
import { looksBinary } from '../../input/untrusted-file.ts'
import { sizeText } from '../limits.ts'
import type { Limits } from '../limits.ts'
import { errorWords } from '../tree/error-words.ts'

const HEAD_BYTES = 8192
/** SECURITY: no link is followed and no pipe is waited for, whatever took the file's place. */
export const FLAGS = constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0)

export type Opened = { readonly bytes: Uint8Array } | { readonly binary: true } | { readonly refused: string }

/** Files up to this size are read into the same memory, one after the other: most of a tree makes no garbage. */
const SCRATCH_BYTES = 4 * 1024 * 1024
let scratch: Uint8Array | undefined

/** `bytes` hold until the next file is opened. `binary` for a binary file beyond its own limit: only its head has been read. Never throws. */
export function openFile(absolute: string | Uint8Array, limits: Limits, limit: 'fileBytes' | 'namedFileBytes'): Opened {
  let file: number | undefined
  try {
    file = openSync(typeof absolute === 'string' ? absolute : Buffer.from(absolute), FLAGS)
    const stat = fstatSync(file)
    if (!stat.isFile()) return { refused: `the file could not be read: it is not a regular file` }
    if (stat.size > Math.min(limits.binaryBytes, limits[limit])) {
      const head = new Uint8Array(HEAD_BYTES)
      const got = readSync(file, head, 0, HEAD_BYTES, 0)
      if (looksBinary(head.subarray(0, got), Buffer.from(absolute).toString())) return { binary: true }
    }
    const tooLarge = tooLargeText(limits[limit])
    if (stat.size > limits[limit]) return { refused: tooLarge }
    const bytes = readAll(file, stat.size, limits[limit])
    return bytes === undefined ? { refused: tooLarge } : { bytes }
  } catch (error) {
    return { refused: `the file could not be read: ${errorWords(error)}` }
  } finally {
    if (file !== undefined) closeSync(file)
  }
}

export const tooLargeText = (limit: number): string =>
  `the file is larger than ${sizeText(limit)}, so it was not read; raise --max-file-size`

/** `undefined` when there is more than `limit`: files such as those of /proc state no size, and a log may grow. */
function readAll(file: number, size: number, limit: number): Uint8Array | undefined {
  let bytes = size < SCRATCH_BYTES ? (scratch ??= new Uint8Array(SCRATCH_BYTES)) : new Uint8Array(size + 1)
  for (let at = 0; ;) {
    const got = readSync(file, bytes, at, bytes.length - at, null)
    at += got
    if (at > limit) return undefined
    if (got === 0) return bytes.subarray(0, at)
    if (at === bytes.length) {
      const larger = new Uint8Array(Math.min(limit + 1, at * 2))
      larger.set(bytes)
      bytes = larger
    }
  }
}

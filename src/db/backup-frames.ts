// The container of a backup: one line of magic, then zstd over frames. `J` frames are JSON and say what the `D` frames
// after them belong to. Read and written as streams; no frame is larger than its limit.
import { createReadStream, createWriteStream } from 'node:fs'
import { open, rename, rm } from 'node:fs/promises'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { constants, createZstdCompress, createZstdDecompress } from 'node:zlib'
import { Fault } from '#kernel'
import { faultOf } from './pg-faults.ts'

const MAGIC = 'reeve-backup 1\n'
const DATA_BYTES_MAX = 1 << 20
const JSON_BYTES_MAX = 64 << 20
const HEADER_BYTES = 5
const CHECKED = { params: { [constants.ZSTD_c_checksumFlag]: 1 } }
const JSON_FRAME = 'J'.charCodeAt(0)
const DATA_FRAME = 'D'.charCodeAt(0)

/** What a backup was taken of. */
export interface Manifest {
  readonly release: string
  readonly createdAt: string
  readonly postgresVersion: string
  readonly migrations: readonly { readonly number: number; readonly name: string; readonly checksum: string }[]
  /** In the order in which they can be filled: no table before one that it refers to. */
  readonly tables: readonly { readonly name: string; readonly columns: readonly string[] }[]
  /** Where each column's own counting had got to; `undefined` where it had not begun. */
  readonly counters: readonly { readonly table: string; readonly column: string; readonly value?: number }[]
  /** Names of the files beside the database that are in it. They hold secrets: so does the backup. */
  readonly files: readonly string[]
}

/** What `J` frames say, in this order: manifest, then each file, each table with its end, then the end. */
export type Frame =
  | { readonly kind: 'manifest'; readonly manifest: Manifest }
  | { readonly kind: 'file'; readonly name: string; readonly sha256: string }
  | { readonly kind: 'table'; readonly name: string }
  | { readonly kind: 'table end'; readonly name: string; readonly rows: number; readonly sha256: string }
  | { readonly kind: 'end' }

/** Takes the place of `path` only when all of it is on the disk; until then it lies beside it. Readable by us alone. */
export async function writeFrames(path: string, frames: AsyncIterable<Frame | Buffer>): Promise<void> {
  const making = `${path}.new`
  try {
    const file = await open(making, 'w', 0o600)
    await file.chmod(0o600)
    await file.write(MAGIC)
    await pipeline(
      Readable.from(encoded(frames)),
      createZstdCompress(CHECKED),
      createWriteStream('', { fd: file, flush: true }),
    )
    await rename(making, path)
  } catch (error) {
    await rm(making, { force: true })
    const fault = faultOf(error)
    if (fault instanceof Fault || !(error instanceof Error && 'syscall' in error)) throw fault
    throw new Fault('unreadable_input', `\`${path}\` cannot be written: ${error.message}`, { cause: error })
  }
}

async function* encoded(frames: AsyncIterable<Frame | Buffer>): AsyncGenerator<Buffer> {
  for await (const frame of frames) {
    const payload = Buffer.isBuffer(frame) ? frame : Buffer.from(JSON.stringify(frame))
    const type = Buffer.isBuffer(frame) ? DATA_FRAME : JSON_FRAME
    for (let at = 0; at < payload.length; at += type === DATA_FRAME ? DATA_BYTES_MAX : payload.length) {
      const part = type === DATA_FRAME ? payload.subarray(at, at + DATA_BYTES_MAX) : payload
      const header = Buffer.alloc(HEADER_BYTES)
      header.writeUInt8(type, 0)
      header.writeUInt32BE(part.length, 1)
      yield header
      yield part
    }
  }
}

/** Throws Fault('unreadable_input') for what is no backup, is damaged, or ends too early. */
export async function* readFrames(path: string): AsyncGenerator<Frame | Buffer> {
  let last: Frame | Buffer | undefined
  try {
    await checkMagic(path)
    const raw = createReadStream(path, { start: MAGIC.length })
    const plain = createZstdDecompress()
    // errors of either reach the reader through `plain`
    raw.on('error', (error) => plain.destroy(error))
    for await (const frame of decoded(raw.pipe(plain))) {
      last = frame
      yield frame
    }
  } catch (error) {
    if (error instanceof Fault || !isUnreadable(error)) throw error
    throw damaged(path, error)
  }
  if (last === undefined || Buffer.isBuffer(last) || last.kind !== 'end') throw damaged(path, undefined)
}

function isUnreadable(error: unknown): boolean {
  if (error instanceof SyntaxError || error instanceof RangeError) return true
  return error instanceof Error && 'code' in error && /^(?:Z|ERR_|E[A-Z]+$)/.test(String(error.code))
}

function damaged(path: string, cause: unknown): Fault {
  if (cause instanceof Error && 'code' in cause && cause.code === 'ENOENT')
    return new Fault('unreadable_input', `there is no file \`${path}\``, { cause })
  return new Fault('unreadable_input', `\`${path}\` is no whole backup: it is damaged or ends too early`, { cause })
}

async function checkMagic(path: string): Promise<void> {
  const file = await open(path, 'r')
  try {
    const { buffer } = await file.read(Buffer.alloc(MAGIC.length), 0, MAGIC.length, 0)
    if (buffer.toString('latin1') !== MAGIC) throw new RangeError('no backup')
  } finally {
    await file.close()
  }
}

async function* decoded(bytes: AsyncIterable<Buffer>): AsyncGenerator<Frame | Buffer> {
  let held: Buffer = Buffer.alloc(0)
  for await (const chunk of bytes) {
    held = held.length === 0 ? chunk : Buffer.concat([held, chunk])
    for (;;) {
      if (held.length < HEADER_BYTES) break
      const type = held.readUInt8(0)
      const length = held.readUInt32BE(1)
      if (type !== JSON_FRAME && type !== DATA_FRAME) throw new RangeError('an unknown frame')
      if (length > (type === JSON_FRAME ? JSON_BYTES_MAX : DATA_BYTES_MAX)) throw new RangeError('a frame too long')
      if (held.length < HEADER_BYTES + length) break
      const payload = held.subarray(HEADER_BYTES, HEADER_BYTES + length)
      yield type === DATA_FRAME ? payload : (JSON.parse(payload.toString('utf8')) as Frame)
      held = held.subarray(HEADER_BYTES + length)
    }
  }
  if (held.length > 0) throw new RangeError('half a frame')
}

// The files inside an archive, and inside the archives in it, within limits. Nothing is written to disk.
import { open } from 'node:fs/promises'
import type { FileHandle } from 'node:fs/promises'
import { pipeline, Readable } from 'node:stream'
import { createGunzip, createZstdDecompress } from 'node:zlib'
import { looksBinary } from '../../input/untrusted-file.ts'
import { sizeText } from '../limits.ts'
import type { Limits } from '../limits.ts'
import { FLAGS, tooLargeText } from '../run/open-file.ts'
import { archiveKind, isArchiveName, isNeverText, isZipName, memberPath, unpackedName } from './archive-names.ts'
import type { ArchiveKind } from './archive-names.ts'
import { ChunkReader } from './chunk-reader.ts'
import { tarMembers } from './tar.ts'
import { zipContent, zipHead, zipMembers } from './zip.ts'
import type { RandomAccess, ZipMember } from './zip.ts'

/** One file of an archive, or what could not be read of it. */
export type Expanded =
  | { readonly path: string; readonly bytes: Uint8Array }
  | { readonly path: string; readonly message: string }
  | { readonly path: string; readonly binary: true }

export interface ExpandOptions {
  readonly limits: Limits
  /** True for a path inside the archive that the user does not want. */
  readonly skips: (path: string) => boolean
}

/** A zip inside another archive is held in memory, for its directory stands at its end. */
const INNER_ZIP_BYTES_MAX = 64 * 1024 * 1024
/** Unpacked bytes before the ratio counts. */
const RATIO_FROM_BYTES = 16 * 1024 * 1024
const HEAD_BYTES = 8192

/** A limit of the whole archive was reached: what came before stands. */
class LimitReached extends Error {}

/**
 * Yields every plain file, as `a.zip!/inner/path`. Damage and limits are messages; the members before them stand. The
 * path of a message is that of the archive or member that it is about. Never throws.
 */
export async function* expandArchive(
  path: string,
  absolute: string | Buffer,
  bytes: number,
  options: ExpandOptions,
): AsyncGenerator<Expanded> {
  const expander = new Expander(bytes, options)
  let file: FileHandle | undefined
  try {
    file = await open(absolute, FLAGS)
    if (!(await file.stat()).isFile()) throw new Error('not a file')
    const { buffer, bytesRead } = await file.read(Buffer.alloc(512), 0, 512, 0)
    const kind = archiveKind(buffer.subarray(0, bytesRead))
    // a program may stand before a zip: an executable jar begins with a script
    if (kind === 'zip' || (kind === undefined && isZipName(path))) yield* expander.zipFile(path, file)
    else yield* expander.stream(path, file.createReadStream({ start: 0, autoClose: false }), 1)
  } catch (error) {
    yield { path, message: messageOf(error) }
  } finally {
    await file?.close()
  }
}

const messageOf = (error: unknown): string =>
  error instanceof LimitReached
    ? error.message
    : 'the archive is damaged or not what its name says; what came before the damage was read'

class Expander {
  readonly #packed: number
  readonly #options: ExpandOptions
  #members = 0
  #unpacked = 0

  constructor(packed: number, options: ExpandOptions) {
    this.#packed = packed
    this.#options = options
  }

  /** Whatever the stream's first bytes say it is. `depth` is 1 for the archive that lies on disk. */
  async *stream(path: string, source: AsyncIterable<Uint8Array>, depth: number): AsyncGenerator<Expanded> {
    const reader = new ChunkReader(source)
    const kind = archiveKind(await reader.peek(512))
    if (depth > this.#options.limits.archiveDepth) {
      yield {
        path,
        message: `archives are nested deeper than ${this.#options.limits.archiveDepth}; raise --max-archive-depth`,
      }
    } else if (kind === 'gzip' || kind === 'zstd') yield* this.#unpack(path, reader, kind, depth)
    else if (kind === 'tar') yield* this.#tar(path, reader, depth)
    else if (kind === 'zip') yield* this.#innerZip(path, reader, depth)
    else throw new Error('not an archive')
  }

  async *zipFile(path: string, file: FileHandle): AsyncGenerator<Expanded> {
    const { size } = await file.stat()
    const read = async (at: number, length: number): Promise<Buffer> => {
      const wanted = Math.max(0, Math.min(length, size - at))
      const { buffer, bytesRead } = await file.read(Buffer.alloc(wanted), 0, wanted, Math.max(0, at))
      return buffer.subarray(0, bytesRead)
    }
    yield* this.#zip(path, { size, read }, 1)
  }

  async *#innerZip(path: string, reader: ChunkReader, depth: number): AsyncGenerator<Expanded> {
    const bytes = Buffer.from(await reader.read(INNER_ZIP_BYTES_MAX + 1))
    if (bytes.length > INNER_ZIP_BYTES_MAX) {
      yield {
        path,
        message: `an inner zip is larger than ${sizeText(INNER_ZIP_BYTES_MAX)}; unpack it and scan it by itself`,
      }
      return
    }
    const read = (at: number, length: number): Promise<Buffer> =>
      Promise.resolve(bytes.subarray(Math.max(0, at), Math.max(0, at) + length))
    yield* this.#zip(path, { size: bytes.length, read }, depth)
  }

  async *#unpack(path: string, packed: ChunkReader, kind: 'gzip' | 'zstd', depth: number): AsyncGenerator<Expanded> {
    const unpacker = kind === 'gzip' ? createGunzip() : createZstdDecompress()
    // the error reaches whoever reads the unpacked stream
    pipeline(Readable.from(packed.take()), unpacker, () => undefined)
    const reader = new ChunkReader(this.#counted(unpacker))
    try {
      const inner = archiveKind(await reader.peek(512))
      if (inner === 'tar') yield* this.#tar(path, reader, depth)
      else yield* this.#member(`${path}!/${unpackedName(path)}`, unpackedName(path), reader, undefined, depth)
    } finally {
      unpacker.destroy()
    }
  }

  async *#counted(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    for await (const chunk of source) {
      this.#countBytes(chunk.length)
      yield chunk
    }
  }

  async *#tar(path: string, reader: ChunkReader, depth: number): AsyncGenerator<Expanded> {
    for await (const { name, size, content } of tarMembers(reader)) {
      const inner = memberPath(name)
      this.#countMember()
      if (inner !== '') yield* this.#member(`${path}!/${inner}`, inner, content, size, depth)
    }
  }

  /** One member that comes as a stream. `size` is `undefined` when nothing states it. */
  async *#member(
    path: string,
    inner: string,
    content: ChunkReader,
    size: number | undefined,
    depth: number,
  ): AsyncGenerator<Expanded> {
    const { limits, skips } = this.#options
    if (skips(inner) || isNeverText(inner)) return
    const head = await content.peek(HEAD_BYTES)
    if (isArchive(inner, head)) {
      yield* this.#nested(path, content.take(), depth + 1)
      return
    }
    const limit = looksBinary(head, inner) ? limits.binaryBytes : limits.fileBytes
    if (size === undefined || size <= limit) {
      const bytes = await content.read(limit + 1)
      if (bytes.length <= limit) {
        this.#countBytes(size === undefined ? 0 : bytes.length)
        yield { path, bytes }
        return
      }
    }
    yield looksBinary(head, inner) ? { path, binary: true } : { path, message: tooLargeText(limit) }
  }

  /** Damage of an inner archive costs that archive; a limit ends the outermost one. */
  async *#nested(path: string, source: AsyncIterable<Uint8Array>, depth: number): AsyncGenerator<Expanded> {
    try {
      yield* this.stream(path, source, depth)
    } catch (error) {
      if (error instanceof LimitReached) throw error
      yield { path, message: messageOf(error) }
    }
  }

  async *#zip(path: string, archive: RandomAccess, depth: number): AsyncGenerator<Expanded> {
    let locked = 0
    for (const member of await zipMembers(archive)) {
      const inner = memberPath(member.name)
      this.#countMember()
      if (inner === '' || this.#options.skips(inner) || isNeverText(inner)) continue
      if (member.encrypted) locked += 1
      else yield* this.#zipMember(`${path}!/${inner}`, inner, archive, member, depth)
    }
    if (locked > 0)
      yield { path, message: `${locked} members are encrypted and were not read; unpack the archive and scan that` }
  }

  async *#zipMember(
    path: string,
    inner: string,
    archive: RandomAccess,
    member: ZipMember,
    depth: number,
  ): AsyncGenerator<Expanded> {
    const { limits } = this.#options
    try {
      const head = await zipHead(archive, member)
      const nested = isArchive(inner, head)
      const limit = nested ? INNER_ZIP_BYTES_MAX : looksBinary(head, inner) ? limits.binaryBytes : limits.fileBytes
      const bytes = member.size > limit ? undefined : await zipContent(archive, member, limit)
      if (bytes === undefined) {
        yield looksBinary(head, inner) && !nested ? { path, binary: true } : { path, message: tooLargeText(limit) }
        return
      }
      this.#countBytes(bytes.length)
      if (nested) yield* this.#nested(path, Readable.from([bytes]), depth + 1)
      else yield { path, bytes }
    } catch (error) {
      if (error instanceof LimitReached) throw error
      yield {
        path,
        message: 'the member is damaged or packed in a way that is not read; unpack the archive and scan that',
      }
    }
  }

  #countMember(): void {
    this.#members += 1
    const { archiveMembers } = this.#options.limits
    if (this.#members > archiveMembers)
      throw new LimitReached(`the archive has more than ${archiveMembers} members; the rest was not read`)
  }

  #countBytes(bytes: number): void {
    this.#unpacked += bytes
    const { archiveBytes, archiveRatio } = this.#options.limits
    if (this.#unpacked > archiveBytes)
      throw new LimitReached(`the archive unpacks to more than ${sizeText(archiveBytes)}; the rest was not read`)
    if (this.#unpacked > RATIO_FROM_BYTES && this.#unpacked > this.#packed * archiveRatio)
      throw new LimitReached(
        `the archive unpacks to more than ${archiveRatio} times its size, as a bomb does; the rest was not read`,
      )
  }
}

/** By its bytes, and for a tar, whose mark is weak, by its name too or by the mark of ustar. */
function isArchive(name: string, head: Uint8Array): boolean {
  const kind: ArchiveKind | undefined = archiveKind(head)
  return kind !== undefined && (kind !== 'zip' || isArchiveName(name) || !/\.[a-z0-9]{2,5}$/i.test(name))
}

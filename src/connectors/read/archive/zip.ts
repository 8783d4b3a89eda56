// zip: its central directory, and the bytes of a member within a limit. Sizes that an archive states are not believed.
import { constants, inflateRawSync } from 'node:zlib'

/** Where an archive's bytes are: a file or memory. */
export interface RandomAccess {
  readonly size: number
  /** Fewer bytes at the end. */
  read(at: number, length: number): Promise<Buffer>
}

export interface ZipMember {
  readonly name: string
  readonly packed: number
  /** As stated. */
  readonly size: number
  readonly method: number
  readonly encrypted: boolean
  readonly headerAt: number
}

const END_MARK = 0x06054b50
const END64_MARK = 0x06064b50
const END64_LOCATOR_MARK = 0x07064b50
const ENTRY_MARK = 0x02014b50
const LOCAL_MARK = 0x04034b50
const END_BYTES = 22
const COMMENT_MAX = 0xffff
const DIRECTORY_BYTES_MAX = 64 * 1024 * 1024
const HEAD_PACKED = 16 * 1024

/** Plain files in the order of the directory. Throws `Error` where the archive is damaged. */
export async function zipMembers(archive: RandomAccess): Promise<ZipMember[]> {
  const { at, length, shift } = await directoryOf(archive)
  if (length > DIRECTORY_BYTES_MAX) throw new Error('the directory is too large')
  const directory = await archive.read(at, length)
  const members: ZipMember[] = []
  for (let from = 0; from + 46 <= directory.length && directory.readUInt32LE(from) === ENTRY_MARK;) {
    const nameLength = directory.readUInt16LE(from + 28)
    const extraLength = directory.readUInt16LE(from + 30)
    const end = from + 46 + nameLength + extraLength + directory.readUInt16LE(from + 32)
    const name = nameOf(directory.subarray(from + 46, from + 46 + nameLength))
    const mode = directory.readUInt32LE(from + 38) >>> 28
    const extra = directory.subarray(from + 46 + nameLength, from + 46 + nameLength + extraLength)
    const wide = wideSizes(extra, directory, from)
    // mode 10 is a link, 4 a directory; an archive made elsewhere than on Unix has none
    if (!name.endsWith('/') && mode !== 10 && mode !== 4)
      members.push({
        name,
        packed: wide.packed,
        size: wide.size,
        method: directory.readUInt16LE(from + 10),
        encrypted: (directory.readUInt16LE(from + 8) & 1) === 1,
        headerAt: wide.headerAt + shift,
      })
    from = end
  }
  return members
}

/** `undefined` when the member is larger than `limit`. Throws `Error` where it is damaged or packed in another way. */
export async function zipContent(
  archive: RandomAccess,
  member: ZipMember,
  limit: number,
): Promise<Uint8Array | undefined> {
  const start = await contentStart(archive, member)
  if (member.method === 0) {
    return member.packed > limit ? undefined : new Uint8Array(await archive.read(start, member.packed))
  }
  if (member.packed > limit + 1024) return undefined
  const packed = await archive.read(start, member.packed)
  try {
    return new Uint8Array(inflateRawSync(packed, { maxOutputLength: Math.max(1, limit) }))
  } catch (error) {
    if (error instanceof RangeError) return undefined
    throw error
  }
}

/** Some bytes of the member's start, to see what it is without unpacking it. */
export async function zipHead(archive: RandomAccess, member: ZipMember): Promise<Uint8Array> {
  const packed = await archive.read(await contentStart(archive, member), Math.min(member.packed, HEAD_PACKED))
  if (member.method === 0) return packed
  return inflateRawSync(packed, { finishFlush: constants.Z_SYNC_FLUSH, maxOutputLength: HEAD_PACKED * 1100 }).subarray(
    0,
    HEAD_PACKED,
  )
}

async function contentStart(archive: RandomAccess, member: ZipMember): Promise<number> {
  if (member.method !== 0 && member.method !== 8) throw new Error('packed in a way that is not read')
  const header = await archive.read(member.headerAt, 30)
  if (header.length < 30 || header.readUInt32LE(0) !== LOCAL_MARK) throw new Error('not a member')
  return member.headerAt + 30 + header.readUInt16LE(26) + header.readUInt16LE(28)
}

interface Directory {
  readonly at: number
  readonly length: number
  /** Bytes before the archive's own first one: a program that unpacks itself. */
  readonly shift: number
}

async function directoryOf(archive: RandomAccess): Promise<Directory> {
  const tailAt = Math.max(0, archive.size - END_BYTES - COMMENT_MAX)
  const tail = await archive.read(tailAt, archive.size - tailAt)
  for (let at = tail.length - END_BYTES; at >= 0; at--) {
    if (tail.readUInt32LE(at) !== END_MARK) continue
    const length = tail.readUInt32LE(at + 12)
    const offset = tail.readUInt32LE(at + 16)
    const wide = at >= 20 && tail.readUInt32LE(at - 20) === END64_LOCATOR_MARK
    if (wide) return wideDirectory(archive, Number(tail.readBigUInt64LE(at - 12)))
    const directoryAt = tailAt + at - length
    return { at: directoryAt, length, shift: directoryAt - offset }
  }
  throw new Error('no end of the directory')
}

async function wideDirectory(archive: RandomAccess, at: number): Promise<Directory> {
  const end = await archive.read(at, 56)
  if (end.length < 56 || end.readUInt32LE(0) !== END64_MARK) throw new Error('no end of the directory')
  return { at: Number(end.readBigUInt64LE(48)), length: Number(end.readBigUInt64LE(40)), shift: 0 }
}

/** Sizes and offset, from the zip64 field where the ordinary ones are full. */
function wideSizes(extra: Buffer, directory: Buffer, from: number): { size: number; packed: number; headerAt: number } {
  let size = directory.readUInt32LE(from + 24)
  let packed = directory.readUInt32LE(from + 20)
  let headerAt = directory.readUInt32LE(from + 42)
  for (let at = 0; at + 4 <= extra.length; at += 4 + extra.readUInt16LE(at + 2)) {
    if (extra.readUInt16LE(at) !== 1) continue
    let field = at + 4
    const next = (): number => {
      const value = field + 8 <= extra.length ? Number(extra.readBigUInt64LE(field)) : Number.NaN
      field += 8
      return value
    }
    if (size === 0xffffffff) size = next()
    if (packed === 0xffffffff) packed = next()
    if (headerAt === 0xffffffff) headerAt = next()
    break
  }
  if (![size, packed, headerAt].every((value) => Number.isSafeInteger(value))) throw new Error('not a size')
  return { size, packed, headerAt }
}

/** UTF-8 where it is, else one character for each byte. */
function nameOf(bytes: Buffer): string {
  const text = bytes.toString('utf8')
  return text.includes('\uFFFD') ? bytes.toString('latin1') : text
}

// The files of a zip file, read so strictly that every other reader sees the same ones: its directory is where its end record
// says and nowhere else, the files follow one another without a gap, and each says twice what it is.
import type { FileHandle } from 'node:fs/promises'
import { Fault } from '#kernel'

const FILES_MAX = 1000
const DIRECTORY_BYTES_MAX = 1024 * 1024
const LOCAL = 0x04034b50
const ENTRY = 0x02014b50
const END = 0x06054b50
const END64 = 0x06064b50
const LOCATOR64 = 0x07064b50
const END_BYTES = 22
const END64_BYTES = 56
const LOCATOR64_BYTES = 20
const ENCRYPTED = 1
/** Sizes and checksum stand once more behind the packed bytes, with a signature or without, in 4 or 8 bytes each. */
const DESCRIBED = 8
const DESCRIPTION_BYTES: ReadonlySet<number> = new Set([12, 16, 20, 24])

interface Member {
  readonly name: string
  readonly flags: number
  readonly method: number
  readonly crc: number
  readonly packed: number
  readonly size: number
  readonly headerAt: number
}

export interface PlacedMember extends Member {
  /** Where its packed bytes begin. */
  readonly dataAt: number
}

export const damaged = (why: string, cause?: unknown): Fault =>
  new Fault('unreadable_input', `the zip file is no audit bundle: ${why}`, { cause })

/** In their order in the file. Throws Fault('unreadable_input'). */
export async function membersOf(handle: FileHandle): Promise<PlacedMember[]> {
  const { at, length, count } = await directoryOf(handle)
  if (length > DIRECTORY_BYTES_MAX) throw damaged('it holds too many files')
  const members = listed(await bytesAt(handle, at, length))
  if (members.length === 0 || members.length > FILES_MAX) throw damaged('it holds no files, or too many')
  if (members.length !== count) throw damaged('it holds more or fewer files than it says')
  const placed: PlacedMember[] = []
  let end = 0
  let described = false
  const follows = (next: number): boolean => next === end || (described && DESCRIPTION_BYTES.has(next - end))
  for (const member of members.sort((a, b) => a.headerAt - b.headerAt)) {
    // SECURITY: a gap may hold what another reader takes for the file
    if (!follows(member.headerAt)) throw damaged(`before \`${member.name}\` is something, or it shares its bytes`)
    const dataAt = await dataOf(handle, member)
    placed.push({ ...member, dataAt })
    end = dataAt + member.packed
    described = (member.flags & DESCRIBED) !== 0
  }
  if (!follows(at)) throw damaged('its files do not end where its directory begins')
  return placed
}

/** Past the header in front of the packed bytes, which says the same as the directory. */
async function dataOf(handle: FileHandle, { name, method, flags, headerAt, size, packed }: Member): Promise<number> {
  if ((method !== 0 && method !== 8) || (flags & ENCRYPTED) !== 0)
    throw damaged(`\`${name}\` is packed in a way that no bundle is`)
  const header = await bytesAt(handle, headerAt, 30)
  const nameBytes = header.readUInt16LE(26)
  const same =
    header.readUInt32LE(0) === LOCAL &&
    header.readUInt16LE(6) === flags &&
    header.readUInt16LE(8) === method &&
    (await bytesAt(handle, headerAt + 30, nameBytes)).toString('utf8') === name
  // 32 bits are full where Zip64 says it in an extra field
  const says = (at: number, what: number): boolean => [what, 0xffffffff].includes(header.readUInt32LE(at))
  if (!same || ((flags & DESCRIBED) === 0 && !(says(18, packed) && says(22, size))))
    throw damaged(`\`${name}\` says one thing in its directory and another in its place`)
  return headerAt + 30 + nameBytes + header.readUInt16LE(28)
}

async function bytesAt(handle: FileHandle, at: number, length: number): Promise<Buffer> {
  if (!Number.isSafeInteger(at) || at < 0) throw damaged('it breaks off')
  const bytes = Buffer.alloc(length)
  const { bytesRead } = await handle.read(bytes, 0, length, at)
  if (bytesRead !== length) throw damaged('it breaks off')
  return bytes
}

function listed(bytes: Buffer): Member[] {
  const members: Member[] = []
  let from = 0
  while (from + 46 <= bytes.length && bytes.readUInt32LE(from) === ENTRY) {
    const nameEnd = from + 46 + bytes.readUInt16LE(from + 28)
    const extraEnd = nameEnd + bytes.readUInt16LE(from + 30)
    members.push({
      name: bytes.toString('utf8', from + 46, nameEnd),
      flags: bytes.readUInt16LE(from + 8),
      method: bytes.readUInt16LE(from + 10),
      crc: bytes.readUInt32LE(from + 16),
      ...sizesOf(bytes.subarray(nameEnd, extraEnd), {
        size: bytes.readUInt32LE(from + 24),
        packed: bytes.readUInt32LE(from + 20),
        headerAt: bytes.readUInt32LE(from + 42),
      }),
    })
    from = extraEnd + bytes.readUInt16LE(from + 32)
  }
  if (from !== bytes.length) throw damaged('its directory is not as long as it says')
  return members
}

interface Directory {
  readonly at: number
  readonly length: number
  readonly count: number
}

/** It ends where its end record begins: some readers look for it from there, some from where the record says. */
async function directoryOf(handle: FileHandle): Promise<Directory> {
  const { size } = await handle.stat()
  if (size < END_BYTES) throw damaged('it is too short')
  const endAt = size - END_BYTES
  const end = await bytesAt(handle, endAt, END_BYTES)
  const disks = end.readUInt32LE(4)
  if (end.readUInt32LE(0) !== END || end.readUInt16LE(20) !== 0 || disks !== 0)
    throw damaged('its end is not where it should be')
  const narrow = { at: end.readUInt32LE(16), length: end.readUInt32LE(12), count: end.readUInt16LE(10) }
  const wide = narrow.at === 0xffffffff ? await wideDirectoryOf(handle, endAt) : { ...narrow, recordAt: endAt }
  if (wide.at + wide.length !== wide.recordAt) throw damaged('its directory is not where its end says')
  return wide
}

async function wideDirectoryOf(handle: FileHandle, endAt: number): Promise<Directory & { readonly recordAt: number }> {
  const locator = await bytesAt(handle, endAt - LOCATOR64_BYTES, LOCATOR64_BYTES)
  const recordAt = Number(locator.readBigUInt64LE(8))
  if (locator.readUInt32LE(0) !== LOCATOR64 || recordAt !== endAt - LOCATOR64_BYTES - END64_BYTES)
    throw damaged('its end is not where it should be')
  const record = await bytesAt(handle, recordAt, END64_BYTES)
  if (record.readUInt32LE(0) !== END64) throw damaged('its end is not where it should be')
  const [count, length, at] = [32, 40, 48].map((from) => Number(record.readBigUInt64LE(from)))
  return { at: at ?? 0, length: length ?? 0, count: count ?? 0, recordAt }
}

type Sizes = Pick<Member, 'size' | 'packed' | 'headerAt'>

/** Zip64: those of the three that do not fit stand in an extra field, in this order. */
function sizesOf(extra: Buffer, narrow: Sizes): Sizes {
  const wide: Record<keyof Sizes, number> = { ...narrow }
  for (let at = 0; at + 4 <= extra.length; at += 4 + extra.readUInt16LE(at + 2)) {
    if (extra.readUInt16LE(at) !== 1) continue
    let from = at + 4
    for (const name of ['size', 'packed', 'headerAt'] as const) {
      if (wide[name] !== 0xffffffff || from + 8 > extra.length) continue
      wide[name] = Number(extra.readBigUInt64LE(from))
      from += 8
    }
  }
  return wide
}

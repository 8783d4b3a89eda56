// A zip file becomes a folder, so that the offline verifier can read it. Untrusted: names, sizes and methods are checked.
import { createReadStream, createWriteStream } from 'node:fs'
import { mkdir, open } from 'node:fs/promises'
import type { FileHandle } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { PassThrough, Transform } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createInflateRaw } from 'node:zlib'
import { Fault } from '#kernel'

const FILES_MAX = 1000
const DIRECTORY_BYTES_MAX = 1024 * 1024
const END_BYTES = 22
/** Entries and tables pack to a tenth or so. What claims far more is there to fill the disk. */
const UNPACKED_RATIO_MAX = 300
const UNPACKED_BYTES_FREE = 16 * 1024 * 1024
const ENTRY = 0x02014b50
const END = 0x06054b50
const LOCATOR64 = 0x07064b50
/** What an exporter writes; nothing that could climb out of a folder. */
const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]*(?:\/[A-Za-z0-9][A-Za-z0-9._-]*){0,3}$/

interface Member {
  readonly name: string
  readonly method: number
  readonly packed: number
  readonly size: number
  readonly headerAt: number
}

/** Into an empty folder. Throws Fault('unreadable_input') on anything that an audit bundle would not be. */
export async function unpackBundle(file: string, folder: string): Promise<void> {
  const handle = await open(file, 'r')
  try {
    const members = await membersOf(handle)
    refuseBomb(members, (await handle.stat()).size)
    const seen = new Set<string>()
    for (const member of members) {
      if (!NAME.test(member.name) || seen.has(member.name)) throw damaged('it holds a file that no bundle has')
      seen.add(member.name)
      await unpack(file, handle, member, join(folder, member.name))
    }
  } finally {
    await handle.close()
  }
}

/** Files that share their packed bytes, or that are out of all proportion. */
function refuseBomb(members: readonly Member[], zipBytes: number): void {
  const sum = (part: 'packed' | 'size'): number => members.reduce((total, member) => total + member[part], 0)
  if (sum('packed') > zipBytes) throw damaged('its files are together larger than it is')
  if (sum('size') > zipBytes * UNPACKED_RATIO_MAX + UNPACKED_BYTES_FREE)
    throw damaged('its files would be far too large unpacked')
}

const damaged = (why: string, cause?: unknown): Fault =>
  new Fault('unreadable_input', `the zip file is no audit bundle: ${why}`, { cause })

async function bytesAt(handle: FileHandle, at: number, length: number): Promise<Buffer> {
  if (!Number.isSafeInteger(at)) throw damaged('it breaks off')
  const bytes = Buffer.alloc(length)
  const { bytesRead } = await handle.read(bytes, 0, length, at)
  if (bytesRead !== length) throw damaged('it breaks off')
  return bytes
}

async function membersOf(handle: FileHandle): Promise<Member[]> {
  const { at, length } = await directoryOf(handle)
  if (length > DIRECTORY_BYTES_MAX) throw damaged('it holds too many files')
  const bytes = await bytesAt(handle, at, length)
  const members: Member[] = []
  for (let from = 0; from + 46 <= bytes.length && bytes.readUInt32LE(from) === ENTRY;) {
    const nameEnd = from + 46 + bytes.readUInt16LE(from + 28)
    const extraEnd = nameEnd + bytes.readUInt16LE(from + 30)
    const name = bytes.toString('utf8', from + 46, nameEnd)
    members.push({
      name,
      method: bytes.readUInt16LE(from + 10),
      ...sizesOf(bytes.subarray(nameEnd, extraEnd), {
        size: bytes.readUInt32LE(from + 24),
        packed: bytes.readUInt32LE(from + 20),
        headerAt: bytes.readUInt32LE(from + 42),
      }),
    })
    from = extraEnd + bytes.readUInt16LE(from + 32)
  }
  if (members.length === 0 || members.length > FILES_MAX) throw damaged('it holds no files, or too many')
  return members
}

async function directoryOf(handle: FileHandle): Promise<{ at: number; length: number }> {
  const { size } = await handle.stat()
  if (size < END_BYTES) throw damaged('it is too short')
  const end = await bytesAt(handle, size - END_BYTES, END_BYTES)
  if (end.readUInt32LE(0) !== END) throw damaged('its end is not where it should be')
  const at = end.readUInt32LE(16)
  if (at !== 0xffffffff) return { at, length: end.readUInt32LE(12) }
  const locator = await bytesAt(handle, size - END_BYTES - 20, 20)
  if (locator.readUInt32LE(0) !== LOCATOR64) throw damaged('its end is not where it should be')
  const end64 = await bytesAt(handle, Number(locator.readBigUInt64LE(8)), 56)
  return { at: Number(end64.readBigUInt64LE(48)), length: Number(end64.readBigUInt64LE(40)) }
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

async function unpack(zip: string, handle: FileHandle, member: Member, file: string): Promise<void> {
  const { method, packed, size, headerAt, name } = member
  if (method !== 0 && method !== 8) throw damaged(`\`${name}\` is packed in a way that no bundle is`)
  const header = await bytesAt(handle, headerAt, 30)
  const start = headerAt + 30 + header.readUInt16LE(26) + header.readUInt16LE(28)
  await mkdir(dirname(file), { recursive: true, mode: 0o700 })
  const source = packed === 0 ? [] : createReadStream(zip, { start, end: start + packed - 1 })
  let bytes = 0
  const counted = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      bytes += chunk.length
      done(bytes > size ? damaged(`\`${name}\` is larger than it says`) : null, chunk)
    },
  })
  try {
    await pipeline(
      source,
      method === 0 ? new PassThrough() : createInflateRaw(),
      counted,
      createWriteStream(file, { flags: 'wx', mode: 0o600 }),
    )
  } catch (error) {
    throw error instanceof Fault ? error : damaged(`\`${name}\` cannot be unpacked`, error)
  }
  if (bytes !== size) throw damaged(`\`${name}\` is shorter than it says`)
}

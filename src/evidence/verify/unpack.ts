// A zip file becomes a folder, so that the offline verifier can read it. Untrusted: names, sizes and methods are checked.
import { createReadStream, createWriteStream } from 'node:fs'
import { mkdir, open } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { PassThrough, Transform } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { crc32, createInflateRaw } from 'node:zlib'
import { Fault } from '#kernel'
import { damaged, membersOf } from './zip-members.ts'
import type { PlacedMember } from './zip-members.ts'

/** Entries and tables pack to a tenth or so. What claims far more is there to fill the disk. */
const UNPACKED_RATIO_MAX = 300
const UNPACKED_BYTES_FREE = 16 * 1024 * 1024
/** What an exporter writes; nothing that could climb out of a folder. */
const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]*(?:\/[A-Za-z0-9][A-Za-z0-9._-]*){0,3}$/

/** Into an empty folder. Throws Fault('unreadable_input') on anything that an audit bundle would not be. */
export async function unpackBundle(file: string, folder: string): Promise<void> {
  const handle = await open(file, 'r')
  try {
    const members = await membersOf(handle)
    const unpacked = members.reduce((total, { size }) => total + size, 0)
    if (unpacked > (await handle.stat()).size * UNPACKED_RATIO_MAX + UNPACKED_BYTES_FREE)
      throw damaged('its files would be far too large unpacked')
    const seen = new Set<string>()
    for (const member of members) {
      if (!NAME.test(member.name) || seen.has(member.name)) throw damaged('it holds a file that no bundle has')
      seen.add(member.name)
      await unpack(file, member, join(folder, member.name))
    }
  } finally {
    await handle.close()
  }
}

async function unpack(zip: string, member: PlacedMember, file: string): Promise<void> {
  const { method, packed, size, crc, dataAt, name } = member
  await mkdir(dirname(file), { recursive: true, mode: 0o700 })
  const source = packed === 0 ? [] : createReadStream(zip, { start: dataAt, end: dataAt + packed - 1 })
  let bytes = 0
  let sum = 0
  const counted = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      bytes += chunk.length
      sum = crc32(chunk, sum)
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
  if (sum !== crc) throw damaged(`\`${name}\` is not what its checksum says`)
}

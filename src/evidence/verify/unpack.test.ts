// Zip files that no exporter makes: each is refused, and nothing is written outside the folder.
import assert from 'node:assert/strict'
import { lstat, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, test } from 'node:test'
import { crc32, deflateRawSync } from 'node:zlib'
import { Fault } from '#kernel'
import { unpackBundle } from './unpack.ts'

interface Member {
  readonly name: string
  readonly content: Buffer
  readonly method?: number
  /** What the directory says of its size, where it lies. */
  readonly says?: number
  /** What the directory says of its packed size, where it lies. */
  readonly packedSays?: number
  /** Of Unix, as the upper half of the external attributes. */
  readonly mode?: number
  readonly headerAt?: number
  /** In front of its bytes, where the directory says `name`. */
  readonly localName?: string
  readonly crc?: number
}

/** A zip file with what the members say, true or not; `between` stands before the directory. */
function zip(members: readonly Member[], between = Buffer.alloc(0)): Buffer {
  const files: Buffer[] = []
  const directory: Buffer[] = []
  let at = 0
  for (const member of members) {
    const { name, content, method = 8, says = content.length, packedSays, mode = 0o100644, headerAt } = member
    const { localName = name, crc = crc32(content) } = member
    const packed = method === 8 ? deflateRawSync(content) : content
    const local = Buffer.alloc(30)
    local.writeUInt32LE(0x04034b50, 0)
    local.writeUInt16LE(method, 8)
    local.writeUInt32LE(crc, 14)
    local.writeUInt32LE(packedSays ?? packed.length, 18)
    local.writeUInt32LE(says, 22)
    local.writeUInt16LE(Buffer.byteLength(localName), 26)
    const entry = Buffer.alloc(46)
    entry.writeUInt32LE(0x02014b50, 0)
    entry.writeUInt16LE(0x031e, 4)
    entry.writeUInt16LE(method, 10)
    entry.writeUInt32LE(crc, 16)
    entry.writeUInt32LE(packedSays ?? packed.length, 20)
    entry.writeUInt32LE(says, 24)
    entry.writeUInt16LE(Buffer.byteLength(name), 28)
    entry.writeUInt32LE(mode * 65_536, 38)
    entry.writeUInt32LE(headerAt ?? at, 42)
    files.push(local, Buffer.from(localName), packed)
    directory.push(entry, Buffer.from(name))
    at += 30 + Buffer.byteLength(localName) + packed.length
  }
  const central = Buffer.concat(directory)
  const end = Buffer.alloc(22)
  end.writeUInt32LE(0x06054b50, 0)
  end.writeUInt16LE(members.length, 8)
  end.writeUInt16LE(members.length, 10)
  end.writeUInt32LE(central.length, 12)
  end.writeUInt32LE(at + between.length, 16)
  return Buffer.concat([...files, between, central, end])
}

const small = (name: string, more: Partial<Member> = {}): Member => ({ name, content: Buffer.from('content'), ...more })

describe('unpacking a bundle', () => {
  let outer: string
  let folder: string
  beforeEach(async () => {
    outer = await mkdtemp(join(tmpdir(), 'reeve-unpack-'))
    folder = join(outer, 'inner', 'folder')
    await mkdir(folder, { recursive: true })
  })
  afterEach(async () => await rm(outer, { recursive: true }))

  const unpack = async (bytes: Buffer): Promise<void> => {
    const file = join(outer, 'bundle.zip')
    await writeFile(file, bytes)
    await unpackBundle(file, folder)
  }
  const refused = async (bytes: Buffer, why: RegExp): Promise<void> => {
    await assert.rejects(unpack(bytes), (error) => {
      assert.ok(error instanceof Fault, String(error))
      assert.equal(error.code, 'unreadable_input')
      assert.match(error.detail, why)
      return true
    })
    const outside = (await readdir(outer, { recursive: true })).filter((name) => !name.startsWith('inner/folder'))
    assert.deepEqual(outside.sort(), ['bundle.zip', 'inner'])
  }

  test('files come out as they went in, packed or stored, in folders', async () => {
    await unpack(
      zip([
        small('manifest.json'),
        small('log/entries.ndjson', { method: 0 }),
        small('a/b/c/empty', { content: Buffer.alloc(0) }),
      ]),
    )
    assert.equal(await readFile(join(folder, 'manifest.json'), 'utf8'), 'content')
    assert.equal(await readFile(join(folder, 'log/entries.ndjson'), 'utf8'), 'content')
    assert.equal(await readFile(join(folder, 'a/b/c/empty'), 'utf8'), '')
  })

  for (const name of [
    '../out',
    'log/../../out',
    '/etc/out',
    'C:/out',
    String.raw`..\out`,
    './out',
    'log//out',
    'log/',
    '.hidden',
    'out\u0000.json',
    'out\n',
    '',
    'a/b/c/d/e',
  ])
    test(`the name ${JSON.stringify(name)} is refused`, async () => {
      await refused(zip([small(name)]), /holds a file that no bundle has/)
    })

  test('one name twice is refused', async () => {
    await refused(zip([small('manifest.json'), small('manifest.json')]), /holds a file that no bundle has/)
  })

  test('a name below a file, and one that differs by case alone, do not replace what was written', async () => {
    await assert.rejects(unpack(zip([small('log'), small('log/entries.ndjson')])))
    assert.equal(await readFile(join(folder, 'log'), 'utf8'), 'content')
  })

  test('a symbolic link comes out as a plain file with its target as content', async () => {
    await unpack(zip([small('link', { content: Buffer.from('/etc/passwd'), mode: 0o120777 })]))
    assert.ok((await lstat(join(folder, 'link'))).isFile())
    assert.equal(await readFile(join(folder, 'link'), 'utf8'), '/etc/passwd')
  })

  test('a bomb that says less than it holds stops where it says; one that says more is refused', async () => {
    const zeros = Buffer.alloc(50_000_000)
    await refused(zip([small('bomb', { content: zeros, says: 1000 })]), /larger than it says/)
    const { size } = await lstat(join(folder, 'bomb'))
    assert.ok(size <= 1000, `${size} bytes were written`)
    await rm(join(folder, 'bomb'))
    await refused(zip([small('short', { says: 1000 })]), /shorter than it says/)
  })

  test('a bomb that says what it holds, files that share their bytes, and sizes beyond all numbers are refused', async () => {
    await refused(zip([small('bomb', { content: Buffer.alloc(50_000_000) })]), /far too large unpacked/)
    const first = small('a', { content: Buffer.from(Array.from({ length: 5000 }, (_, at) => at % 251)), method: 0 })
    const shared = Array.from({ length: 9 }, (_, at) => small(`b${at}`, { packedSays: 5000, headerAt: 0 }))
    await refused(zip([first, ...shared]), /shares its bytes/)
    await refused(zip([small('a', { packedSays: 0xfffffffe })]), /do not end where its directory begins/)
    const far = zip([small('a')])
    far.writeUInt32LE(0xffffffff, far.length - 6)
    const locator = Buffer.alloc(20, 0xff)
    locator.writeUInt32LE(0x07064b50, 0)
    await refused(
      Buffer.concat([far.subarray(0, -22), locator, far.subarray(-22)]),
      /its end is not where it should be/,
    )
    assert.deepEqual(await readdir(folder), [])
  })

  test('what another reader would take for another bundle is refused: a second directory, gaps, two names, another checksum', async () => {
    const seen = zip([small('manifest.json')])
    const other = zip([small('manifest.json', { content: Buffer.from('another') })])
    // readers that look for the directory right before the end record find the other one
    const twoFaced = Buffer.concat([seen.subarray(0, -22), other.subarray(0, -22), seen.subarray(-22)])
    await refused(twoFaced, /its directory is not where its end says/)
    await refused(Buffer.concat([other.subarray(0, -22), seen]), /its directory is not where its end says/)
    await refused(zip([small('a')], Buffer.alloc(20)), /do not end where its directory begins/)
    await refused(zip([small('a'), small('b', { headerAt: 0 })]), /shares its bytes/)
    await refused(zip([small('log/Tile', { localName: 'log/tile' })]), /says one thing in its directory and another/)
    await refused(zip([small('a', { crc: 1 })]), /is not what its checksum says/)
    await rm(join(folder, 'a'))
    const more = zip([small('a')])
    more.writeUInt16LE(2, more.length - 12)
    await refused(more, /more or fewer files than it says/)
    const commented = Buffer.concat([zip([small('a')]), zip([small('b')]).subarray(-22)])
    await refused(commented, /its directory is not where its end says/)
    assert.deepEqual(await readdir(folder), [])
  })

  test('more files than a bundle has, another method, and what breaks off are refused', async () => {
    await refused(zip(Array.from({ length: 1001 }, (_, at) => small(`f${at}`))), /too many/)
    await refused(zip([]), /no files/)
    await refused(zip([small('a', { method: 12 })]), /packed in a way that no bundle is/)
    await refused(zip([small('a', { headerAt: 0xfffffff0 })]), /before `a` is something/)
    await refused(Buffer.from('PK'), /too short/)
    await refused(Buffer.alloc(100), /its end is not where it should be/)
    const good = zip([small('a')])
    await refused(good.subarray(0, -1), /its end is not where it should be/)
    const garbled = Buffer.from(good)
    garbled.fill(0xff, 31, 38)
    await refused(garbled, /cannot be unpacked/)
  })
})

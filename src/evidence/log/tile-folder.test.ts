import assert from 'node:assert/strict'
import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { HASH_BYTES, TILE_WIDTH, tilePath } from '../tree/tile.ts'
import type { TileName } from '../tree/tile.ts'
import { TileFolder } from './tile-folder.ts'

const upper = (index: number): TileName => ({ level: 1, index, width: TILE_WIDTH })
const filled = (byte: number): Buffer => Buffer.alloc(TILE_WIDTH * HASH_BYTES, byte)

describe('what proofs share', () => {
  let folder: string
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'reeve-tiles-'))
  })
  after(async () => {
    await rm(folder, { recursive: true })
  })

  test('is read once, and anew where it was written again', async () => {
    const tiles = new TileFolder(folder)
    await tiles.write(upper(0), filled(1))
    assert.deepEqual(await tiles.readingOnce()(upper(0)), filled(1))
    await tiles.write(upper(0), filled(2))
    assert.deepEqual(await tiles.readingOnce()(upper(0)), filled(2))
    await rm(join(folder, tilePath(upper(0))))
    assert.deepEqual(await tiles.readingOnce()(upper(0)), filled(2))
  })

  test('is kept as far as memory is bounded; full tiles of leaves are not', async () => {
    const tiles = new TileFolder(folder)
    const leaves: TileName = { level: 0, index: 0, width: TILE_WIDTH }
    for (let index = 0; index < 257; index += 1) await tiles.write(upper(index), filled(3))
    await tiles.write(leaves, filled(4))
    const read = tiles.readingOnce()
    for (let index = 0; index < 257; index += 1) await read(upper(index))
    await read(leaves)
    await rm(join(folder, 'tile'), { recursive: true })
    assert.deepEqual(await tiles.readingOnce()(upper(1)), filled(3))
    await assert.rejects(tiles.readingOnce()(upper(0)), RangeError)
    await assert.rejects(tiles.readingOnce()(leaves), RangeError)
  })
})

test('of a file that cannot be written nothing is left', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'reeve-tiles-'))
  t.after(async () => await rm(folder, { recursive: true }))
  await mkdir(join(folder, tilePath(upper(0))), { recursive: true })
  await assert.rejects(new TileFolder(folder).write(upper(0), filled(1)))
  const left = await readdir(folder, { recursive: true })
  assert.deepEqual(
    left.filter((name) => name.endsWith('.new')),
    [],
  )
})

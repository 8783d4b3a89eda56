import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { formatBundle, parseBundle } from './entry-bundle.ts'
import { GrowingTree } from './growing-tree.ts'
import { EMPTY_ROOT, leafHash, nodeHash } from './hash.ts'
import { consistencyProof, extendsTree, includes, inclusionProof } from './proof.ts'
import { treeRoot } from './subtree.ts'
import { HASH_BYTES, levelTiles, parseTilePath, TILE_WIDTH, tilePath } from './tile.ts'
import type { TileName } from './tile.ts'

/** RFC 6962 section 2.1, word for word. */
function bruteRoot(leaves: readonly Buffer[]): Buffer {
  const [only] = leaves
  if (only === undefined) return EMPTY_ROOT
  if (leaves.length === 1) return only
  let half = 1
  while (half * 2 < leaves.length) half *= 2
  return nodeHash(bruteRoot(leaves.slice(0, half)), bruteRoot(leaves.slice(half)))
}

const leavesOf = (count: number): Buffer[] =>
  Array.from({ length: count }, (_, at) => leafHash(Buffer.from(`leaf ${at}`)))

function tilesOf(leaves: readonly Buffer[]) {
  return async ({ level, index, width }: TileName): Promise<Buffer> => {
    assert.ok(typeof level === 'number')
    const span = TILE_WIDTH ** level
    const hashes = Array.from({ length: width }, (_, at) => {
      const start = (index * TILE_WIDTH + at) * span
      assert.ok(start + span <= leaves.length, 'a tile is only asked for where the tree has it')
      return bruteRoot(leaves.slice(start, start + span))
    })
    assert.ok(index <= levelTiles(leaves.length, level).full)
    return Buffer.concat(hashes)
  }
}

test('the empty tree and the test vectors of RFC 6962 have their known roots', () => {
  assert.equal(EMPTY_ROOT.toString('hex'), 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855')
  assert.equal(
    leafHash(Buffer.alloc(0)).toString('hex'),
    '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d',
  )
  const inputs = ['', '00', '10', '2021', '3031', '40414243', '5051525354555657', '606162636465666768696a6b6c6d6e6f']
  const root = bruteRoot(inputs.map((hex) => leafHash(Buffer.from(hex, 'hex'))))
  assert.equal(root.toString('hex'), '5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328')
})

test('roots from tiles are those of the definition, at every size around the edges of tiles', async () => {
  const leaves = leavesOf(700)
  for (const size of [0, 1, 2, 3, 7, 8, 255, 256, 257, 511, 512, 513, 699, 700]) {
    const some = leaves.slice(0, size)
    assert.deepEqual(await treeRoot(tilesOf(some), size), bruteRoot(some), `size ${size}`)
    assert.deepEqual(await treeRoot(tilesOf(leaves), size, leaves.length), bruteRoot(some), `old size ${size}`)
  }
})

test('every inclusion proof is accepted, and none of another leaf, place, size or root', async () => {
  const leaves = leavesOf(300)
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 1, max: 300 }), fc.nat(299), fc.nat(1000), async (size, at, flip) => {
      const index = at % size
      const some = leaves.slice(0, size)
      const root = bruteRoot(some)
      const leaf = some[index]
      assert.ok(leaf !== undefined)
      const proof = await inclusionProof(tilesOf(some), index, size)
      assert.ok(includes(proof, { index, size, root, leaf }))
      assert.ok(!includes(proof, { index, size, root, leaf: leafHash(Buffer.from('other')) }))
      if (size > 1) assert.ok(!includes(proof, { index: (index + 1) % size, size, root, leaf }))
      assert.ok(!includes([...proof, root], { index, size, root, leaf }))
      assert.ok(!includes(proof, { index, size, root: flipped(root, flip), leaf }))
      if (proof.length > 0) {
        assert.ok(!includes(proof.slice(1), { index, size, root, leaf }))
        const broken = proof.map((hash, step) => (step === flip % proof.length ? flipped(hash, flip) : hash))
        assert.ok(!includes(broken, { index, size, root, leaf }))
      }
    }),
    { numRuns: 150 },
  )
})

test('every consistency proof is accepted, and none after a change of the past', async () => {
  const leaves = leavesOf(300)
  await fc.assert(
    fc.asyncProperty(fc.nat(300), fc.nat(300), fc.nat(1000), async (a, b, flip) => {
      const [older, size] = a < b ? [a, b] : [b, a]
      const oldTree = { size: older, root: bruteRoot(leaves.slice(0, older)) }
      const newTree = { size, root: bruteRoot(leaves.slice(0, size)) }
      const proof = await consistencyProof(tilesOf(leaves.slice(0, size)), older, size)
      assert.ok(extendsTree(proof, oldTree, newTree))
      if (older > 0) {
        assert.ok(!extendsTree(proof, { size: older, root: flipped(oldTree.root, flip) }, newTree))
        assert.ok(!extendsTree(proof, oldTree, { size, root: flipped(newTree.root, flip) }))
      }
      if (proof.length > 0) {
        const broken = proof.map((hash, step) => (step === flip % proof.length ? flipped(hash, flip) : hash))
        assert.ok(!extendsTree(broken, oldTree, newTree))
      }
      if (older < size && older > 0) assert.ok(!extendsTree(proof, newTree, oldTree), 'a rollback is no growth')
    }),
    { numRuns: 150 },
  )
})

test('paths of tiles are those of C2SP tlog-tiles, and no other spelling names a tile', () => {
  assert.equal(tilePath({ level: 0, index: 1_234_067, width: 256 }), 'tile/0/x001/x234/067')
  assert.equal(tilePath({ level: 'entries', index: 0, width: 17 }), 'tile/entries/000.p/17')
  fc.assert(
    fc.property(
      fc.constantFrom('entries' as const, 0, 1, 5),
      fc.nat(5_000_000_000),
      fc.integer({ min: 1, max: 256 }),
      (level, index, width) => {
        assert.deepEqual(parseTilePath(tilePath({ level, index, width })), { level, index, width })
      },
    ),
  )
  for (const path of [
    'tile/0/000.p/256',
    'tile/0/x000/001',
    'tile/00/001',
    'tile/0/1',
    'tile/0/../001',
    'tile/0/000.p/0',
    '',
  ]) {
    assert.equal(parseTilePath(path), undefined, path)
  }
})

function flipped(hash: Buffer, bit: number): Buffer {
  const copy = Buffer.from(hash)
  const at = bit % (HASH_BYTES * 8)
  copy[at >> 3] = (copy[at >> 3] ?? 0) ^ (1 << (at & 7))
  return copy
}

test('a tree that grows in steps, and is taken up again, writes the tiles and has the root of the definition', async () => {
  const leaves = leavesOf(66_000)
  const expected = tilesOf(leaves)
  const written = new Map<string, Buffer>()
  const read = async (name: TileName): Promise<Buffer> => written.get(tilePath(name)) ?? Buffer.alloc(0)
  let tree = GrowingTree.empty()
  for (const step of [1, 254, 1, 1, 255, 300, 1, 64_723, 464]) {
    for (const { name, bytes } of tree.append(leaves.slice(tree.size, tree.size + step)))
      written.set(tilePath(name), bytes)
    tree = await GrowingTree.resume(tree.size, read)
    if (tree.size < 1000) assert.deepEqual(tree.root(), bruteRoot(leaves.slice(0, tree.size)))
  }
  assert.equal(tree.size, 66_000)
  assert.deepEqual(tree.root(), bruteRoot(leaves))
  for (const name of [
    { level: 0, index: 0, width: 256 },
    { level: 0, index: 257, width: 208 },
    { level: 1, index: 0, width: 256 },
    { level: 1, index: 1, width: 1 },
    { level: 2, index: 0, width: 1 },
  ]) {
    assert.deepEqual(await read(name), await expected(name), tilePath(name))
  }
})

test('entry bundles read back, and a broken one is refused', () => {
  const entries = [Buffer.from('a'), Buffer.alloc(0), Buffer.alloc(65_535, 1)]
  assert.deepEqual(parseBundle(formatBundle(entries)), entries)
  assert.throws(() => parseBundle(formatBundle(entries).subarray(0, -1)), RangeError)
  assert.throws(() => parseBundle(Buffer.of(0)), RangeError)
  assert.throws(() => formatBundle([Buffer.alloc(65_536)]), RangeError)
})

// The right edge of a growing tree: takes leaf hashes, gives the tiles that became full or wider. Holds one tile a level.
import { nodeHash } from './hash.ts'
import { joinedRoot } from './subtree.ts'
import { HASH_BYTES, TILE_WIDTH } from './tile.ts'
import type { TileName } from './tile.ts'

export interface Tile {
  readonly name: TileName & { readonly level: number }
  readonly bytes: Buffer
}

export class GrowingTree {
  #size: number
  /** For each level the hashes of its last, not yet full tile. */
  readonly #edge: Buffer[][]

  private constructor(size: number, edge: Buffer[][]) {
    this.#size = size
    this.#edge = edge
  }

  static empty(): GrowingTree {
    return new GrowingTree(0, [[]])
  }

  /** Goes on from the partial tiles of a tree of `size` leaves; `read` gives each. Throws RangeError on a short one. */
  static async resume(size: number, read: (name: TileName) => Promise<Uint8Array>): Promise<GrowingTree> {
    const edge: Buffer[][] = []
    for (let level = 0, count = size; count > 0; level += 1, count = Math.floor(count / TILE_WIDTH)) {
      const width = count % TILE_WIDTH
      const bytes = width === 0 ? Buffer.alloc(0) : await read({ level, index: Math.floor(count / TILE_WIDTH), width })
      if (bytes.length !== width * HASH_BYTES) throw new RangeError(`the partial tile of level ${level} is not whole`)
      edge.push(hashesOf(bytes))
    }
    return new GrowingTree(size, edge.length === 0 ? [[]] : edge)
  }

  get size(): number {
    return this.#size
  }

  /** The tiles that these leaves make full, and at the end each level's partial one that changed. */
  append(leaves: readonly Buffer[]): Tile[] {
    const tiles: Tile[] = []
    const before = this.#size
    for (const leaf of leaves) {
      this.#size += 1
      this.#push(0, leaf, tiles)
    }
    for (const [level, hashes] of this.#edge.entries()) {
      const count = Math.floor(this.#size / TILE_WIDTH ** level)
      const changed = count !== Math.floor(before / TILE_WIDTH ** level)
      if (changed && hashes.length > 0) tiles.push(tileOf(level, Math.floor(count / TILE_WIDTH), hashes))
    }
    return tiles
  }

  #push(level: number, hash: Buffer, tiles: Tile[]): void {
    const hashes = (this.#edge[level] ??= [])
    hashes.push(hash)
    if (hashes.length < TILE_WIDTH) return
    tiles.push(tileOf(level, this.#size / TILE_WIDTH ** (level + 1) - 1, hashes))
    this.#edge[level] = []
    this.#push(level + 1, rootOfFull(hashes), tiles)
  }

  /** The root of all leaves so far. */
  root(): Buffer {
    const parts: Buffer[] = []
    for (const hashes of this.#edge.toReversed()) parts.push(...peaks(hashes))
    return joinedRoot(parts)
  }
}

const tileOf = (level: number, index: number, hashes: readonly Buffer[]): Tile => ({
  name: { level, index, width: hashes.length },
  bytes: Buffer.concat(hashes),
})

function hashesOf(bytes: Uint8Array): Buffer[] {
  const hashes: Buffer[] = []
  for (let at = 0; at < bytes.length; at += HASH_BYTES) hashes.push(Buffer.from(bytes.subarray(at, at + HASH_BYTES)))
  return hashes
}

function rootOfFull(hashes: readonly Buffer[]): Buffer {
  let level = [...hashes]
  while (level.length > 1) {
    const above: Buffer[] = []
    for (let at = 0; at + 1 < level.length; at += 2) {
      const [left, right] = [level[at], level[at + 1]]
      if (left !== undefined && right !== undefined) above.push(nodeHash(left, right))
    }
    level = above
  }
  const [root] = level
  if (root === undefined) throw new Error('a full tile has a root')
  return root
}

/** The complete subtrees that a row of hashes splits into, from left to right. */
function peaks(hashes: readonly Buffer[]): Buffer[] {
  const parts: Buffer[] = []
  let at = 0
  for (let size = TILE_WIDTH / 2; size >= 1; size /= 2) {
    if (hashes.length - at < size) continue
    parts.push(rootOfFull(hashes.slice(at, at + size)))
    at += size
  }
  return parts
}

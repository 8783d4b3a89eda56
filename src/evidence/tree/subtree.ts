// Hashes of whole subtrees, out of tiles. Every proof and every root is made of these.
import { completeRoot, EMPTY_ROOT, nodeHash } from './hash.ts'
import { HASH_BYTES, levelTiles, TILE_HEIGHT, TILE_WIDTH } from './tile.ts'
import type { TileName } from './tile.ts'

/** Gives the bytes of a tile: `width` hashes one after another. May be asked for the same one often. */
export type ReadTile = (name: TileName) => Promise<Uint8Array>

/** A complete subtree: the 2^`height` leaves from `index` × 2^`height` on. */
export interface Subtree {
  readonly height: number
  readonly index: number
}

/** Splits leaves `[from, to)` into complete subtrees from left to right, as large as their place allows. */
export function subtreesOf(from: number, to: number): Subtree[] {
  const parts: Subtree[] = []
  let at = from
  while (at < to) {
    let height = 0
    while (at % 2 ** (height + 1) === 0 && at + 2 ** (height + 1) <= to) height += 1
    parts.push({ height, index: at / 2 ** height })
    at += 2 ** height
  }
  return parts
}

/** The hash of a complete subtree of a tree of `size` leaves. */
export async function subtreeHash(read: ReadTile, size: number, { height, index }: Subtree): Promise<Buffer> {
  const level = Math.floor(height / TILE_HEIGHT)
  const within = height % TILE_HEIGHT
  const first = index * 2 ** within
  const tileIndex = Math.floor(first / TILE_WIDTH)
  const { full, partialWidth } = levelTiles(size, level)
  const tile = await read({ level, index: tileIndex, width: tileIndex < full ? TILE_WIDTH : partialWidth })
  const start = (first % TILE_WIDTH) * HASH_BYTES
  const end = start + 2 ** within * HASH_BYTES
  if (end > tile.length) throw new RangeError(`tile ${level}/${tileIndex} is too short`)
  return completeRoot(tile.subarray(start, end))
}

/** The root over complete subtrees that stand side by side: joined from the right (RFC 6962 section 2.1). */
export function joinedRoot(hashes: readonly Buffer[]): Buffer {
  return (
    hashes.reduceRight<Buffer | undefined>(
      (right, left) => (right === undefined ? left : nodeHash(left, right)),
      undefined,
    ) ?? EMPTY_ROOT
  )
}

/** The root of the first `size` leaves, read from the tiles of a tree of `of` leaves (`of` ≥ `size`). */
export async function treeRoot(read: ReadTile, size: number, of = size): Promise<Buffer> {
  const hashes: Buffer[] = []
  for (const part of subtreesOf(0, size)) hashes.push(await subtreeHash(read, of, part))
  return joinedRoot(hashes)
}

// Inclusion and consistency proofs (RFC 6962, sections 2.1.1 and 2.1.2), made and checked.
import { nodeHash } from './hash.ts'
import { joinedRoot, subtreeHash, subtreesOf } from './subtree.ts'
import type { ReadTile } from './subtree.ts'

/** The largest power of two below `size`. */
function split(size: number): number {
  let power = 1
  while (power * 2 < size) power *= 2
  return power
}

interface Range {
  readonly from: number
  readonly to: number
}

/** Of each range of leaves. Every tile is asked for at once: what is read from disk is not waited for one after another. */
async function rangeHashes(read: ReadTile, of: number, ranges: readonly Range[]): Promise<Buffer[]> {
  return await Promise.all(
    ranges.map(async ({ from, to }) =>
      joinedRoot(await Promise.all(subtreesOf(from, to).map(async (part) => await subtreeHash(read, of, part)))),
    ),
  )
}

/** The audit path of leaf `index` in the tree of `size` leaves, from the leaf's sibling upwards. Throws RangeError. */
export async function inclusionProof(read: ReadTile, index: number, size: number): Promise<Buffer[]> {
  if (!(index >= 0 && index < size)) throw new RangeError(`there is no leaf ${index} in a tree of ${size}`)
  const siblings: Range[] = []
  let from = 0
  let to = size
  while (to - from > 1) {
    const middle = from + split(to - from)
    if (index < middle) {
      siblings.push({ from: middle, to })
      to = middle
    } else {
      siblings.push({ from, to: middle })
      from = middle
    }
  }
  return await rangeHashes(read, size, siblings.toReversed())
}

/** That the tree of `size` leaves begins with the tree of `older` leaves. Empty where there is nothing to show. */
export async function consistencyProof(read: ReadTile, older: number, size: number): Promise<Buffer[]> {
  if (!(older >= 0 && older <= size)) throw new RangeError(`a tree of ${older} is not older than one of ${size}`)
  if (older === 0 || older === size) return []
  const nodes: Range[] = []
  let from = 0
  let to = size
  let whole = true
  while (older !== to) {
    const middle = from + split(to - from)
    if (older <= middle) {
      nodes.push({ from: middle, to })
      to = middle
    } else {
      nodes.push({ from, to: middle })
      from = middle
      whole = false
    }
  }
  if (!whole) nodes.push({ from, to })
  return await rangeHashes(read, size, nodes.toReversed())
}

/** Whether `proof` shows that `leaf` (its hash) is number `index` of the tree with this root. */
export function includes(
  proof: readonly Buffer[],
  {
    index,
    size,
    root,
    leaf,
  }: { readonly index: number; readonly size: number; readonly root: Buffer; readonly leaf: Buffer },
): boolean {
  if (!(Number.isSafeInteger(index) && index >= 0 && index < size)) return false
  let node = index
  let last = size - 1
  let hash = leaf
  for (const sibling of proof) {
    if (last === 0) return false
    if (node % 2 === 1 || node === last) {
      hash = nodeHash(sibling, hash)
      while (node % 2 === 0 && node !== 0) {
        node /= 2
        last = Math.floor(last / 2)
      }
    } else hash = nodeHash(hash, sibling)
    node = Math.floor(node / 2)
    last = Math.floor(last / 2)
  }
  return last === 0 && hash.equals(root)
}

interface Tree {
  readonly size: number
  readonly root: Buffer
}

/** Whether `proof` shows that the newer tree begins with the older one (RFC 9162, section 2.1.4.2). */
export function extendsTree(proof: readonly Buffer[], older: Tree, newer: Tree): boolean {
  if (older.size > newer.size) return false
  if (older.size === newer.size) return proof.length === 0 && older.root.equals(newer.root)
  if (older.size === 0) return proof.length === 0
  const roots = rootsOf(proof, older, newer.size)
  return roots !== undefined && roots.older.equals(older.root) && roots.newer.equals(newer.root)
}

/**
 * Whether `proof` shows that the newer tree does *not* begin with the older one: its nodes give the newer root, and another
 * older one. Nobody but who signed both roots can bring that about. A complete subtree is the first node of its own proof, so
 * that for a size that is a power of two there is nothing to show.
 */
export function contradictsTree(proof: readonly Buffer[], older: Tree, newer: Tree): boolean {
  if (older.size === newer.size) return !older.root.equals(newer.root)
  if (older.size === 0 || older.size > newer.size) return false
  const roots = rootsOf(proof, older, newer.size)
  return roots !== undefined && roots.newer.equals(newer.root) && !roots.older.equals(older.root)
}

/** What the nodes of a proof come to. `undefined`: there are too few or too many. */
function rootsOf(
  proof: readonly Buffer[],
  older: Tree,
  size: number,
): { readonly older: Buffer; readonly newer: Buffer } | undefined {
  // a tree that is a complete subtree of the newer one is its own first node
  const nodes = isPowerOfTwo(older.size) ? [older.root, ...proof] : [...proof]
  const first = nodes.shift()
  if (first === undefined) return undefined
  let node = older.size - 1
  let last = size - 1
  while (node % 2 === 1) {
    node = Math.floor(node / 2)
    last = Math.floor(last / 2)
  }
  let olderHash = first
  let newerHash = first
  for (const sibling of nodes) {
    if (last === 0) return undefined
    if (node % 2 === 1 || node === last) {
      olderHash = nodeHash(sibling, olderHash)
      newerHash = nodeHash(sibling, newerHash)
      while (node % 2 === 0 && node !== 0) {
        node /= 2
        last = Math.floor(last / 2)
      }
    } else newerHash = nodeHash(newerHash, sibling)
    node = Math.floor(node / 2)
    last = Math.floor(last / 2)
  }
  return last === 0 ? { older: olderHash, newer: newerHash } : undefined
}

const isPowerOfTwo = (size: number): boolean => Number.isInteger(Math.log2(size))

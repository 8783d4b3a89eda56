// The hashes of the log's Merkle tree (RFC 6962, section 2.1).
import { hash } from 'node:crypto'

/** SHA-256 of 0x00 and the leaf's bytes. */
export function leafHash(leaf: Uint8Array): Buffer {
  return hash('sha256', Buffer.concat([LEAF, leaf]), 'buffer')
}

/** SHA-256 of 0x01 and the two children. */
export function nodeHash(left: Uint8Array, right: Uint8Array): Buffer {
  if (left.length !== 32 || right.length !== 32) throw new RangeError('a hash has 32 bytes')
  // filled anew each time, and read before this returns: a proof takes a thousand of these
  node.set(left, 1)
  node.set(right, 33)
  return hash('sha256', node, 'buffer')
}

/** What stands above the hashes of a complete subtree, one after another; as many as a power of two. */
export function completeRoot(hashes: Uint8Array): Buffer {
  const row = Buffer.from(hashes)
  for (let length = row.length; length > 32; length /= 2)
    for (let at = 0; at < length; at += 64) {
      row.copy(node, 1, at, at + 64)
      // as text of one byte a character: a buffer for each hash costs more than the hash
      row.write(hash('sha256', node, 'binary'), at / 2, 'latin1')
    }
  return row.subarray(0, 32)
}

/** The root of the tree without leaves: SHA-256 of nothing. */
export const EMPTY_ROOT: Buffer = hash('sha256', Buffer.alloc(0), 'buffer')

const LEAF = Uint8Array.of(0)
const node = new Uint8Array(65)
node[0] = 1

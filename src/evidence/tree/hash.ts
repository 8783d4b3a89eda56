// The hashes of the log's Merkle tree (RFC 6962, section 2.1).
import { createHash } from 'node:crypto'

/** SHA-256 of 0x00 and the leaf's bytes. */
export function leafHash(leaf: Uint8Array): Buffer {
  return createHash('sha256').update(LEAF).update(leaf).digest()
}

/** SHA-256 of 0x01 and the two children. */
export function nodeHash(left: Uint8Array, right: Uint8Array): Buffer {
  return createHash('sha256').update(NODE).update(left).update(right).digest()
}

/** The root of the tree without leaves: SHA-256 of nothing. */
export const EMPTY_ROOT: Buffer = createHash('sha256').digest()

const LEAF = Uint8Array.of(0)
const NODE = Uint8Array.of(1)

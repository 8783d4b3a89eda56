// A log in memory and the keys of its test: what a witness is offered.
import assert from 'node:assert/strict'
import { checkpointText } from '../checkpoint/checkpoint.ts'
import { COSIGNATURE_V1, signerFromSeed, signNote } from '../checkpoint/note.ts'
import type { Note, NoteSigner } from '../checkpoint/note.ts'
import { GrowingTree } from '../tree/growing-tree.ts'
import { leafHash } from '../tree/hash.ts'
import { tilePath } from '../tree/tile.ts'
import type { TileName } from '../tree/tile.ts'

export const ORIGIN = 'reeve.test/log'
export const logSigner = signerFromSeed(ORIGIN, Buffer.alloc(32, 1))
/** The witness's. */
export const signer = signerFromSeed('witness.test', Buffer.alloc(32, 2), COSIGNATURE_V1)

/** `word` makes another history. */
export class MemoryLog {
  readonly tree = GrowingTree.empty()
  readonly #tiles = new Map<string, Buffer>()
  readonly read = async (name: TileName): Promise<Buffer> =>
    this.#tiles.get(tilePath(name)) ?? assert.fail(tilePath(name))
  grow(count: number, word = 'leaf'): Note {
    const leaves = Array.from({ length: count }, (_, at) => leafHash(Buffer.from(`${word} ${this.tree.size + at}`)))
    for (const { name, bytes } of this.tree.append(leaves)) this.#tiles.set(tilePath(name), bytes)
    return this.note()
  }
  note(by: NoteSigner = logSigner): Note {
    const text = checkpointText({ origin: ORIGIN, size: this.tree.size, root: this.tree.root() })
    return { text, signatures: [signNote(text, by)] }
  }
}

// The tree over leaves that come one by one: a full tile whose root was worked out elsewhere is not worked out twice.
import { MerkleStack } from '../offline/formats.ts'

const TILE = 256
const TILE_HEIGHT = 8

export class LazyStack {
  readonly #stack = new MerkleStack()
  /** Leaves of the last tile that do not stand in the stack yet. */
  #waiting: Buffer[] = []

  push(hash: Buffer): void {
    if (this.#waiting.length === TILE) this.#flush()
    this.#waiting.push(hash)
  }

  /** The tile that the last leaves fill has this root. */
  filled(root: Buffer): void {
    if (this.#waiting.length === TILE) {
      this.#stack.push(root, TILE_HEIGHT)
      this.#waiting = []
    } else this.#flush()
  }

  root(): Buffer {
    return this.#flush().root()
  }

  copy(): MerkleStack {
    return this.#flush().copy()
  }

  #flush(): MerkleStack {
    for (const hash of this.#waiting) this.#stack.push(hash)
    this.#waiting = []
    return this.#stack
  }
}

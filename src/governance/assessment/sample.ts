// Which rows an auditor looks at: those whose hash under a printed seed is smallest. Nobody chose them, anybody can repeat it.
import { createHash } from 'node:crypto'

/** Where a row stands in the order of its control's sample: SHA-256 of `seed`, control and id, NUL between them. */
export const drawOf = (seed: string, controlId: string, id: string): string =>
  createHash('sha256').update(`${seed}\u0000${controlId}\u0000${id}`).digest('hex')

/** The `most` rows with the smallest draws, whatever the order in which they come. */
export class Sample<T> {
  readonly #most: number
  #held: { readonly draw: string; readonly item: T }[] = []

  constructor(most: number) {
    this.#most = most
  }

  offer(draw: string, item: () => T): void {
    const last = this.#held.at(-1)
    if (this.#held.length >= this.#most && last !== undefined && draw >= last.draw) return
    const at = this.#held.findIndex((held) => held.draw > draw)
    this.#held.splice(at === -1 ? this.#held.length : at, 0, { draw, item: item() })
    if (this.#held.length > this.#most) this.#held.pop()
  }

  get items(): T[] {
    return this.#held.map(({ item }) => item)
  }
}

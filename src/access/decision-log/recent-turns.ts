// What was written to a spool lately, so that nobody reads it back from the disk. Bounded: where more waits than fits, the disk
// has it.
import { lastIn } from './spool-line.ts'
import type { PlacedTurn } from './spool-line.ts'

/** Some hundred thousand decisions: what a server decides between two batches. */
const BYTES_MAX = 16 * 1024 * 1024
/** What a text takes beside what stands of it in the file. */
const TEXT_BYTES = 20

const bytesOf = ({ from, end, tails }: PlacedTurn): number => end - from + TEXT_BYTES * tails.length

export class RecentTurns {
  #turns: PlacedTurn[] = []
  /** Everything that was written after this number is here. */
  #after: number
  #bytes = 0

  constructor(after: number) {
    this.#after = after
  }

  add(turn: PlacedTurn): void {
    this.#turns.push(turn)
    this.#bytes += bytesOf(turn)
    if (this.#bytes > BYTES_MAX) this.#forget(lastIn(turn))
  }

  /** In order, with so many lines or a few more, up to the first that is not ready; `undefined` where not all after `seq` are here. */
  after(seq: number, max: number, isReady: (turn: PlacedTurn) => boolean): readonly PlacedTurn[] | undefined {
    if (seq < this.#after) return undefined
    let count = 0
    const over = this.#turns.findIndex((turn) => {
      if (count >= max || !isReady(turn)) return true
      count += turn.tails.length
      return false
    })
    return over === -1 ? [...this.#turns] : this.#turns.slice(0, over)
  }

  /** Up to here nobody asks any more. */
  taken(seq: number): void {
    const left = this.#turns.findIndex((turn) => lastIn(turn) > seq)
    if (left === -1) {
      const last = this.#turns.at(-1)
      if (last !== undefined) this.#forget(lastIn(last))
      return
    }
    for (const turn of this.#turns.splice(0, left)) this.#bytes -= bytesOf(turn)
    this.#after = Math.max(this.#after, seq)
  }

  #forget(upTo: number): void {
    this.#turns = []
    this.#bytes = 0
    this.#after = upTo
  }
}

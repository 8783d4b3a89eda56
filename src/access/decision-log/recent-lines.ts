// What was written to a spool lately, so that nobody reads it back from the disk. Bounded: where more waits than fits, the disk
// has it.
import type { PlacedLine } from './spool-file.ts'

/** What some ten thousand decisions a second write between two batches. */
const LETTERS_MAX = 16 * 1024 * 1024

export class RecentLines {
  #lines: PlacedLine[] = []
  /** Everything that was written after this number is here. */
  #after: number
  #letters = 0

  constructor(after: number) {
    this.#after = after
  }

  add(line: PlacedLine): void {
    this.#lines.push(line)
    this.#letters += line.text.length
    if (this.#letters > LETTERS_MAX) this.#forget(line.seq)
  }

  /** At most so many in order, up to the first that is not ready; `undefined` where not all that follow `seq` are here. */
  after(seq: number, max: number, isReady: (line: PlacedLine) => boolean): PlacedLine[] | undefined {
    if (seq < this.#after) return undefined
    const waiting = this.#lines.findIndex((line) => !isReady(line))
    return this.#lines.slice(0, Math.min(max, waiting === -1 ? Infinity : waiting))
  }

  /** Up to here nobody asks any more. */
  taken(seq: number): void {
    const left = this.#lines.findIndex((line) => line.seq > seq)
    if (left === -1) {
      if (this.#lines.length > 0) this.#forget(this.#lines.at(-1)?.seq ?? seq)
      return
    }
    for (const { text } of this.#lines.splice(0, left)) this.#letters -= text.length
    this.#after = Math.max(this.#after, seq)
  }

  #forget(upTo: number): void {
    this.#lines = []
    this.#letters = 0
    this.#after = upTo
  }
}

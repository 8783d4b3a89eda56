// The time as the server has it. Windows of grants are the server's words, so they end by its clock, also where this
// machine's is wrong.

const SAMPLES = 16
/** Less than this is the way of the message, not the clock. */
const AGREES_MS = 250
const RIDDEN_OUT_MS = 5 * 60_000

export class ServerClock {
  readonly #machine: () => number
  readonly #samples: number[] = []
  #offset = 0
  #latest = -Infinity

  constructor(machine: () => number) {
    this.#machine = machine
  }

  /** What the server said its time was, now that it has arrived: the sample that travelled the least is the nearest. */
  heard(sentAt: number): void {
    this.#samples.push(sentAt - this.#machine())
    if (this.#samples.length > SAMPLES) this.#samples.shift()
    const nearest = Math.max(...this.#samples)
    this.#offset = Math.abs(nearest) < AGREES_MS ? 0 : nearest
  }

  /** How far this machine is from it, in milliseconds. */
  get offset(): number {
    return this.#offset
  }

  /** Never back by a little: what has expired stays so. */
  readonly now = (): number => {
    const now = this.#machine() + this.#offset
    if (now >= this.#latest || this.#latest - now > RIDDEN_OUT_MS) this.#latest = now
    return this.#latest
  }
}

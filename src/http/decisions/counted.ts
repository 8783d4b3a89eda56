// How often something happened within this minute, by key. In memory: a restart forgives.

const MINUTE_MS = 60_000
/** More keys than this and all begin anew: what is kept for others' sake stays bounded. */
const KEYS_MAX = 100_000

export class CountedByMinute {
  readonly #max: number
  readonly #counts = new Map<string, number>()
  #since = -Infinity

  constructor(max: number) {
    this.#max = max
  }

  /** False from the first one on that is too many. */
  count(key: string): boolean {
    this.#renew()
    return this.counted(key) <= this.#max
  }

  /** How often by now, this time included; for whoever has just asked whether it is spent, so the clock is not asked again. */
  counted(key: string): number {
    const count = (this.#counts.get(key) ?? 0) + 1
    this.#counts.set(key, count)
    return count
  }

  isSpent(key: string): boolean {
    this.#renew()
    return (this.#counts.get(key) ?? 0) >= this.#max
  }

  #renew(): void {
    const now = performance.now()
    if (now - this.#since < MINUTE_MS && this.#counts.size < KEYS_MAX) return
    this.#counts.clear()
    this.#since = now
  }
}

// Which presented tokens were good lately, and which go on failing. An address that fails is shut out but for those, so that
// nobody can shut out whoever else is behind the same address. SECURITY: digests, never the tokens.
import { createHash } from 'node:crypto'
import { CountedByMinute } from './decisions/counted.ts'

const GOOD_MS = 10 * 60_000
const KEPT_MAX = 10_000

export class TokensSeen {
  /** When it was good; the latest is last. */
  readonly #good = new Map<string, number>()
  readonly #failures: CountedByMinute

  constructor(failuresPerMinute: number) {
    this.#failures = new CountedByMinute(failuresPerMinute)
  }

  wasGood(presented: string): boolean {
    const at = this.#good.get(digest(presented))
    return at !== undefined && performance.now() - at < GOOD_MS
  }

  /** It is known and was refused too often within this minute: a leaver's, for example, which costs a query each time. */
  goesOnFailing(presented: string): boolean {
    return this.#failures.isSpent(digest(presented))
  }

  good(presented: string): void {
    const key = digest(presented)
    this.#good.delete(key)
    this.#good.set(key, performance.now())
    if (this.#good.size <= KEPT_MAX) return
    for (const [oldest] of this.#good) {
      this.#good.delete(oldest)
      break
    }
  }

  failed(presented: string): void {
    const key = digest(presented)
    this.#good.delete(key)
    this.#failures.count(key)
  }
}

const digest = (presented: string): string => createHash('sha256').update(presented).digest('base64')

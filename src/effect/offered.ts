// Credentials that were offered so that they can be used and be refused: in memory, for as long as their plan runs.
import type { OfferedCredential } from '#connectors/target'

const KEPT_MS = 60 * 60_000
const KEPT_MAX = 1000

/** SECURITY: nothing of it is written, logged or answered; what is over is overwritten. */
export class OfferedCredentials {
  readonly #kept = new Map<string, { readonly bytes: Buffer; readonly database?: string; readonly until: number }>()

  keep(planId: string, secret: string, database?: string): void {
    this.forget(planId)
    for (const [id, { until }] of this.#kept) if (until <= Date.now()) this.forget(id)
    const [oldest] = this.#kept.keys()
    if (this.#kept.size >= KEPT_MAX && oldest !== undefined) this.forget(oldest)
    const until = Date.now() + KEPT_MS
    this.#kept.set(planId, { bytes: Buffer.from(secret, 'utf8'), until, ...(database !== undefined && { database }) })
  }

  of(planId: string): OfferedCredential | undefined {
    const kept = this.#kept.get(planId)
    if (kept === undefined || kept.until <= Date.now()) return undefined
    const { bytes, database } = kept
    return { secret: () => bytes.toString('utf8'), ...(database !== undefined && { database }) }
  }

  forget(planId: string): void {
    this.#kept.get(planId)?.bytes.fill(0)
    this.#kept.delete(planId)
  }
}

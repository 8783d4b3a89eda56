// Credentials that were offered so that they can be used and be refused: in memory, for as long as their plan runs.
import type { OfferedCredential } from '#connectors/target'

const KEPT_MS = 60 * 60_000
const KEPT_MAX = 1000

interface Kept {
  readonly bytes: Buffer
  readonly database?: string
  readonly timer: NodeJS.Timeout
}

/** One that is used at once, and not kept. */
export const offering = ({
  secret,
  database,
}: {
  readonly secret: string
  readonly database?: string
}): OfferedCredential => ({ secret: () => secret, ...(database !== undefined && { database }) })

/** SECURITY: nothing of it is written, logged or answered; what is over is overwritten. */
export class OfferedCredentials {
  readonly #kept = new Map<string, Kept>()

  keep(planId: string, secret: string, database?: string): void {
    this.forget(planId)
    const [oldest] = this.#kept.keys()
    if (this.#kept.size >= KEPT_MAX && oldest !== undefined) this.forget(oldest)
    const timer = setTimeout(() => this.forget(planId), KEPT_MS).unref()
    this.#kept.set(planId, { bytes: Buffer.from(secret, 'utf8'), timer, ...(database !== undefined && { database }) })
  }

  of(planId: string): OfferedCredential | undefined {
    const kept = this.#kept.get(planId)
    if (kept === undefined) return undefined
    const { bytes, database } = kept
    return { secret: () => bytes.toString('utf8'), ...(database !== undefined && { database }) }
  }

  forget(planId: string): void {
    const kept = this.#kept.get(planId)
    kept?.bytes.fill(0)
    clearTimeout(kept?.timer)
    this.#kept.delete(planId)
  }
}

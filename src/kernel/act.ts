// Who acts, on whose behalf, why and when: what every change of a record and every entry of evidence carries.
import type { Id, Instant } from './index.ts'
import type { Json } from './canonical-json.ts'

/** `reeve` acts by itself: a schedule, a sync, a rule. */
export const REEVE = 'reeve'

export interface Actor {
  /** A person (`psn_`), an API client (`prn_`), the bootstrap token (`bootstrap`), or `reeve`. */
  readonly id: string
  /** The natural person behind it, where one is known: four eyes compares these. */
  readonly personId?: Id<'person'>
  /**
   * Others who may know the token of the act: who made it, and who may know the one that it was made with. Four eyes counts
   * each of them as if they had acted.
   */
  readonly behind?: readonly Id<'person'>[]
  readonly onBehalfOf?: string
}

export interface Act {
  readonly actor: Actor
  readonly at: Instant
  readonly reason?: string
  /** Entries, requests or approvals that this follows from. */
  readonly follows?: readonly string[]
  readonly idempotency?: { readonly client: string; readonly key: string; readonly request: Json }
}

/** The same act, as one that also follows from these. */
export const following = (act: Act, ...ids: readonly string[]): Act => ({
  ...act,
  follows: [...new Set([...(act.follows ?? []), ...ids])],
})

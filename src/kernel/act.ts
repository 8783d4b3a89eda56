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

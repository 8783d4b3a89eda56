// What a decision knows of one principal: the few fields of its record that gates and policies read.
import type { Id, PrincipalKind } from '#kernel'
import type { PrincipalState } from '#identity/roll'

export interface PrincipalFacts {
  readonly id: Id<'principal'>
  /** Of the record: what arrives late never undoes what is newer. */
  readonly version: number
  readonly kind: PrincipalKind
  readonly system: string
  readonly externalId: string
  readonly state: PrincipalState
  readonly tier: string
  readonly environment: string
  readonly criticality: string
  /** Somebody accepted to answer for it. */
  readonly owned: boolean
  /** It proved that it is bound to what it claims to be. */
  readonly bound: boolean
  /** The roll's hold was seen to take effect at the target. */
  readonly effect: 'not_applied' | 'unproven' | 'verified'
  /** Milliseconds since 1970. */
  readonly expiresAt?: number
  readonly nextReviewAt?: number
  readonly gone: boolean
}

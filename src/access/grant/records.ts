// Grants as records: a right for a time, who agreed to it and why. Observed rights are entitlements; these are ours.
import type { Id, Instant } from '#kernel'
import type { RecordTable } from '#db/history'
import type { GrantKind } from '../decide/index.ts'

export const GRANT: RecordTable = { schema: 'access', table: 'access_grant' }
export const DENIAL: RecordTable = { schema: 'access', table: 'denial' }

/** `approved → provisioning → active → ending → ended | unproven`; what needs nothing at a target is active at once. */
export const GRANT_STATES = ['approved', 'provisioning', 'active', 'ending', 'ended', 'unproven'] as const
export type GrantState = (typeof GRANT_STATES)[number]

export interface GrantRecord {
  readonly principalId: Id<'principal'>
  readonly kind: GrantKind
  /** As `kernel/names` spells them, or cut after `:` and followed by `*`. Sorted. */
  readonly actions: readonly string[]
  /** As `isResourcePattern` has them. Sorted. */
  readonly resources: readonly string[]
  readonly from: Instant
  /** Absent only for a standing grant. */
  readonly until?: Instant
  readonly reason: string
  readonly state: GrantState
  readonly requestId: Id<'access_request'>
  /** The persons who agreed. */
  readonly approvedBy: readonly string[]
  /** From when on it is denied; at its target it may be there a while longer, as `state` says. */
  readonly ended?: { readonly at: Instant; readonly by: string; readonly because: string }
  /** Only where the right lies at a target that is told. */
  readonly fulfilment?: Fulfilment
}

/** How far a grant came at its target. */
export interface Fulfilment {
  /** Which fulfiller carries it. */
  readonly by: string
  /** When it is looked at next; absent when nothing is left to do. */
  readonly nextAt?: Instant
  /** The decision that it may begin. */
  readonly decisionId?: Id<'decision'>
  /** Of the present step, failed so far. */
  readonly attempts: number
  /** Why the last attempt failed. */
  readonly reason?: string
  /** What the target said last. */
  readonly answer?: string
  /** Of the step that its target has: what says less there was lost since. */
  readonly fence?: number
  /** What who had it made at its target and stays there, as far as it was seen at the end; absent where that is not known. */
  readonly left?: readonly string[]
  /** When the target itself was seen to refuse the right after its end. */
  readonly verifiedAt?: Instant
}

/** Denied by an act of its own, until it is lifted. */
export interface DenialRecord {
  /** A principal, a token, a session or a credential. */
  readonly subjectId: string
  readonly reason: string
  readonly by: string
  readonly liftedAt?: Instant
}

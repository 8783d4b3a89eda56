// What waits for somebody's word: offers of ownership, requests for new identities, likely matches.
import type { Id, Instant, Json, PrincipalKind, System } from '#kernel'
import type { OwnerOfRecord, Party } from './party.ts'
import type { PrincipalState } from './principal-record.ts'

/** Ownership changes hands when the new owner accepts. */
export interface OfferRecord {
  readonly principalId: Id<'principal'>
  readonly to: Party
  /** Who answered for it when the offer was made. */
  readonly from?: OwnerOfRecord
  readonly why: string
  /** `leaver`: proposed by Reeve to the manager of one who left. */
  readonly cause: 'transfer' | 'leaver'
  readonly state: 'pending' | 'accepted' | 'declined' | 'withdrawn'
  readonly decided?: { readonly by: string; readonly at: Instant; readonly reason?: string }
}

/** A new identity, asked for before it exists: owner, purpose, expiry. */
export interface IdentityRequest {
  readonly kind: PrincipalKind
  readonly system: System
  readonly name: string
  /** The native identifier that it will have, where that is known already: the first sync then recognises it. */
  readonly externalId?: string
  readonly owner: Party
  readonly backup?: Party
  readonly purpose: string
  readonly expiresAt: Instant
  readonly requestedBy: string
  /** The natural persons, for four eyes; `''` is never written. */
  readonly requestedByPerson: string
  /** Sorted. Every natural person who may have asked: none of them decides. */
  readonly requestedBehind: readonly string[]
  readonly state: 'pending' | 'approved' | 'denied' | 'withdrawn'
  readonly decidedBy?: string
  readonly decidedByPerson?: string
  readonly decidedBehind?: readonly string[]
  readonly decidedAt?: Instant
  readonly decisionReason?: string
  /** Made by the approval, in state registered. */
  readonly principalId?: Id<'principal'>
}

export interface MatchRecord {
  /** Two principals, or (`person`) a principal and the human principal of a person. `aId` < `bId`. */
  readonly kind: 'principals' | 'person'
  readonly aId: Id<'principal'>
  readonly bId: Id<'principal'>
  readonly reason: string
  /** `explicit`: a source says outright that they are one, and both were in the roll already. */
  readonly strength: 'likely' | 'explicit'
  readonly state: 'proposed' | 'confirmed' | 'rejected' | 'undone'
  readonly decided?: { readonly by: string; readonly at: Instant; readonly reason?: string }
  /** The record that the other was joined into, and what moved with it, so that it can be undone. */
  readonly merge?: {
    readonly into: Id<'principal'>
    readonly from: Id<'principal'>
    readonly movedRefs: readonly string[]
    readonly movedCredentials: readonly Id<'credential'>[]
    readonly mergedVersion: number
    /** The state of `from` before it was joined. */
    readonly fromState?: PrincipalState
    /** What the join changed of `into` beside its identifiers, by field; null where it was absent. */
    readonly before: { readonly [field: string]: Json }
    readonly after: { readonly [field: string]: Json }
  }
  /** Of kind `person`: which principal was said to be whose, and what kind it was before. */
  readonly linked?: {
    readonly principalId: Id<'principal'>
    readonly personId: Id<'person'>
    readonly kindBefore: PrincipalKind
    readonly kindStatedBefore: boolean
  }
}

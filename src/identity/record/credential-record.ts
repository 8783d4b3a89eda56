// One credential as the roll keeps it. Its secret is never here: keyed fingerprints only.
import type { CredentialType, Exposure, Id, Instant, Json, Ref } from '#kernel'
import type { Party } from './party.ts'

export const CREDENTIAL_STATES = ['live', 'rotated', 'leaked', 'revoked'] as const
export type CredentialState = (typeof CREDENTIAL_STATES)[number]

/** HMAC-SHA-256 under the key with this id, hex. Two keys are in use while a rotation is under way. */
export interface KeyedFingerprint {
  readonly keyId: string
  readonly value: string
}

export interface CredentialLocation {
  readonly file: string
  readonly startLine?: number
  readonly commit?: string
  readonly object?: string
  readonly connector: string
  readonly exposure: Exposure
  /** Which source saw it there: each speaks for its own places. */
  readonly source?: string
  /** Who is stated to answer for the file (CODEOWNERS), as far as they are in the roll. */
  readonly owners?: readonly Party[]
}

export const LOCATIONS_MAX = 50

export interface CredentialRecord {
  readonly type: CredentialType
  readonly refs: readonly Ref[]
  readonly principalId?: Id<'principal'>
  readonly alsoOf: readonly Id<'principal'>[]
  readonly consumers: readonly Id<'principal'>[]
  readonly fingerprints: readonly KeyedFingerprint[]
  readonly hint?: string
  readonly name?: string
  readonly enabled?: boolean
  /** The first `LOCATIONS_MAX` of each source in its order, and how many there are, in all and by source. */
  readonly locations: readonly CredentialLocation[]
  readonly locationCount: number
  readonly locationCounts?: Readonly<Record<string, number>>
  readonly attributes: Readonly<Record<string, Json>>
  readonly createdAtSource?: Instant
  readonly lastRotatedAt?: Instant
  readonly expiresAt?: Instant
  /** Days after which it should have been rotated. */
  readonly rotateWithinDays: number
  readonly state: CredentialState
  readonly leak?: { readonly at: Instant; readonly by: string; readonly where: string }
  /** The record that took its place. */
  readonly replacedBy?: Id<'credential'>
  readonly revocation?: { readonly at: Instant; readonly by: string; readonly reason: string }
  /** What the roll says of the effect at the target; `verified` is written with a receipt only. */
  readonly effect: 'not_applied' | 'unproven' | 'verified'
  readonly source: string
  readonly goneAt?: Instant
  readonly reappearedAt?: Instant
}

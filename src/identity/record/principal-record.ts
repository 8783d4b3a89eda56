// One principal as the roll keeps it: every field that is versioned.
import type { Id, Instant, Json, PrincipalKind, Ref, System } from '#kernel'
import type { Environment } from '../environment.ts'
import type { Criticality } from '../classify.ts'
import type { OwnerOfRecord, Party, Stated } from './party.ts'

/** `discovered → registered → active ⇄ quarantined → retired`. Retired leaves a tombstone. */
export const PRINCIPAL_STATES = ['discovered', 'registered', 'active', 'quarantined', 'retired'] as const
export type PrincipalState = (typeof PRINCIPAL_STATES)[number]

/** As the access layer worked it out; written here by sync, since identity does not import access. */
export const PRIVILEGE_TIERS = ['none', 'low', 'medium', 'high', 'admin', 'unknown'] as const
export type PrivilegeTier = (typeof PRIVILEGE_TIERS)[number]

/** What the roll says of the effect at the target: another field than the state, since a record is not an effect. */
export type TargetEffect = 'not_applied' | 'unproven' | 'verified'

export interface Binding {
  readonly how: 'challenge' | 'platform_token' | 'assertion'
  readonly reason: string
  readonly at: Instant
  readonly by: string
}

/** Accepted for a time: the rules of `active` do not hold for this principal until then. */
export interface RuleException {
  readonly reason: string
  readonly until: Instant
  readonly by: string
  /**
   * `orphaned` is written by Reeve itself when an owner leaves; it gives time to find another. `drifted`: a source
   * raised what the rules ask, such as its privilege tier.
   */
  readonly cause: 'stated' | 'orphaned' | 'drifted'
  /** What was missing when it was made, as `GAPS` names it: it excuses that and nothing else. Absent: everything. */
  readonly gaps?: readonly string[]
  /** The one that it stands in the place of, which counts again when this one is over. */
  readonly replaces?: Omit<RuleException, 'replaces'>
}

/** Observed fields that a person may state instead; a sync then leaves them alone. */
export const STATABLE_FIELDS = ['kind', 'vendorId', 'workloadScope', 'expiresAt'] as const
export type StatableField = (typeof STATABLE_FIELDS)[number]

export interface PrincipalRecord {
  // what sources observe; only the defining source changes it
  readonly kind: PrincipalKind
  readonly nativeType: string
  readonly system: System
  readonly externalId: string
  readonly name: string
  /** Sorted. Also in `identity.ref`, where each is unique. */
  readonly refs: readonly Ref[]
  readonly enabled?: boolean
  readonly createdAtSource?: Instant
  readonly labels: Readonly<Record<string, string>>
  readonly attributes: Readonly<Record<string, Json>>
  /** Which system and act created it, and through which source it was first seen. */
  readonly provenance: {
    readonly how: 'discovered' | 'requested' | 'registered' | 'feed' | 'built_in'
    /** Connector and connection, request, or the person who registered it. */
    readonly source: string
    readonly connector?: string
    readonly file?: string
    readonly object?: string
    /** The principal that created it at the source, where that says so. */
    readonly createdBy?: string
    readonly firstSeenAt: Instant
  }
  readonly workloadScope?: string
  readonly vendorId?: Id<'vendor'>
  readonly integration?: string
  /** For kind human: the natural person. */
  readonly personId?: Id<'person'>

  // what is said of it
  /** Sorted. Which of the observed fields stand here by a person's word. INVARIANT: a sync never changes these. */
  readonly stated?: readonly StatableField[]
  readonly environment: Stated<Environment | 'unknown'>
  readonly function: Stated<string>
  readonly criticality: Stated<Criticality | 'unknown'>
  readonly tier: Stated<PrivilegeTier>
  readonly purpose?: Stated<string>
  readonly owner?: OwnerOfRecord
  readonly backups: readonly OwnerOfRecord[]
  /** Of a shared identity: who answers for its use by each consumer. */
  readonly custodians: readonly { readonly consumerId: string; readonly party: Party }[]
  /** Every owner, backup and custodian, for scoped visibility: `person:psn_…`, `team:tm_…`. Kept by `withParties`. */
  readonly parties: readonly string[]

  // its life
  readonly state: PrincipalState
  readonly effect: TargetEffect
  readonly expiresAt?: Instant
  readonly nextReviewAt?: Instant
  readonly attestation?: { readonly by: string; readonly at: Instant; readonly because: string }
  readonly binding?: Binding
  readonly exception?: RuleException
  /** `from` is the state that a restore goes back to; `active` where it is not said. */
  readonly quarantine?: {
    readonly by: string
    readonly at: Instant
    readonly reason: string
    readonly from?: 'discovered' | 'registered' | 'active'
  }
  readonly retirement?: { readonly by: string; readonly at: Instant; readonly reason: string }
  /** Since when nobody answers for it although somebody did. */
  readonly orphanedAt?: Instant
  readonly formerOwner?: OwnerOfRecord
  /** Every source that saw it says, in a complete read, that it is no more. */
  readonly goneAt?: Instant
  /** Seen again at a source after it was retired. */
  readonly reappearedAt?: Instant
  /** Joined into another record; what was its own stands there. */
  readonly mergedInto?: Id<'principal'>
  /** Name, identifiers, purpose, labels in lower case, for search. Kept by `withSearchText`. */
  readonly searchText: string
}

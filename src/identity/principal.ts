// The identity records that correlation makes out of observed facts.
import type {
  CredentialType,
  Exposure,
  Id,
  Instant,
  Json,
  OwnerHint,
  PrincipalKind,
  Provenance,
  Ref,
  RelationName,
  System,
} from '#kernel'

/** A value that rules derived, with the rule's reason. Unknown stays `unknown`: it is never a guess. */
export interface Derived<T extends string> {
  readonly value: T | 'unknown'
  readonly reason: string
}

export interface Principal {
  readonly id: Id<'principal'>
  readonly kind: PrincipalKind
  readonly nativeType: string
  readonly system: System
  readonly externalId: string
  readonly name: string
  /** Every explicit identifier by which some source knows it; sorted. */
  readonly refs: readonly Ref[]
  /** Its presence in each system, the defining one first. */
  readonly accounts: readonly { readonly system: System; readonly externalId: string }[]
  /** True when no input defines it: it is only mentioned by others. */
  readonly mentionedOnly: boolean
  readonly enabled?: boolean
  readonly createdAt?: Instant
  readonly expiresAt?: Instant
  readonly lastUsedAt?: Instant
  readonly environmentHints: readonly { readonly value: string; readonly reason: string }[]
  readonly purposeHints: readonly { readonly text: string; readonly reason: string }[]
  readonly ownerHints: readonly OwnerHint[]
  readonly vendor?: string
  readonly labels: Readonly<Record<string, string>>
  readonly attributes: Readonly<Record<string, Json>>
  /** Where it was seen, definitions first. */
  readonly provenance: readonly Provenance[]
}

export interface Sighting extends Provenance {
  readonly exposure: Exposure
  readonly name?: string
  readonly rule?: string
  readonly confidence?: number
}

export interface Credential {
  readonly id: Id<'credential'>
  readonly type: CredentialType
  readonly refs: readonly Ref[]
  /** Whose it is; absent when no source says. */
  readonly principalId?: Id<'principal'>
  /** Further principals that sources give the same credential to. */
  readonly alsoOf: readonly Id<'principal'>[]
  /** The scan's keyed fingerprint (or its equality label), when the secret value was seen somewhere. */
  readonly fingerprint?: string
  readonly hint?: string
  readonly name?: string
  readonly enabled?: boolean
  readonly createdAt?: Instant
  readonly lastRotatedAt?: Instant
  readonly lastUsedAt?: Instant
  readonly expiresAt?: Instant
  readonly environmentHints: readonly { readonly value: string; readonly reason: string }[]
  readonly attributes: Readonly<Record<string, Json>>
  readonly sightings: readonly Sighting[]
  /** Principals that are given it to use. */
  readonly consumers: readonly Id<'principal'>[]
}

export interface Relation {
  readonly relation: RelationName
  readonly fromId?: Id<'principal'>
  /** When the trust names no one principal. */
  readonly pattern?: { readonly pattern: string; readonly issuer?: string }
  readonly toId: Id<'principal'>
  readonly conditions?: Json
  readonly attributes: Readonly<Record<string, Json>>
  readonly provenance: Provenance
}

export interface Membership {
  readonly memberId: Id<'principal'>
  readonly groupId: Id<'principal'>
  readonly provenance: Provenance
}

/** Two records that may be one; never merged by itself. */
export interface LikelyMatch {
  readonly a: Id<'principal'>
  readonly b: Id<'principal'>
  readonly reason: string
}

/** A principal that may be a person's own: its name is that person's e-mail or handle. Never merged by itself. */
export interface LikelyPerson {
  readonly principalId: Id<'principal'>
  readonly personId: string
  readonly reason: string
}

// A dossier is all that is known of one principal at one instant; the estate is what all dossiers stand in.
import type { EffectiveAccess } from '#access'
import type { Classification, Credential, LikelyMatch, Membership, Ownership, Principal, Relation } from '#identity'
import type { Fact, Id, Instant } from '#kernel'

export interface Dossier {
  readonly principal: Principal
  readonly classification: Classification
  readonly ownership: Ownership
  readonly access: EffectiveAccess
  /** Credentials that are this principal's own. */
  readonly credentials: readonly Credential[]
  /** Credentials of others, or of nobody known, that it is given to use. */
  readonly uses: readonly Credential[]
  /** Relations that start or end here. */
  readonly out: readonly Relation[]
  readonly in: readonly Relation[]
  readonly groups: readonly Id<'principal'>[]
}

/** Limits that `reeve.yaml` may change. Days. */
export interface GovernanceSettings {
  /** Overrides of `CREDENTIAL_TYPES[type].rotateWithinDays`; halved for tier high and admin (risk-based). */
  readonly rotateWithinDays: Readonly<Record<string, number>>
  /** Owners of actions that count as first party: `actions`, `github`, your own organisations. */
  readonly firstPartyOwners: readonly string[]
  /** AWS accounts that are your own, beside those seen. */
  readonly ownAccounts: readonly string[]
}

/**
 * Read by every detector; two implementations, in memory (scan) and over SQL (server). Iteration is in a stable order.
 */
export interface EstateReader {
  /** The instant as of which everything is said; detectors have no other clock. */
  readonly asOf: Instant
  readonly settings: GovernanceSettings
  dossiers(): Iterable<Dossier>
  dossier(id: Id<'principal'>): Dossier | undefined
  credentials(): Iterable<Credential>
  readonly likely: readonly LikelyMatch[]
  /** Whether any input of this kind was read, so that "none found" can be told from "not looked". */
  has(type: Fact['type']): boolean
}

/** What a server or a scan assembles an in-memory estate from. */
export interface EstateParts {
  readonly asOf: Instant
  readonly settings: GovernanceSettings
  readonly facts: readonly Fact[]
  readonly principals: ReadonlyMap<Id<'principal'>, Principal>
  readonly credentials: ReadonlyMap<Id<'credential'>, Credential>
  readonly relations: readonly Relation[]
  readonly memberships: readonly Membership[]
  readonly likely: readonly LikelyMatch[]
  readonly ownership: ReadonlyMap<Id<'principal'>, Ownership>
  readonly access: ReadonlyMap<Id<'principal'>, EffectiveAccess>
  readonly classification: ReadonlyMap<Id<'principal'>, Classification>
}

// Who or what exists: principals, their accounts, the sets that rights are given to.
import type { Json } from '../canonical-json.ts'
import type { Instant } from '../instant.ts'
import type { Provenance, Ref, System } from './provenance.ts'

/**
 * `group` is not a principal in the strict sense (it cannot be authenticated); it is in the list because rights flow
 * through it (decision record 0003).
 */
export const PRINCIPAL_KINDS = [
  'workload',
  'service_account',
  'api_client',
  'oauth_app',
  'ai_agent',
  'ci_pipeline',
  'machine',
  'human',
  'group',
] as const
export type PrincipalKind = (typeof PRINCIPAL_KINDS)[number]

export const HOW_OWNER_IS_KNOWN = [
  'override',
  'declared',
  'tag',
  'annotation',
  'codeowners',
  'created_by',
  'people_feed',
  'commit_author',
  'description',
] as const
export type HowOwnerIsKnown = (typeof HOW_OWNER_IS_KNOWN)[number]

/** A hint about an owner as the source spells it: an e-mail, a handle, a team, a name. Resolved against people later. */
export interface OwnerHint {
  readonly who: string
  readonly how: HowOwnerIsKnown
  /** The place of the hint in words: ``tag `owner` ``. */
  readonly reason: string
}

export interface PrincipalFact {
  readonly type: 'principal'
  readonly ref: Ref
  /** Other explicit identifiers of the very same principal, for correlation. */
  readonly aliases?: readonly Ref[]
  readonly kind: PrincipalKind
  /** True when this input cannot tell the kind and gives the usual one: a fact that can tell wins, in whatever order. */
  readonly kindIsDefault?: boolean
  /** The source's own word: `iam-role`, `ServiceAccount`, `workflow-job`, `mcp-server`, `servicePrincipal`. */
  readonly nativeType: string
  readonly system: System
  /** The native identifier, as a user of that system would write it. */
  readonly externalId: string
  readonly name: string
  readonly enabled?: boolean
  readonly createdAt?: Instant
  readonly expiresAt?: Instant
  readonly lastUsedAt?: Instant
  readonly environment?: { readonly value: string; readonly reason: string }
  readonly purpose?: { readonly text: string; readonly reason: string }
  /** The third party that runs it, when the source says so. */
  readonly vendor?: string
  readonly labels?: Readonly<Record<string, string>>
  readonly ownerHints?: readonly OwnerHint[]
  /** What detectors and people want to know, by the names listed in the connector's README table. */
  readonly attributes?: Readonly<Record<string, Json>>
  /**
   * True when this input only mentions the principal (a binding subject, a trust policy) and does not define it. A
   * mention never overrides a definition.
   */
  readonly mentioned?: boolean
  readonly provenance: Provenance
}

/** A principal's presence in one more target system than the one that defines it. */
export interface AccountFact {
  readonly type: 'account'
  readonly principal: Ref
  readonly system: System
  readonly externalId: string
  readonly provenance: Provenance
}

export interface MembershipFact {
  readonly type: 'membership'
  readonly member: Ref
  readonly group: Ref
  readonly provenance: Provenance
}

export interface ResourceFact {
  readonly type: 'resource'
  readonly ref: Ref
  readonly resourceType: string
  readonly name: string
  readonly environment?: { readonly value: string; readonly reason: string }
  readonly attributes?: Readonly<Record<string, Json>>
  readonly provenance: Provenance
}

// What a principal may do, as every system states it, and what that amounts to.
import type { Id, Json, Provenance, System } from '#kernel'

/** Privilege tiers, lowest first. `admin`: can give itself any right in the system, at once or by an escalation path. */
export const TIERS = ['none', 'low', 'medium', 'high', 'admin'] as const
export type Tier = (typeof TIERS)[number]

export interface Entitlement {
  readonly id: Id<'entitlement'>
  readonly principalId: Id<'principal'>
  readonly system: System
  readonly permission: string
  readonly effect: 'allow' | 'deny'
  readonly actions: readonly string[]
  readonly resources: readonly string[]
  readonly level: 'read' | 'write' | 'admin' | 'unknown'
  readonly conditions?: Json
  /** How it comes to the principal: [] is direct, else the groups, bindings or policies on the way, outermost first. */
  readonly path: readonly string[]
  readonly provenance: Provenance
}

/** One way from what a principal may do to more than it was given. */
export interface EscalationPath {
  /** Stable: names the technique, not the place: `aws:iam:CreatePolicyVersion`, `k8s:escalate`. */
  readonly technique: string
  readonly title: string
  /** What each step needs and which grant gives it. */
  readonly steps: readonly { readonly action: string; readonly resource: string; readonly because: string }[]
  /** What is reached: a principal, or a tier in words. */
  readonly reaches: string
  readonly reachesPrincipalId?: Id<'principal'>
  readonly reachesTier: Tier
  /** Where the grants behind the steps are written, the most telling first. */
  readonly provenance?: readonly Provenance[]
}

export interface ActsAs {
  readonly principalId: Id<'principal'>
  readonly how: string
  /** What would have to hold that no source tells; absent when it simply can. */
  readonly open?: readonly string[]
  /** It is more than one step away: the steps between are listed of those who take them. */
  readonly further?: true
}

export interface EffectiveAccess {
  readonly tier: Tier | 'unknown'
  /** Why the tier is what it is, most telling first. */
  readonly reasons: readonly string[]
  readonly entitlements: readonly Entitlement[]
  readonly escalations: readonly EscalationPath[]
  /** Principals that it can act as (trust and permission both say so), with the way. */
  readonly actsAs: readonly ActsAs[]
  /** Named powers that detectors read: `secrets:read-all`, `wildcard-action`, `wildcard-resource`. */
  readonly powers: readonly { readonly power: string; readonly detail: string; readonly provenance?: Provenance }[]
  /** Policies that the input names but does not hold: what they give is unknown. */
  readonly unresolved: readonly string[]
}

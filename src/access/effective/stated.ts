// Rights that a system states outright need no evaluation: they are what they say. Those of a group flow to its
// members, through groups in groups.
import { deriveId } from '#kernel'
import type { EntitlementFact, Fact, Id } from '#kernel'
import type { IdentityGraph } from '#identity'
import { TIERS } from '../entitlement.ts'
import type { EffectiveAccess, Entitlement, Tier } from '../entitlement.ts'

const TIER_OF_LEVEL: Record<Entitlement['level'], Tier | undefined> = {
  read: 'low',
  write: 'medium',
  admin: 'admin',
  unknown: undefined,
}

interface Stated {
  readonly entitlements: Entitlement[]
  readonly reasons: Map<Tier, string[]>
}

type PrincipalId = Id<'principal'>

/** Each principal's own stated rights, then those of every group that it is in, each group once. */
export function statedEntitlements(
  facts: readonly Fact[],
  graph: IdentityGraph,
): Map<PrincipalId, Partial<EffectiveAccess>> {
  const byHolder = new Map<PrincipalId, EntitlementFact[]>()
  for (const fact of facts) {
    if (fact.type !== 'entitlement') continue
    const holder = graph.principalOf(fact.principal)
    if (holder === undefined) continue
    const list = byHolder.get(holder)
    if (list === undefined) byHolder.set(holder, [fact])
    else list.push(fact)
  }
  const members = membersByGroup(graph)
  const stated = new Map<PrincipalId, Stated>()
  for (const [holder, rights] of byHolder) {
    add(stated, holder, rights, [])
    for (const [member, path] of membersOf(holder, graph, members)) add(stated, member, rights, path)
  }
  const result = new Map<PrincipalId, Partial<EffectiveAccess>>()
  for (const [id, { entitlements, reasons }] of stated) {
    const tier = TIERS.findLast((candidate) => reasons.has(candidate))
    result.set(id, { entitlements, ...(tier === undefined ? {} : { tier, reasons: [...new Set(reasons.get(tier))] }) })
  }
  return result
}

function membersByGroup(graph: IdentityGraph): ReadonlyMap<PrincipalId, readonly PrincipalId[]> {
  const members = new Map<PrincipalId, PrincipalId[]>()
  for (const { memberId, groupId } of graph.memberships) {
    const list = members.get(groupId)
    if (list === undefined) members.set(groupId, [memberId])
    else list.push(memberId)
  }
  return members
}

/** Everyone below a group, each once and by the shortest way; cycles end by themselves. */
function* membersOf(
  group: PrincipalId,
  graph: IdentityGraph,
  members: ReadonlyMap<PrincipalId, readonly PrincipalId[]>,
): Generator<readonly [member: PrincipalId, path: readonly string[]]> {
  const seen = new Set([group])
  let ring: readonly { readonly id: PrincipalId; readonly path: readonly string[] }[] = [{ id: group, path: [] }]
  while (ring.length > 0) {
    const next: { id: PrincipalId; path: readonly string[] }[] = []
    for (const { id, path } of ring) {
      const through = [...path, graph.principals.get(id)?.name ?? id]
      for (const member of members.get(id) ?? []) {
        if (seen.has(member)) continue
        seen.add(member)
        yield [member, through]
        next.push({ id: member, path: through })
      }
    }
    ring = next
  }
}

function add(
  stated: Map<PrincipalId, Stated>,
  principalId: PrincipalId,
  rights: readonly EntitlementFact[],
  path: readonly string[],
): void {
  const entry: Stated = stated.get(principalId) ?? { entitlements: [], reasons: new Map() }
  stated.set(principalId, entry)
  for (const fact of rights) {
    const tier = TIER_OF_LEVEL[fact.level]
    if (tier !== undefined) {
      const reasons = entry.reasons.get(tier) ?? []
      const through = path.length === 0 ? '' : `, through ${path.toReversed().join(', ')}`
      reasons.push((fact.reason ?? `holds \`${fact.permission}\``) + through)
      entry.reasons.set(tier, reasons)
    }
    const via = fact.via === undefined ? path : [...path, fact.via]
    entry.entitlements.push({
      id: deriveId('entitlement', principalId, fact.system, fact.permission, ...via, ...fact.resources),
      principalId,
      system: fact.system,
      permission: fact.permission,
      effect: 'allow',
      actions: fact.actions,
      resources: fact.resources,
      level: fact.level,
      ...(fact.conditions === undefined ? {} : { conditions: fact.conditions }),
      path: via,
      provenance: fact.provenance,
    })
  }
}

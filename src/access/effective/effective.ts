// Effective access of every principal, system by system. Pure; each system's evaluator is a folder beside this file.
import { deriveId } from '#kernel'
import type { Fact, Id } from '#kernel'
import type { IdentityGraph } from '#identity'
import { TIERS } from '../entitlement.ts'
import type { EffectiveAccess, Entitlement, Tier } from '../entitlement.ts'

type PartialAccess = Partial<EffectiveAccess>

/** One evaluator per system: what it can say of each principal it knows. Results of several are merged. */
export interface Evaluator {
  readonly system: string
  evaluate(facts: readonly Fact[], graph: IdentityGraph): ReadonlyMap<Id<'principal'>, PartialAccess>
}

const EVALUATORS: readonly Evaluator[] = []

export function effectiveAccess(facts: readonly Fact[], graph: IdentityGraph): Map<Id<'principal'>, EffectiveAccess> {
  const parts = new Map<Id<'principal'>, PartialAccess[]>()
  const add = (id: Id<'principal'>, part: PartialAccess): void => {
    const list = parts.get(id)
    if (list === undefined) parts.set(id, [part])
    else list.push(part)
  }
  for (const [id, stated] of statedEntitlements(facts, graph)) add(id, stated)
  for (const evaluator of EVALUATORS) {
    for (const [id, part] of evaluator.evaluate(facts, graph)) add(id, part)
  }
  return new Map([...graph.principals.keys()].map((id) => [id, merge(parts.get(id) ?? [])]))
}

function merge(parts: readonly PartialAccess[]): EffectiveAccess {
  const tiers = parts.flatMap((part) => (part.tier === undefined || part.tier === 'unknown' ? [] : part.tier))
  const highest = tiers.toSorted((a, b) => TIERS.indexOf(b) - TIERS.indexOf(a))[0]
  return {
    tier: highest ?? 'unknown',
    reasons: parts.filter((part) => part.tier === highest).flatMap((part) => part.reasons ?? []),
    entitlements: parts.flatMap((part) => part.entitlements ?? []),
    escalations: parts.flatMap((part) => part.escalations ?? []),
    actsAs: parts.flatMap((part) => part.actsAs ?? []),
    powers: parts.flatMap((part) => part.powers ?? []),
    unresolved: parts.flatMap((part) => part.unresolved ?? []),
  }
}

const TIER_OF_LEVEL: Record<Entitlement['level'], Tier | undefined> = {
  read: 'low',
  write: 'medium',
  admin: 'admin',
  unknown: undefined,
}

/** Rights that a system states outright need no evaluation: they are what they say. */
function statedEntitlements(facts: readonly Fact[], graph: IdentityGraph): Map<Id<'principal'>, PartialAccess> {
  interface Stated {
    readonly entitlements: Entitlement[]
    readonly reasons: Map<Tier, string[]>
  }
  const lists = new Map<Id<'principal'>, Stated>()
  for (const fact of facts) {
    if (fact.type !== 'entitlement') continue
    const principalId = graph.principalOf(fact.principal)
    if (principalId === undefined) continue
    const entry: Stated = lists.get(principalId) ?? { entitlements: [], reasons: new Map() }
    lists.set(principalId, entry)
    const tier = TIER_OF_LEVEL[fact.level]
    if (tier !== undefined) {
      const reasons = entry.reasons.get(tier) ?? []
      reasons.push(fact.reason ?? `holds \`${fact.permission}\``)
      entry.reasons.set(tier, reasons)
    }
    entry.entitlements.push({
      id: deriveId('entitlement', principalId, fact.system, fact.permission, fact.via ?? '', ...fact.resources),
      principalId,
      system: fact.system,
      permission: fact.permission,
      effect: 'allow',
      actions: fact.actions,
      resources: fact.resources,
      level: fact.level,
      ...(fact.conditions === undefined ? {} : { conditions: fact.conditions }),
      path: fact.via === undefined ? [] : [fact.via],
      provenance: fact.provenance,
    })
  }
  const result = new Map<Id<'principal'>, PartialAccess>()
  for (const [id, { entitlements, reasons }] of lists) {
    const tier = TIERS.findLast((candidate) => reasons.has(candidate))
    result.set(id, { entitlements, ...(tier === undefined ? {} : { tier, reasons: [...new Set(reasons.get(tier))] }) })
  }
  return result
}

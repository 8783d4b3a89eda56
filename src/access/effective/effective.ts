// Effective access of every principal, system by system. Pure; each system's evaluator is a folder beside this file.
import type { Fact, Id } from '#kernel'
import type { IdentityGraph } from '#identity'
import { awsEvaluator } from './aws/aws.ts'
import { kubernetes } from './kubernetes/kubernetes.ts'
import { TIERS } from '../entitlement.ts'
import type { EffectiveAccess } from '../entitlement.ts'
import { statedEntitlements } from './stated.ts'

type PartialAccess = Partial<EffectiveAccess>

/** One evaluator per system: what it can say of each principal it knows. Results of several are merged. */
export interface Evaluator {
  readonly system: string
  evaluate(facts: readonly Fact[], graph: IdentityGraph): ReadonlyMap<Id<'principal'>, PartialAccess>
}

const EVALUATORS: readonly Evaluator[] = [awsEvaluator, kubernetes]

/**
 * An evaluator that throws is told to `onFailure` by its system, and its principals stay `unknown`; without `onFailure`
 * it throws.
 */
export function effectiveAccess(
  facts: readonly Fact[],
  graph: IdentityGraph,
  onFailure?: (system: string) => void,
): Map<Id<'principal'>, EffectiveAccess> {
  const parts = new Map<Id<'principal'>, PartialAccess[]>()
  const add = (id: Id<'principal'>, part: PartialAccess): void => {
    const list = parts.get(id)
    if (list === undefined) parts.set(id, [part])
    else list.push(part)
  }
  for (const [id, stated] of statedEntitlements(facts, graph)) add(id, stated)
  for (const evaluator of EVALUATORS) {
    try {
      for (const [id, part] of evaluator.evaluate(facts, graph)) add(id, part)
    } catch (error) {
      if (onFailure === undefined) throw error
      onFailure(evaluator.system)
    }
  }
  return new Map([...graph.principals.keys()].map((id) => [id, merge(parts.get(id) ?? [])]))
}

function merge(parts: readonly PartialAccess[]): EffectiveAccess {
  const tiers = parts.flatMap((part) => (part.tier === undefined || part.tier === 'unknown' ? [] : part.tier))
  const highest = tiers.toSorted((a, b) => TIERS.indexOf(b) - TIERS.indexOf(a))[0]
  return {
    tier: highest ?? 'unknown',
    reasons: parts
      .filter((part) => (part.tier ?? 'unknown') === (highest ?? 'unknown'))
      .flatMap((part) => part.reasons ?? []),
    entitlements: parts.flatMap((part) => part.entitlements ?? []),
    escalations: parts.flatMap((part) => part.escalations ?? []),
    actsAs: parts.flatMap((part) => part.actsAs ?? []),
    powers: parts.flatMap((part) => part.powers ?? []),
    unresolved: parts.flatMap((part) => part.unresolved ?? []),
  }
}

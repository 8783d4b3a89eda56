// Effective rights in AWS: what each user, group and role may do, whom it can act as, and how it could come to more.
// What it cannot see (service control policies, resource policies, session policies) never widens an answer.
import type { Fact, Id } from '#kernel'
import type { IdentityGraph } from '#identity'
import type { ActsAs, EffectiveAccess, EscalationPath, Tier } from '../../entitlement.ts'
import type { Evaluator } from '../effective.ts'
import { Assumptions, ASSUMPTIONS_MAX } from './assume.ts'
import { entitlementsOf } from './entitlements.ts'
import { Escalations, withoutDetours } from './escalation.ts'
import type { Path } from './escalation.ts'
import { awsEstate } from './estate.ts'
import type { AwsEstate, AwsPrincipal } from './estate.ts'
import { federatedUses, usesByPrincipal } from './federated.ts'
import type { FederatedUse } from './federated.ts'
import { heldBy, standingOf } from './standing.ts'
import type { Power, Standing } from './standing.ts'
import { above } from './tier-order.ts'
import { trustsOf } from './trust.ts'

type Result = ReadonlyMap<Id<'principal'>, Partial<EffectiveAccess>>

const ROOT: Partial<EffectiveAccess> = { tier: 'admin', reasons: ['no policy binds the root user of an account'] }

export const awsEvaluator: Evaluator = {
  system: 'aws',
  evaluate(facts: readonly Fact[], graph: IdentityGraph): Result {
    const result = new Map<Id<'principal'>, Partial<EffectiveAccess>>()
    for (const { id, nativeType } of graph.principals.values()) if (nativeType === 'iam-root') result.set(id, ROOT)
    const estate = awsEstate(facts, graph)
    if (estate.principals.length === 0) return result
    const standing = standingOfAll(estate)
    const trusts = trustsOf(estate, graph)
    const assumptions = new Assumptions(estate, trusts, (role) => standing.get(role.id)?.firm ?? 'none')
    const reached = new Map<string, Tier>([...standing].map(([id, { firm }]) => [id, firm]))
    const escalations = new Escalations(estate, trusts, assumptions, standing, reached)
    raiseUntilStable(estate, assumptions, escalations, reached)
    for (const principal of estate.principals) {
      const own = standing.get(principal.id)
      if (own !== undefined) result.set(principal.id, accessOf(principal, own, assumptions, escalations, reached))
    }
    for (const [id, uses] of usesByPrincipal(federatedUses(estate, trusts, graph))) {
      result.set(id, federatedAccess(uses, reached))
    }
    return result
  },
}

/** Principals that hold the same policies stand alike. */
function standingOfAll(estate: AwsEstate): Map<string, Standing> {
  const bySet = new Map<string, Standing>()
  const standing = new Map<string, Standing>()
  for (const principal of estate.principals) {
    const key =
      principal.setKey === undefined
        ? undefined
        : `${principal.set.holdings.map(({ path }) => path.join('/')).join('\n')}\n${principal.setKey}`
    const known = key === undefined ? undefined : bySet.get(key)
    const made = known ?? standingOf(principal)
    if (key !== undefined) bySet.set(key, made)
    standing.set(principal.id, made)
  }
  return standing
}

/**
 * Lifts every principal to the tier that it can come to, by role chaining or escalation, until nothing changes. Each
 * round looks only above what is reached; the order turns round, so that chains are not followed one link a round.
 */
function raiseUntilStable(
  estate: AwsEstate,
  assumptions: Assumptions,
  escalations: Escalations,
  reached: Map<string, Tier>,
): void {
  let order = [...estate.principals]
  for (let changed = true; changed; order = order.toReversed()) {
    changed = false
    escalations.rankTargets()
    for (const principal of order) {
      const now = reached.get(principal.id) ?? 'none'
      const tier = reachableTier(principal, now, assumptions, escalations, reached)
      if (!above(tier, now)) continue
      reached.set(principal.id, tier)
      changed = true
    }
  }
}

function reachableTier(
  principal: AwsPrincipal,
  now: Tier,
  assumptions: Assumptions,
  escalations: Escalations,
  reached: ReadonlyMap<string, Tier>,
): Tier {
  let tier = now
  if (tier === 'admin' || principal.type === 'group') return tier
  for (const { role, open } of assumptions.of(principal)) {
    const itsTier = reached.get(role.id) ?? 'none'
    if (open.length === 0 && above(itsTier, tier)) tier = itsTier
  }
  for (const ready of escalations.ready(principal)) {
    if (tier === 'admin') break
    if (ready.open.length > 0) continue
    const path = escalations.best(principal, ready, tier)
    if (path !== undefined && path.open.length === 0) tier = path.tier
  }
  return tier
}

function accessOf(
  principal: AwsPrincipal,
  own: Standing,
  assumptions: Assumptions,
  escalations: Escalations,
  reached: ReadonlyMap<string, Tier>,
): Partial<EffectiveAccess> {
  const chain = principal.type === 'group' ? [] : assumptions.chain(principal)
  const next = new Set(principal.type === 'group' ? [] : assumptions.of(principal).map(({ role }) => role.id))
  const paths = withoutDetours(
    escalations
      .ready(principal)
      .flatMap((ready) => escalations.best(principal, ready, escalations.floorOf(principal)) ?? []),
  )
  const sure = paths.filter((path) => path.open.length === 0)
  const come = reached.get(principal.id) ?? 'none'
  const tier = above(come, own.tier) ? come : own.tier
  const chained = chain.filter(({ role, open }) => open.length === 0 && reached.get(role.id) === tier)
  const reasons = [
    ...(own.tier === tier ? own.reasons : []),
    ...sure
      .filter((path) => path.tier === tier && tier !== own.tier)
      .map((path) => `can ${path.technique.title}, and so reach ${path.reaches}`),
    ...chained
      .filter(() => tier !== own.tier)
      .map(({ role, how }) => `can act as role \`${role.name}\` (${tier}): ${how}`),
  ]
  return {
    ...tierAndReasons(tier, [...new Set(reasons)].slice(0, 8), principal.unresolved),
    entitlements: entitlementsOf(principal),
    escalations: sure.map(pathOf),
    actsAs: chain.map((way) => ({ ...actsAs(way), ...(next.has(way.role.id) ? {} : { further: true }) })),
    powers: [...own.powers, ...conditionalPowers(paths), ...manyRoles(chain.length)],
    unresolved: principal.unresolved,
  }
}

/** Below high, a policy that could not be read may still give more: the tier is then not known. */
function tierAndReasons(
  tier: Tier,
  reasons: readonly string[],
  unresolved: readonly string[],
): Partial<EffectiveAccess> {
  if (unresolved.length === 0 || tier === 'high' || tier === 'admin')
    return { tier, reasons: reasons.length > 0 ? reasons : ['no policy of the input gives it a right'] }
  const named = unresolved
    .slice(0, 3)
    .map((arn) => `\`${arn}\``)
    .join(', ')
  return {
    tier: 'unknown',
    reasons: [`what ${named} gives is not in the input, or cannot be read`, `at least ${tier}`, ...reasons],
  }
}

const actsAs = ({ role, how, open }: Pick<FederatedUse, 'role' | 'how' | 'open'>): ActsAs => ({
  principalId: role.id,
  how,
  ...(open.length > 0 && { open }),
})

function pathOf(path: Path): EscalationPath {
  return {
    technique: path.technique.id,
    title: path.technique.title,
    steps: path.steps.map(({ action, resource, verdict }) => ({
      action,
      resource,
      because: verdict.by === undefined ? '' : heldBy({ policy: verdict.by.statement.policy, path: verdict.by.path }),
    })),
    reaches: path.reaches,
    ...(path.target === undefined ? {} : { reachesPrincipalId: path.target.id }),
    reachesTier: path.tier,
    ...placesOf(path),
  }
}

/** Where the policies behind the steps are written; those that AWS keeps are written nowhere in the input. */
function placesOf(path: Path): Pick<EscalationPath, 'provenance'> {
  const places = new Set(path.steps.flatMap(({ verdict }) => verdict.by?.statement.policy.provenance ?? []))
  return places.size === 0 ? {} : { provenance: [...places] }
}

/** A path that holds only if something does which files do not tell is no path; it is still worth knowing. */
function conditionalPowers(paths: readonly Path[]): Power[] {
  return paths
    .filter((path) => path.open.length > 0)
    .map((path) => ({
      power: 'conditional-escalation',
      detail: `${path.technique.id} to ${path.reaches}, if ${path.open.join(' and ')}`,
    }))
}

function manyRoles(count: number): Power[] {
  if (count < ASSUMPTIONS_MAX) return []
  return [{ power: 'assume-many-roles', detail: `can act as ${count} roles or more; not all are listed` }]
}

function federatedAccess(uses: readonly FederatedUse[], reached: ReadonlyMap<string, Tier>): Partial<EffectiveAccess> {
  const sure = uses.filter(({ open }) => open.length === 0)
  let best: { readonly tier: Tier; readonly use: FederatedUse } | undefined
  for (const use of sure) {
    const tier = reached.get(use.role.id) ?? 'none'
    if (best === undefined || above(tier, best.tier)) best = { tier, use }
  }
  return {
    ...(best === undefined
      ? {}
      : { tier: best.tier, reasons: [`acts as AWS role \`${best.use.role.name}\` (${best.tier})`] }),
    actsAs: uses.map(actsAs),
  }
}

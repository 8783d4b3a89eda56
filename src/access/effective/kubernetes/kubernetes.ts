// Effective rights of every Kubernetes subject: what its bindings give, how far that reaches, and whom it acts as.
import { kubernetesAction, kubernetesKind, kubernetesResource, refParts } from '#kernel'
import type { Fact, Id, Provenance, Ref } from '#kernel'
import type { IdentityGraph } from '#identity'
import type { EffectiveAccess, EscalationPath } from '../../entitlement.ts'
import type { Evaluator } from '../effective.ts'
import type { Cluster } from './cluster.ts'
import { clustersOf } from './cluster.ts'
import { Entitlements } from './entitlements.ts'
import type { Standing, Way } from './escalation.ts'
import { standings } from './escalation.ts'
import type { Held } from './holder.ts'
import { Holders } from './holder.ts'
import { powersOf } from './powers.ts'
import { inWords, stronger } from './strength.ts'
import { CAPABILITIES } from './capability.ts'
import { World } from './world.ts'

type PartialAccess = Partial<EffectiveAccess>

export const kubernetes: Evaluator = {
  system: 'kubernetes',
  evaluate(facts, graph) {
    const parts = new Map<Id<'principal'>, PartialAccess>()
    for (const cluster of clustersOf(facts).values()) {
      const standing = standingsOf(cluster)
      const entitlements = new Entitlements(cluster.name)
      for (const [subject, at] of standing) {
        const principalId = graph.principalOf(subject)
        if (principalId === undefined) continue
        parts.set(principalId, {
          ...accessOf(cluster, at, graph),
          entitlements: entitlements.of(at.holder, principalId),
        })
      }
      for (const [id, part] of workloadAccess(cluster, standing, graph)) if (!parts.has(id)) parts.set(id, part)
    }
    addCloudIdentities(facts, graph, parts)
    return parts
  },
}

/** Every subject, in the order of its name, so that the answer does not depend on the order of files. */
function standingsOf(cluster: Cluster): Map<Ref, Standing> {
  const holders = new Holders(cluster)
  const subjects = [...cluster.subjects].sort()
  return standings(
    new World(cluster, holders),
    subjects.map((subject) => holders.holder(subject)),
  )
}

function accessOf(cluster: Cluster, standing: Standing, graph: IdentityGraph): PartialAccess {
  const { holder, tier, ways } = standing
  const unresolved = holder.grants.filter((grant) => grant.role === undefined).map((grant) => inWords(grant))
  // without any binding in the input, nothing is known of what the account may do
  const unknown = tier === 'none' && (unresolved.length > 0 || cluster.bindings.size === 0)
  const [best] = ways
  return {
    tier: unknown ? 'unknown' : tier,
    reasons: unknown
      ? []
      : [
          ...(best !== undefined && stronger(tier, holder.direct.tier)
            ? [`${best.technique.title}: it reaches ${best.reaches}`]
            : []),
          holder.direct.because,
        ],
    escalations: ways.map((way) => pathOf(cluster, way, graph)),
    powers: powersOf(holder),
    unresolved,
  }
}

function pathOf(cluster: Cluster, way: Way, graph: IdentityGraph): EscalationPath {
  const reachesPrincipalId = way.subject === undefined ? undefined : graph.principalOf(way.subject)
  const provenance = new Set<Provenance>()
  for (const { grant } of way.edge.by) {
    for (const at of [grant.role?.provenance, grant.provenance]) if (at !== undefined) provenance.add(at)
  }
  return {
    technique: way.technique.id,
    title: way.technique.title,
    steps: way.edge.by.map((held) => ({
      action: kubernetesAction(held.verb),
      resource: resourceOf(cluster.name, held),
      because: inWords(held.grant),
    })),
    reaches: way.reaches,
    ...(reachesPrincipalId === undefined ? {} : { reachesPrincipalId }),
    reachesTier: way.reachesTier,
    provenance: [...provenance],
  }
}

const NAMES_SHOWN = 5

function resourceOf(cluster: string, held: Held): string {
  const ofCluster = Object.values(CAPABILITIES).some(
    ({ any, scope }) =>
      scope === 'cluster' &&
      any.some(
        (requests) => requests.group === held.group && requests.resources.some((name) => name === held.resource),
      ),
  )
  const namespace = ofCluster ? '' : held.namespace === '' ? '*' : held.namespace
  const name = held.names === undefined ? '*' : [...held.names].slice(0, NAMES_SHOWN).join(',')
  return kubernetesResource(cluster, namespace, kubernetesKind(held.resource, held.group), name)
}

/** A workload is as strong as the account whose token its pods hold. */
function* workloadAccess(
  cluster: Cluster,
  standing: ReadonlyMap<Ref, Standing>,
  graph: IdentityGraph,
): Generator<readonly [Id<'principal'>, PartialAccess]> {
  for (const { ref, account, mountsToken } of cluster.workloads) {
    const id = graph.principalOf(ref)
    const accountId = graph.principalOf(account)
    if (id === undefined || accountId === undefined || id === accountId) continue
    const name = refParts(account).id
    if (!mountsToken) {
      yield [id, { tier: 'none', reasons: [`runs as ${name}, but its pods do not mount the token`] }]
      continue
    }
    const tier = standing.get(account)?.tier ?? 'none'
    const unknown = tier === 'none' && cluster.bindings.size === 0
    yield [
      id,
      {
        tier: unknown ? 'unknown' : tier,
        reasons: unknown ? [] : [`runs as ${name}`],
        actsAs: [{ principalId: accountId, how: 'its pods run as this service account' }],
      },
    ]
  }
}

const HALF = ['the trust of the cloud identity agrees']

/** An annotation is one half of the way to a cloud identity; whether its trust agrees is the cloud's evaluator's to say. */
function addCloudIdentities(
  facts: readonly Fact[],
  graph: IdentityGraph,
  parts: Map<Id<'principal'>, PartialAccess>,
): void {
  for (const fact of facts) {
    if (fact.type !== 'relation' || fact.relation !== 'federates_to' || !('ref' in fact.from)) continue
    if (!fact.from.ref.startsWith('kubernetes')) continue
    const from = graph.principalOf(fact.from.ref)
    const to = graph.principalOf(fact.to)
    if (from === undefined || to === undefined) continue
    const part = parts.get(from) ?? {}
    const annotation = fact.attributes?.['annotation']
    const how = typeof annotation === 'string' ? `annotation \`${annotation}\`` : 'a statement of the input'
    const actsAs = [...(part.actsAs ?? []), { principalId: to, how, open: HALF }]
    parts.set(from, { ...part, actsAs })
  }
}

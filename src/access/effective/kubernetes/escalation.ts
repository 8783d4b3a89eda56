// How far each subject gets: the strongest principal that it can take over, directly or through others, and by which
// way. Work is linear in edges: tiers are settled from the strongest down, so each set of targets is opened once.
import { refParts } from '#kernel'
import type { Ref } from '#kernel'
import type { Tier } from '../../entitlement.ts'
import { TIERS } from '../../entitlement.ts'
import type { Edge } from './edge.ts'
import { targetKey } from './edge.ts'
import type { Holder } from './holder.ts'
import { rank, stronger } from './strength.ts'
import type { Technique } from './technique.ts'
import { TECHNIQUES } from './technique.ts'
import type { World } from './world.ts'

export interface Way {
  readonly technique: Technique
  readonly edge: Edge
  readonly reachesTier: Tier
  /** In words; `subject` where it is a principal of the input. */
  readonly reaches: string
  readonly subject?: Ref
}

export interface Standing {
  readonly holder: Holder
  /** With everything that it can reach. */
  readonly tier: Tier
  /** One per technique, strongest first; only ways to more than it directly holds. */
  readonly ways: readonly Way[]
}

interface Node {
  readonly name: string
  readonly subject?: Ref
  readonly holder?: Holder
  readonly keys: readonly string[]
  tier: Tier
  /** Through whom it got its tier, when not by itself. */
  parent?: Node
}

interface Step {
  readonly node: Node
  readonly technique: Technique
  readonly edge: Edge
}

/** Enough that one of them did not get its own strength from whoever asks. */
const WITNESSES_MAX = 8
const CHAIN_MAX = 64

export function standings(world: World, holders: readonly Holder[]): Map<Ref, Standing> {
  const nodes = holders.map((holder): Node => ({
    name: holder.name,
    subject: holder.subject,
    holder,
    keys: keysOf(holder.subject, world),
    tier: holder.direct.tier,
  }))
  const steps = new Map<Node, Step[]>()
  const waiting = new Map<string, Step[]>()
  for (const node of nodes) {
    const own = stepsOf(node, world)
    steps.set(node, own)
    for (const step of own) {
      const { to } = step.edge
      if ('tier' in to) {
        if (stronger(to.tier, node.tier)) node.tier = to.tier
        continue
      }
      const list = waiting.get(to.key)
      if (list === undefined) waiting.set(to.key, [step])
      else list.push(step)
    }
  }
  const witnesses = settle([...nodes, ...alwaysThere()], waiting)
  const result = new Map<Ref, Standing>()
  for (const node of nodes) {
    const { holder, subject, tier } = node
    if (holder === undefined || subject === undefined) continue
    result.set(subject, { holder, tier, ways: waysOf(node, holder, steps.get(node) ?? [], witnesses) })
  }
  return result
}

function stepsOf(node: Node, world: World): Step[] {
  const { holder } = node
  if (holder === undefined || holder.direct.tier === 'admin') return []
  return TECHNIQUES.flatMap((technique) =>
    [...technique.edges(holder, world)].map((edge): Step => ({ node, technique, edge })),
  )
}

/** Opens every key for its strongest member first; returns, per key, who can be reached through it. */
function settle(nodes: readonly Node[], waiting: ReadonlyMap<string, readonly Step[]>): Map<string, Node[]> {
  const witnesses = new Map<string, Node[]>()
  const done = new Set<Node>()
  for (const level of TIERS.toReversed()) {
    if (rank(level) < rank('medium')) break
    const queue = nodes.filter((node) => node.tier === level && !done.has(node))
    for (const node of queue) {
      if (done.has(node)) continue
      done.add(node)
      for (const key of node.keys) {
        const steps = waiting.get(key)
        if (steps === undefined) continue
        const known = witnesses.get(key)
        if (known !== undefined) {
          if (known.length < WITNESSES_MAX) known.push(node)
          continue
        }
        witnesses.set(key, [node])
        for (const step of steps) {
          if (!stronger(level, step.node.tier)) continue
          step.node.tier = level
          step.node.parent = node
          queue.push(step.node)
        }
      }
    }
  }
  return witnesses
}

function waysOf(
  node: Node,
  holder: Holder,
  steps: readonly Step[],
  witnesses: ReadonlyMap<string, readonly Node[]>,
): readonly Way[] {
  const best = new Map<string, Way>()
  for (const { technique, edge } of steps) {
    const way = wayOf(node, technique, edge, witnesses)
    if (way === undefined || !stronger(way.reachesTier, holder.direct.tier)) continue
    const earlier = best.get(technique.id)
    if (earlier === undefined || isBetter(way, earlier)) best.set(technique.id, way)
  }
  return [...best.values()].sort((a, b) => rank(b.reachesTier) - rank(a.reachesTier))
}

/** A stronger one; else one that names a principal of the input. */
function isBetter(way: Way, than: Way): boolean {
  if (way.reachesTier !== than.reachesTier) return stronger(way.reachesTier, than.reachesTier)
  return way.subject !== undefined && than.subject === undefined
}

function wayOf(
  node: Node,
  technique: Technique,
  edge: Edge,
  witnesses: ReadonlyMap<string, readonly Node[]>,
): Way | undefined {
  if ('tier' in edge.to) return { technique, edge, reachesTier: edge.to.tier, reaches: edge.to.reaches }
  const { place } = edge.to
  const target = witnesses.get(edge.to.key)?.find((witness) => !leadsThrough(witness, node))
  if (target === undefined) return undefined
  return {
    technique,
    edge,
    reachesTier: target.tier,
    reaches: `${target.name}, in ${place}`,
    ...(target.subject === undefined ? {} : { subject: target.subject }),
  }
}

/** Whether `node` is `of`, or got its strength through it: reaching oneself is no way up. */
function leadsThrough(node: Node, of: Node): boolean {
  let at: Node | undefined = node
  for (let length = 0; at !== undefined && length < CHAIN_MAX; length++) {
    if (at === of) return true
    at = at.parent
  }
  return at !== undefined
}

/** Every way by which this subject can be taken over. */
function keysOf(subject: Ref, world: World): readonly string[] {
  const { id } = refParts(subject)
  if (id.startsWith('user:')) return [targetKey('user', '', id.slice('user:'.length))]
  if (id.startsWith('group:')) return [targetKey('group', '', id.slice('group:'.length))]
  const [, , namespace = '', name = ''] = id.split(':')
  const keys = places('account', namespace, name)
  for (const kind of world.kindsIn(namespace)) keys.push(targetKey('beside', '', kind))
  for (const workload of world.workloadsOf(subject)) {
    const pod = workload.kind === 'StatefulSet' ? `StatefulSet/${workload.name}` : workload.name
    const byName = workload.kind === 'Pod' || workload.kind === 'StatefulSet'
    keys.push(...places('pod', workload.namespace, byName ? pod : undefined))
  }
  for (const secret of world.tokenSecretsOf(subject)) {
    const [, secretNamespace = '', secretName = ''] = secret.split('/')
    keys.push(...places('token', secretNamespace, secretName))
  }
  return [...new Set(keys)]
}

function places(kind: 'account' | 'pod' | 'token', namespace: string, name: string | undefined): string[] {
  const keys = [targetKey(kind, ''), targetKey(kind, namespace)]
  return name === undefined ? keys : [...keys, targetKey(kind, namespace, name), targetKey(kind, '', name)]
}

/**
 * Every cluster has these, whether the input shows them or not: the accounts of the controller manager, one of which
 * may escalate, and the static pods of the control plane; and secrets that let nodes join.
 */
function alwaysThere(): readonly Node[] {
  const of = (kind: 'account' | 'pod' | 'token'): string[] => places(kind, 'kube-system', undefined)
  const beside = ['Deployment', 'DaemonSet'].map((kind) => targetKey('beside', '', kind))
  return [
    {
      name: 'the controllers of the cluster',
      keys: [...of('account'), ...of('pod'), ...beside],
      tier: 'admin',
    },
    { name: 'the secrets of `kube-system`', keys: of('token'), tier: 'high' },
  ]
}

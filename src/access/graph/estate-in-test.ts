// A random estate, and the answers that plain search gives over it: no index, no columns, every path tried.
import { deriveId } from '#kernel'
import { covers as grantCovers } from '../decide/index.ts'
import { AccessGraph } from './access-graph.ts'
import { covers, together } from './covers.ts'
import type { Covered } from './covers.ts'
import { STEPS_MAX } from './walk.ts'
import type { GraphChange, HeldRight, HeldWay } from './records.ts'

export type Random = (below: number) => number

export const principal = (name: number | string): string => deriveId('principal', String(name))

const ACTIONS = ['aws:s3:GetObject', 'aws:s3:PutObject', 'aws:iam:PassRole', 'k8s:get', 'pg:SELECT']
const PATTERNS = ['aws:s3:*', 'aws:S3:getobject', 'aws:*', '*', 'k8s:*', ...ACTIONS]
const RESOURCES = ['arn:aws:s3:::a/x', 'arn:aws:s3:::b/y', 'k8s://c/ns/secrets/s', 'pg://m/s/t']
const PLACES = ['arn:aws:s3:::a/*', 'arn:aws:s3:::*', '*', 'k8s://c/*/*/*', 'k8s://c/ns/secrets/*', ...RESOURCES]

const pick = <T>(random: Random, from: readonly T[]): T => from[random(from.length)] as T

export function randomRight(random: Random, id: number, principals: number): HeldRight {
  const granted = random(6) === 0
  const conditions = random(5) === 0 ? { Condition: { Bool: { x: 'true' } } } : undefined
  return {
    id: deriveId(granted ? 'grant' : 'entitlement', String(id)),
    principalId: principal(random(principals)),
    effect: !granted && random(5) === 0 ? 'deny' : 'allow',
    system: 'aws',
    permission: `p${random(5)}`,
    actions: [pick(random, granted ? ACTIONS : PATTERNS)],
    resources: [pick(random, granted ? RESOURCES : PLACES)],
    level: pick(random, ['read', 'write', 'unknown'] as const),
    path: random(3) === 0 ? [`group g${random(3)}`] : [],
    ...(conditions !== undefined && !granted && { conditions }),
    ...(granted && { from: random(10), until: 5 + random(10) }),
  }
}

export function randomWay(random: Random, id: number, principals: number): HeldWay {
  const nobody = random(8) === 0
  return {
    id: deriveId('way', String(id)),
    principalId: principal(random(principals)),
    kind: nobody || random(4) === 0 ? 'escalation' : 'acts_as',
    how: `way ${id}`,
    open: random(3) === 0 ? ['something holds'] : [],
    ...(nobody ? { reaches: 'everything' } : { reachesPrincipalId: principal(random(principals)) }),
  }
}

export function question(random: Random): { readonly action: string; readonly resource: string } {
  return { action: pick(random, ACTIONS), resource: pick(random, RESOURCES) }
}

export function graphOf(changes: Iterable<GraphChange>): AccessGraph {
  const graph = new AccessGraph()
  for (const change of changes) graph.apply(change)
  return graph
}

export interface Estate {
  readonly rights: ReadonlyMap<string, HeldRight>
  readonly ways: ReadonlyMap<string, HeldWay>
}

/** By principal: covered, and the fewest steps. Searched path by path, over sets. */
export function whoCanPlainly(
  { rights, ways }: Estate,
  { action, resource, now, escalations }: { action: string; resource: string; now: number; escalations: boolean },
): Map<string, string> {
  const own = new Map<string, Covered>()
  for (const id of new Set([...rights.values()].map(({ principalId }) => principalId))) {
    const held = [...rights.values()].filter(({ principalId }) => principalId === id)
    const granted = held.some(
      ({ from, until, actions, resources }) =>
        from !== undefined &&
        from <= now &&
        now < (until ?? Infinity) &&
        grantCovers(actions[0] ?? '', action) &&
        grantCovers(resources[0] ?? '', resource),
    )
    const stated = held
      .filter(({ from }) => from === undefined)
      .map((right) => ({ effect: right.effect, covered: covers(right, action, resource) }))
    own.set(id, granted ? 'yes' : together(stated))
  }
  const found = new Map<string, string>()
  for (const covered of ['yes', 'unknown'] as const) {
    const follow = [...ways.values()].filter(
      ({ kind, open }) => (escalations || kind === 'acts_as') && (covered === 'unknown' || open.length === 0),
    )
    const distance = new Map<string, number>()
    for (const [id, held] of own) if (held === 'yes' || (covered === 'unknown' && held !== 'no')) distance.set(id, 0)
    for (let changed = true; changed;) {
      changed = false
      for (const { principalId, reachesPrincipalId } of follow) {
        const further = (distance.get(reachesPrincipalId ?? '') ?? Infinity) + 1
        if (further >= (distance.get(principalId) ?? Infinity) || further > STEPS_MAX) continue
        distance.set(principalId, further)
        changed = true
      }
    }
    for (const [id, steps] of distance) if (!found.has(id)) found.set(id, `${covered} ${steps}`)
  }
  return found
}

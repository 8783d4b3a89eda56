// What one would write first: a map of sets for each way to ask, over the records as they are.
import { covers, together } from '../src/access/graph/covers.ts'
import type { Covered } from '../src/access/graph/covers.ts'
import type { GraphChange, HeldRight, HeldWay } from '../src/access/graph/records.ts'
import { STEPS_MAX } from '../src/access/graph/walk.ts'

export class MapsOfSets {
  readonly #rights = new Map<string, HeldRight>()
  readonly #byAction = new Map<string, Set<HeldRight>>()
  readonly #byHolder = new Map<string, Set<HeldRight>>()
  readonly #out = new Map<string, Set<HeldWay>>()
  readonly #in = new Map<string, Set<HeldWay>>()

  apply(change: GraphChange): void {
    if ('gone' in change) return
    if (change.put === 'right') this.#putRight(change.right)
    else {
      into(this.#out, change.way.principalId, change.way)
      into(this.#in, change.way.reachesPrincipalId ?? '', change.way)
    }
  }

  #putRight(right: HeldRight): void {
    const before = this.#rights.get(right.id)
    this.#rights.set(right.id, right)
    if (before !== undefined) {
      for (const action of before.actions) this.#byAction.get(action)?.delete(before)
      this.#byHolder.get(before.principalId)?.delete(before)
    }
    for (const action of right.actions) into(this.#byAction, action, right)
    into(this.#byHolder, right.principalId, right)
  }

  whoCan(action: string, resource: string): Map<string, Covered> {
    const stated = new Map<string, { effect: 'allow' | 'deny'; covered: Covered }[]>()
    for (const [pattern, rights] of this.#byAction) {
      if (pattern !== action && !pattern.endsWith('*')) continue
      for (const right of rights) {
        const covered = covers(right, action, resource)
        if (covered === 'no') continue
        const list = stated.get(right.principalId) ?? []
        list.push({ effect: right.effect, covered })
        stated.set(right.principalId, list)
      }
    }
    const own = [...stated].map(([id, list]) => [id, together(list)] as const)
    const found = new Map<string, Covered>()
    for (const covered of ['unknown', 'yes'] as const) {
      const start = own.flatMap(([id, held]) => (held === 'yes' || held === covered ? id : []))
      for (const id of walk(start, this.#in, ({ principalId }) => principalId)) found.set(id, covered)
    }
    return found
  }

  reach(principalId: string): Set<string> {
    const reached = walk([principalId], this.#out, ({ reachesPrincipalId }) => reachesPrincipalId ?? '')
    reached.delete(principalId)
    return reached
  }
}

function walk(
  start: readonly string[],
  edges: Map<string, Set<HeldWay>>,
  other: (way: HeldWay) => string,
): Set<string> {
  const reached = new Set(start)
  let ring = [...start]
  for (let steps = 0; steps < STEPS_MAX && ring.length > 0; steps++) {
    const next: string[] = []
    for (const id of ring) {
      for (const way of edges.get(id) ?? []) {
        const to = other(way)
        if (reached.has(to)) continue
        reached.add(to)
        next.push(to)
      }
    }
    ring = next
  }
  return reached
}

function into<T>(map: Map<string, Set<T>>, key: string, value: T): void {
  const set = map.get(key)
  if (set === undefined) map.set(key, new Set([value]))
  else set.add(value)
}

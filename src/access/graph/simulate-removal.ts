// Replay without some of the rights that sources say somebody holds: which uses would come out otherwise. Pure. `simulate` is
// the same for what Reeve decides itself: grants, principals, policies.
import type { Entitlement } from '../entitlement.ts'
import { covers, together } from './covers.ts'
import type { Covered } from './covers.ts'

export type HeldRight = Pick<
  Entitlement,
  'id' | 'principalId' | 'effect' | 'actions' | 'resources' | 'level' | 'conditions'
>

export interface UsedRight {
  readonly principalId: string
  readonly action: string
  readonly resource: string
  readonly count?: number
}

/** `unknown` is an outcome of its own: what was known to be covered and no longer is, has changed. */
export interface RemovalFlip {
  readonly used: UsedRight
  readonly before: Covered
  readonly after: Covered
}

/** In the order of what was used. `removed`: ids of rights; to remove a denial may allow what it denied. */
export function simulateRemoval(
  rights: Iterable<HeldRight>,
  removed: ReadonlySet<string>,
  used: Iterable<UsedRight>,
): readonly RemovalFlip[] {
  const byPrincipal = Map.groupBy(rights, ({ principalId }) => principalId as string)
  const flips: RemovalFlip[] = []
  for (const one of used) {
    const held = byPrincipal.get(one.principalId) ?? []
    // nobody's uses change where nothing is taken from them
    if (!held.some(({ id }) => removed.has(id))) continue
    const judged = held.map((right) => ({
      id: right.id,
      effect: right.effect,
      covered: covers(right, one.action, one.resource),
    }))
    const [before, after] = [together(judged), together(judged.filter(({ id }) => !removed.has(id)))]
    if (before !== after) flips.push({ used: one, before, after })
  }
  return flips
}

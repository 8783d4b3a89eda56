// Who is whose manager: walking up past those who left, and circles in which nobody is at the top.
import type { Id } from '#kernel'
import type { PersonStatus } from '../record/people-records.ts'

export interface PersonNode {
  readonly id: Id<'person'>
  readonly feedId: string
  readonly status: PersonStatus
  readonly managerFeedId?: string
  readonly teamFeedId?: string
}

/** Why there is nobody to propose. */
export type NoManager = 'none_named' | 'not_in_the_roll' | 'in_a_circle' | 'all_left_or_away'

export type FoundManager = { readonly id: Id<'person'>; readonly above: number } | { readonly why: NoManager }

/**
 * The nearest manager above who is active. One who left or is away cannot accept, so the walk goes on; it ends in a circle
 * after each has been asked once.
 */
export function activeManagerOf(from: PersonNode, people: ReadonlyMap<string, PersonNode>): FoundManager {
  const asked = new Set([from.feedId])
  let managerFeedId = from.managerFeedId
  let above = 0
  while (managerFeedId !== undefined) {
    if (asked.has(managerFeedId)) return { why: 'in_a_circle' }
    asked.add(managerFeedId)
    const manager = people.get(managerFeedId)
    above++
    if (manager === undefined) return { why: 'not_in_the_roll' }
    if (manager.status === 'active') return { id: manager.id, above }
    managerFeedId = manager.managerFeedId
  }
  return { why: above === 0 ? 'none_named' : 'all_left_or_away' }
}

/** Each circle once, as feed ids in the order of "is managed by", beginning with the least. Linear. */
export function managerCircles(people: ReadonlyMap<string, { readonly managerFeedId?: string }>): string[][] {
  const walk = new Map<string, number>()
  const circles: string[][] = []
  let number = 0
  for (const start of people.keys()) {
    number++
    let at: string | undefined = start
    while (at !== undefined && people.has(at) && !walk.has(at)) {
      walk.set(at, number)
      at = people.get(at)?.managerFeedId
    }
    if (at !== undefined && walk.get(at) === number) circles.push(circleFrom(at, people))
  }
  return circles.sort((a, b) => ((a[0] ?? '') < (b[0] ?? '') ? -1 : 1))
}

function circleFrom(start: string, people: ReadonlyMap<string, { readonly managerFeedId?: string }>): string[] {
  const circle = [start]
  for (
    let at = people.get(start)?.managerFeedId;
    at !== undefined && at !== start;
    at = people.get(at)?.managerFeedId
  ) {
    circle.push(at)
  }
  const least = circle.indexOf([...circle].sort()[0] ?? start)
  return [...circle.slice(least), ...circle.slice(0, least)]
}

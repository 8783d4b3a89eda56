// Whether leavers are too many to be believed at once. Pure.
import type { IdentitySettings } from '../operation.ts'
import type { PersonChange, RollOfPeople } from './feed-plan.ts'

/** A leaver part that waits for a person's word. */
export interface HeldLeavers {
  readonly leavers: number
  /** How many of them are only absent from the feed. */
  readonly missing: number
  /** Who left within a day already, where those count along: all feeds together. */
  readonly leftBefore: number
  /** Of how many: the people of this source who have not left, or those whom the roll had when the day began. */
  readonly people: number
  readonly shareMax: number
  readonly personIds: readonly string[]
}

/**
 * Two bounds: leavers of this source against its people, and all leavers of a day against the people of the roll, so that
 * many small feeds are not let through where one large one is held. INVARIANT: leavers that are held stay held, whoever
 * joins meanwhile: the share is of those who were there when they were held first. A person confirms them, or the source
 * takes back what it said. Without a source only the second bound counts. A complete feed without anybody is always held.
 */
export function heldOf(
  leaving: readonly PersonChange[],
  source: string | undefined,
  roll: RollOfPeople,
  settings: IdentitySettings,
  emptied: boolean,
): HeldLeavers | undefined {
  if (leaving.length === 0) return undefined
  const here = [...roll.people.values()].filter(({ data }) => data.source === source && data.status !== 'leaver').length
  const personIds = leaving.flatMap(({ current }) => (current === undefined ? [] : [current.id])).sort()
  const before = new Set(roll.heldBefore?.personIds)
  const counts = roll.heldBefore?.recent === true || personIds.some((id) => before.has(id))
  const people = counts ? (roll.heldBefore?.people ?? Infinity) : Infinity
  const tooMany = (left: number, of: number): boolean =>
    left >= settings.leaverCountMin && left > settings.leaverShareMax * Math.min(of, people)
  const { window } = roll
  const bySource = emptied || (source !== undefined && tooMany(leaving.length, here))
  if (!bySource && !tooMany(leaving.length + window.left, window.people)) return undefined
  return {
    leavers: leaving.length,
    missing: leaving.filter((change) => change.missing === true).length,
    leftBefore: bySource ? 0 : window.left,
    people: Math.min(bySource ? here : window.people, people),
    shareMax: settings.leaverShareMax,
    personIds,
  }
}

/**
 * Who leaves and who is held: all where they are too many, else those who are guarded, since a machine does not take away who
 * administers the roll.
 */
export function boundOn(
  { leaving, guarded }: { readonly leaving: readonly PersonChange[]; readonly guarded: ReadonlySet<string> },
  tooMany: (leaving: readonly PersonChange[]) => HeldLeavers | undefined,
): { readonly applied: readonly PersonChange[]; readonly held?: HeldLeavers } {
  const isGuarded = ({ current }: PersonChange): boolean => current !== undefined && guarded.has(current.id)
  const waiting = leaving.filter(isGuarded)
  const free = leaving.filter((change) => !isGuarded(change))
  if (tooMany(free) !== undefined) {
    const held = tooMany(leaving)
    return { applied: [], ...(held !== undefined && { held }) }
  }
  if (waiting.length === 0) return { applied: free }
  return {
    applied: free,
    held: {
      leavers: waiting.length,
      missing: waiting.filter((change) => change.missing === true).length,
      leftBefore: 0,
      people: waiting.length,
      shareMax: 0,
      personIds: waiting.flatMap(({ current }) => (current === undefined ? [] : [current.id])).sort(),
    },
  }
}

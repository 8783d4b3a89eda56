// What a feed means for the roll, before anything is written: who joins, who moved, who left, and whether the leavers are
// too many to be believed at once. Pure.
import { isId } from '#kernel'
import type { Current } from '#db/history'
import type { IdentitySettings } from '../operation.ts'
import type { PersonRecord, TeamRecord } from '../record/people-records.ts'
import { FIRST_ADMINISTRATORS } from './adopt.ts'
import type { Adoption } from './adopt.ts'
import { LEFT_OUT } from './feed-rows.ts'
import type { FeedProblem, FeedRows, PersonRow, TeamRow } from './feed-rows.ts'
import { boundOn, heldOf } from './leaver-bound.ts'
import type { HeldLeavers } from './leaver-bound.ts'
import type { LeaverWindow } from './leaver-window.ts'
import { withoutSharedEmails } from './shared-emails.ts'

export type CurrentPerson = Current<PersonRecord>
export type CurrentTeam = Current<TeamRecord>

/**
 * `left` covers those whose row says so and those who are missing from a complete feed. One who had left already when the
 * roll hears of them first has `joined` it.
 */
export interface PersonChange {
  readonly what: 'joined' | 'changed' | 'moved' | 'returned' | 'left'
  readonly current?: CurrentPerson
  /** Without `principalId`; of one who is missing, the record as it is with its new status. */
  readonly next: Omit<PersonRecord, 'principalId'>
  /** Names of the fields that differ. */
  readonly fields: readonly string[]
  readonly missing?: true
}

export interface TeamChange {
  readonly current?: CurrentTeam
  readonly next: TeamRecord
}

export interface FeedPlan {
  /** Leavers first. */
  readonly people: readonly PersonChange[]
  readonly teams: readonly TeamChange[]
  readonly held?: HeldLeavers
  /** What would be held, had a person not confirmed it. */
  readonly confirmed?: HeldLeavers
  /** People of this source who are not in the complete feed. */
  readonly missing: readonly CurrentPerson[]
  readonly unchanged: number
  readonly problems: readonly FeedProblem[]
}

export interface RollOfPeople {
  readonly people: ReadonlyMap<string, CurrentPerson>
  readonly teams: ReadonlyMap<string, CurrentTeam>
  readonly window: LeaverWindow
  /** Who was held the last time that this source sent a feed. */
  readonly heldBefore?: {
    readonly personIds: readonly string[]
    readonly people: number
    /** Within the last day: how many there were then counts, whoever joined since. */
    readonly recent: boolean
  }
}

export function planFeed(
  { rows, roll, renamed }: Adoption,
  settings: IdentitySettings,
  confirmLeavers: boolean,
  /** Whose leaving waits for a person's word whatever the bound: ids of persons. */
  guarded: ReadonlySet<string> = new Set(),
): FeedPlan {
  const problems = [...rows.problems]
  const people = withoutSharedEmails(rows.people, roll.people, problems)
  const changes = [...people.values()].flatMap((row) => changeOf(row, roll.people.get(row.feedId), problems, renamed))
  const missing = rows.complete
    ? [...roll.people.values()].filter(
        ({ data }) => data.source === rows.source && data.status !== 'leaver' && !rows.people.has(data.feedId),
      )
    : []
  const leaving = [...changes.filter(({ what }) => what === 'left'), ...missing.map(absent)]
  const bound = boundOn({ leaving, guarded: confirmLeavers ? new Set() : guarded }, (of) =>
    heldOf(of, rows.source, roll, settings, rows.people.size === 0),
  )
  const held = confirmLeavers ? undefined : bound.held
  const applied = confirmLeavers ? leaving : bound.applied
  const others = changes.filter(({ what }) => what !== 'left')
  return {
    people: [...applied, ...others],
    teams: teamChanges(rows, people, roll, problems),
    ...(held === undefined ? {} : { held }),
    ...(confirmLeavers && bound.held !== undefined ? { confirmed: bound.held } : {}),
    missing,
    unchanged: people.size - changes.length,
    problems,
  }
}

function absent(current: CurrentPerson): PersonChange {
  return { what: 'left', current, next: { ...current.data, status: 'leaver' }, fields: ['status'], missing: true }
}

const FIELDS = [
  'name',
  'emails',
  'handles',
  'managerFeedId',
  'teamFeedId',
  'status',
  'startAt',
  'endAt',
] as const satisfies readonly (keyof PersonRecord)[]

function changeOf(
  row: PersonRow,
  current: CurrentPerson | undefined,
  problems: FeedProblem[],
  renamed: ReadonlySet<string>,
): PersonChange[] {
  const { place, ...next } = row
  if (current === undefined) return [{ what: 'joined', next, fields: [] }]
  const before = current.data
  // a status that the feed does not say changes none that is known
  const status = next.status === 'unknown' ? before.status : next.status
  const said = { ...next, status }
  const differs = FIELDS.filter((field) => JSON.stringify(said[field]) !== JSON.stringify(before[field]))
  const adopted = before.source === FIRST_ADMINISTRATORS && row.source !== FIRST_ADMINISTRATORS
  const fields = [...differs, ...(adopted ? ['source'] : []), ...(renamed.has(row.feedId) ? ['feedId'] : [])]
  if (fields.length === 0) return []
  if (before.source !== row.source && !adopted) {
    problems.push({ ...place, message: ofAnotherSource(row.feedId, before, said), ...LEFT_OUT })
    return []
  }
  return [{ what: whatOf(before, said), current, next: said, fields }]
}

function ofAnotherSource(feedId: string, before: PersonRecord, said: Omit<PersonRecord, 'principalId'>): string {
  const leaves = said.status === 'leaver' && before.status !== 'leaver'
  const lost = leaves ? 'they have NOT left in the roll: this row was left out' : 'this row was left out'
  const next = isId('connection', before.source)
    ? `correct what the connection ${before.source} reads, and run it`
    : `send it as that source (--source ${before.source})`
  return `\`${feedId}\` comes from the source \`${before.source}\`, and ${lost}; ${next}`
}

function whatOf(before: PersonRecord, said: Omit<PersonRecord, 'principalId'>): PersonChange['what'] {
  if (said.status === 'leaver' && before.status !== 'leaver') return 'left'
  if (said.status !== 'leaver' && before.status === 'leaver') return 'returned'
  const moved = said.teamFeedId !== before.teamFeedId || said.managerFeedId !== before.managerFeedId
  return moved ? 'moved' : 'changed'
}

/** Teams of the feed, and those that its people only name. */
function teamChanges(
  rows: FeedRows,
  people: ReadonlyMap<string, PersonRow>,
  roll: RollOfPeople,
  problems: FeedProblem[],
): TeamChange[] {
  const wanted = new Map<string, TeamRecord & { readonly place?: FeedProblem }>(rows.teams)
  for (const { teamFeedId, source } of people.values()) {
    if (teamFeedId === undefined || wanted.has(teamFeedId) || roll.teams.has(teamFeedId)) continue
    wanted.set(teamFeedId, { feedId: teamFeedId, name: teamFeedId, source })
  }
  return [...wanted.values()].flatMap(({ place, ...next }: Partial<TeamRow> & TeamRecord): TeamChange[] => {
    const current = roll.teams.get(next.feedId)
    if (current === undefined) return [{ next }]
    const same = current.data.name === next.name && current.data.leadFeedId === next.leadFeedId
    if (same) return []
    if (current.data.source === next.source) return [{ current, next }]
    if (place !== undefined) {
      const message = `the team \`${next.feedId}\` comes from another source and differs there: this row was left out`
      problems.push({ ...place, message, ...LEFT_OUT })
    }
    return []
  })
}

// The people and teams of the roll as a feed is compared with them.
import { sql } from '#db'
import type { Tx } from '#db'
import { CURRENT } from '#db/history'
import type { Act, Instant } from '#kernel'
import { msAfter, newId } from '#kernel'
import { appendEntry } from '#evidence/port'
import { optional } from '../layer.ts'
import type { Adoption } from './adopt.ts'
import type { CurrentPerson, CurrentTeam, FeedPlan, RollOfPeople } from './feed-plan.ts'
import type { HeldLeavers } from './leaver-bound.ts'
import { readLeaverWindow } from './leaver-window.ts'
import { humanRef } from './human-principal.ts'
import { LEFT_OUT } from './feed-rows.ts'
import type { FeedRows } from './feed-rows.ts'
import type { PersonNode } from './managers.ts'

/** One feed after another, whatever its source: who is whose manager crosses sources. */
export async function holdFeeds(tx: Tx): Promise<void> {
  await tx.execute(sql`select pg_advisory_xact_lock(hashtextextended('identity people feed', 0))`)
}

const DAY_MS = 86_400_000

export async function readRollOfPeople(tx: Tx, source: string, at: Instant): Promise<RollOfPeople> {
  const people = await tx.query<CurrentPerson>(sql`select ${CURRENT} from identity.person order by id`)
  const teams = await tx.query<CurrentTeam>(sql`select ${CURRENT} from identity.team order by id`)
  const dayAgo = msAfter(at, -DAY_MS)
  const [heldBefore] = await tx.query<{ personIds: string[]; people: number; recent: boolean }>(sql`
    select person_ids as "personIds", people, held_at > ${dayAgo}::timestamptz as recent
    from identity.feed_hold where source = ${source}`)
  return {
    people: new Map(people.map((person) => [person.data.feedId, person])),
    teams: new Map(teams.map((team) => [team.data.feedId, team])),
    window: await readLeaverWindow(tx, at),
    ...optional('heldBefore', heldBefore),
  }
}

/** Everybody by feed id, as far as the walk up the managers needs them. */
export async function readPersonNodes(tx: Tx): Promise<Map<string, PersonNode>> {
  const rows = await tx.query<{
    id: PersonNode['id']
    feedId: string
    status: PersonNode['status']
    up: string | null
  }>(sql`select id, feed_id as "feedId", status, manager_feed_id as up from identity.person`)
  return new Map(
    rows.map(({ id, feedId, status, up }) => [
      feedId,
      { id, feedId, status, ...optional('managerFeedId', up ?? undefined) },
    ]),
  )
}

/** Rows whose identifier (`people:id`) somebody registered by hand already: joining them is a person's decision. */
export async function withoutTakenRefs(tx: Tx, { rows, roll, renamed }: Adoption): Promise<FeedRows> {
  const joining = [...rows.people.keys()].filter((feedId) => !roll.people.has(feedId) || renamed.has(feedId))
  const taken = await tx.query<{ ref: string; recordId: string }>(sql`
    select ref, record_id as "recordId" from identity.ref where ref = any(${joining.map(humanRef)}::text[])`)
  if (taken.length === 0) return rows
  const people = new Map(rows.people)
  const problems = [...rows.problems]
  const holders = new Map(taken.map(({ ref, recordId }) => [ref, recordId]))
  for (const feedId of joining) {
    const holder = holders.get(humanRef(feedId))
    const row = people.get(feedId)
    if (holder === undefined || row === undefined) continue
    people.delete(feedId)
    problems.push({
      ...row.place,
      message: `${holder} has the identifier of \`${feedId}\`: the row was left out`,
      ...LEFT_OUT,
    })
  }
  return { ...rows, people, problems, complete: false }
}

/** Everybody as the whole plan leaves them, by feed id. */
export function peopleAfter(
  roll: RollOfPeople,
  plan: FeedPlan,
  idOf: (feedId: string) => PersonNode['id'],
): Map<string, PersonNode> {
  const after = new Map<string, PersonNode>()
  const set = (id: string, { feedId, status, managerFeedId, teamFeedId }: Omit<PersonNode, 'id'>): void => {
    const nodeId = id as PersonNode['id']
    after.set(feedId, {
      id: nodeId,
      feedId,
      status,
      ...optional('managerFeedId', managerFeedId),
      ...optional('teamFeedId', teamFeedId),
    })
  }
  for (const { id, data } of roll.people.values()) set(id, data)
  for (const { current, next } of plan.people) set(current?.id ?? idOf(next.feedId), next)
  return after
}

/** More people than any roll has. */
const MOST = 2_000_000_000

/**
 * Keeps who is held, so that they stay so; an entry is written when that changes. `unnamed` were held before and this feed says
 * nothing of them: a feed of others does not let them go.
 */
export async function keepHold(
  tx: Tx,
  act: Act,
  source: string,
  before: RollOfPeople['heldBefore'],
  hold: { readonly held: HeldLeavers | undefined; readonly unnamed: readonly string[]; readonly confirmed?: boolean },
): Promise<void> {
  const { held, unnamed, confirmed = false } = hold
  const personIds = [...new Set([...unnamed, ...(held?.personIds ?? [])])].sort()
  // for a day it is remembered how many there were, though nobody is held any more
  const remembered = before !== undefined && !confirmed && (before.recent || unnamed.length > 0)
  if (personIds.length === 0 && !remembered) {
    if (before !== undefined) await tx.execute(sql`delete from identity.feed_hold where source = ${source}`)
    return
  }
  // who administers is held alone, whatever the bound: that says nothing of how many there are
  const bounded = held !== undefined && held.shareMax > 0 ? held.people : Infinity
  const people = Math.min(bounded, remembered ? before.people : Infinity, MOST)
  if (before !== undefined && before.people === people && sameIds(before.personIds, personIds)) return
  await tx.execute(sql`
    insert into identity.feed_hold (source, person_ids, people, held_at)
    values (${source}, ${personIds}::text[], ${people}, ${act.at})
    on conflict (source) do update
    set person_ids = excluded.person_ids, people = excluded.people,
        held_at = case when ${held === undefined} then feed_hold.held_at else excluded.held_at end`)
  if (held !== undefined) await noteLeavers(tx, act, source, 'people_feed.held', held)
}

/** Of those who were held, whom this feed neither names nor, being complete, takes back by leaving the matter alone. */
export function unnamedOf({ people, heldBefore }: RollOfPeople, rows: FeedRows, confirmed: boolean): readonly string[] {
  if (heldBefore === undefined || confirmed || rows.complete) return []
  const named = new Set([...people.values()].flatMap(({ id, data }) => (rows.people.has(data.feedId) ? [id] : [])))
  const left = new Set([...people.values()].flatMap(({ id, data }) => (data.status === 'leaver' ? [id] : [])))
  return heldBefore.personIds.filter((id) => !named.has(id) && !left.has(id))
}

/** That so many would leave, or that a person said that they did. */
export async function noteLeavers(
  tx: Tx,
  act: Act,
  source: string,
  type: 'people_feed.held' | 'people_feed.confirmed',
  { leavers, missing, leftBefore, people, shareMax }: HeldLeavers,
): Promise<void> {
  await appendEntry(tx, {
    id: newId('entry'),
    layer: tx.layer,
    type,
    at: act.at,
    actor: act.actor.id,
    ...optional('onBehalfOf', act.actor.onBehalfOf),
    subjects: [],
    ...optional('reason', act.reason),
    content: { source, leavers, missing, leftBefore, people, shareMax },
  })
}

const sameIds = (a: readonly string[], b: readonly string[]): boolean =>
  a.length === b.length && a.every((id, at) => id === b[at])

// Joiner, mover, leaver: a people feed becomes changes of the roll. A feed that was applied changes nothing when it comes
// again, and one that was broken off goes on where it stopped.
import { isId } from '#kernel'
import type { Act, Id } from '#kernel'
import { sql } from '#db'
import type { Tx } from '#db'
import { operate } from '../operation.ts'
import type { IdentityLayer } from '../operation.ts'
import { adoptByEmail } from './adopt.ts'
import { feedRows } from './feed-rows.ts'
import type { FeedProblem, FeedRows, PeopleFeed } from './feed-rows.ts'
import { PROBLEMS_MAX, together } from './feed-outcome.ts'
import type { FeedOutcome, LeaverOutcome, MoverOutcome } from './feed-outcome.ts'
import { planFeed } from './feed-plan.ts'
import type { FeedPlan, PersonChange } from './feed-plan.ts'
import { personIdOf } from './human-principal.ts'
import { readKnownCredentials } from './known-credentials.ts'
import { leaveParties } from './leave-parties.ts'
import type { GoneParty, PartyLoss } from './leave-parties.ts'
import { activeManagerOf, managerCircles } from './managers.ts'
import type { PersonNode } from './managers.ts'
import { holdFeeds, keepHold, noteLeavers, peopleAfter, readRollOfPeople, withoutTakenRefs } from './read-people.ts'
import { emptiedTeams } from './emptied-teams.ts'
import { writePeople, writeTeams } from './write-people.ts'

export interface FeedToApply extends PeopleFeed {
  /** A person has looked at the leavers that were held, and they did leave. */
  readonly confirmLeavers?: boolean
}

/** People that one transaction changes; with what they own it stays within seconds. */
const CHANGES_MAX = 5000

/**
 * Applies a feed: in one transaction, or in several of `changesMax` people each, leavers first. Each transaction is whole:
 * a leaver and what they owned change together. Bad rows are problems with their line; the rest applies.
 */
export async function applyPeopleFeed(
  identity: IdentityLayer,
  act: Act,
  feed: FeedToApply,
  changesMax = CHANGES_MAX,
): Promise<FeedOutcome> {
  const rows = feedRows(feed, act.at)
  let outcome: FeedOutcome | undefined
  for (let step = 0; ; step++) {
    const { idempotency, ...rest } = act
    const keyed =
      idempotency === undefined ? rest : { ...rest, idempotency: { ...idempotency, key: keyOf(idempotency.key, step) } }
    const changed: Id<'principal'>[] = []
    const made = await operate(identity, keyed, async (tx) => {
      changed.length = 0
      return await applyStep(tx, identity, act, rows, { ...feed, changesMax, first: step === 0 }, changed)
    })
    if (changed.length > 0) identity.onPrincipalChanged?.(changed)
    outcome = together(outcome, made)
    if (made.remaining === 0) return outcome
  }
}

const keyOf = (key: string, step: number): string => (step === 0 ? key : `${key} step ${step}`)

/** What `applyPeopleFeed` would do, from the same code: it is done in a transaction that is rolled back. */
export async function previewPeopleFeed(identity: IdentityLayer, act: Act, feed: FeedToApply): Promise<FeedOutcome> {
  const rows = feedRows(feed, act.at)
  let outcome: FeedOutcome | undefined
  const backOut = new Error('a preview writes nothing')
  try {
    await identity.db.transaction(
      async (tx) => {
        const changesMax = Number.POSITIVE_INFINITY
        outcome = await applyStep(tx, identity, act, rows, { ...feed, changesMax, first: true }, [])
        throw backOut
      },
      { statementTimeoutMs: 120_000 },
    )
  } catch (error) {
    if (error !== backOut) throw error
  }
  if (outcome === undefined) throw new Error('a preview that was backed out has an outcome')
  return outcome
}

interface StepOptions {
  readonly confirmLeavers?: boolean
  readonly changesMax: number
  /** The first of the feed's transactions. */
  readonly first: boolean
}

async function applyStep(
  tx: Tx,
  identity: IdentityLayer,
  act: Act,
  given: FeedRows,
  { confirmLeavers = false, changesMax, first }: StepOptions,
  changed: Id<'principal'>[],
): Promise<FeedOutcome> {
  await holdFeeds(tx)
  const adoption = adoptByEmail(given, await readRollOfPeople(tx, given.source, act.at))
  const { roll } = adoption
  const rows = await withoutTakenRefs(tx, adoption)
  const plan = planFeed({ ...adoption, rows }, identity.settings, confirmLeavers)
  await keepHold(tx, act, rows.source, roll.heldBefore, plan.held)
  if (plan.confirmed !== undefined && first) {
    await noteLeavers(tx, act, rows.source, 'people_feed.confirmed', plan.confirmed)
  }
  const now = plan.people.slice(0, changesMax)
  const after = peopleAfter(roll, plan, personIdOf)
  const leavers = now.filter(({ what }) => what === 'left').flatMap(({ current }) => current ?? [])
  const movers = now.filter(({ what }) => what === 'moved')
  await writeTeams(tx, act, plan.teams)
  changed.push(...(await writePeople(tx, act, now)))
  const teams = emptiedTeams(now, roll, after)
  const gone = [...leavers.flatMap(({ data }) => goneOf(after.get(data.feedId), after)), ...teams]
  const losses = await leaveParties(tx, act, gone, identity.settings.orphanGraceDays)
  changed.push(...losses.flatMap(({ orphaned, reduced }) => [...orphaned.map((one) => one.principalId), ...reduced]))
  return {
    ...countsOf(now),
    source: rows.source,
    unchanged: plan.unchanged,
    teamsRecorded: plan.teams.filter(({ current }) => current === undefined).length,
    teamsChanged: plan.teams.filter(({ current }) => current !== undefined).length,
    ...(plan.held === undefined ? {} : { held: plan.held }),
    missing: plan.missing.map(({ id }) => id as Id<'person'>),
    leavers: await leaverOutcomes(tx, now, losses),
    movers: await moverOutcomes(tx, movers),
    emptiedTeams: losses.filter((loss) => loss.gone.kind === 'team'),
    ...shown(plan, after, rows),
    remaining: plan.people.length - now.length,
  }
}

function goneOf(person: PersonNode | undefined, after: ReadonlyMap<string, PersonNode>): GoneParty[] {
  if (person === undefined) return []
  return [{ party: { kind: 'person', id: person.id }, proposed: activeManagerOf(person, after) }]
}

function countsOf(now: readonly PersonChange[]): Record<PersonChange['what'], number> {
  const counts = { joined: 0, changed: 0, moved: 0, returned: 0, left: 0 }
  for (const { what } of now) counts[what]++
  return counts
}

function shown(
  plan: FeedPlan,
  after: ReadonlyMap<string, PersonNode>,
  { people }: FeedRows,
): Pick<FeedOutcome, 'managerCircles' | 'problems' | 'problemCount' | 'rowsLeftOut'> {
  const circles = managerCircles(after).filter((circle) => circle.some((feedId) => people.has(feedId)))
  const problems = [...plan.problems]
  for (const circle of circles) {
    const row = people.get(circle.find((feedId) => people.has(feedId)) ?? '')
    if (row === undefined) continue
    const names = circle.length === 1 ? 'is their own manager' : `and ${circle.length - 1} more manage each other`
    problems.push({ ...row.place, message: `\`${row.feedId}\` ${names}: nobody above is proposed as an owner` })
  }
  return {
    managerCircles: circles,
    // what lost a whole row comes first
    problems: [...plan.problems.filter(isLost), ...problems.filter((one) => !isLost(one))].slice(0, PROBLEMS_MAX),
    problemCount: problems.length,
    rowsLeftOut: plan.problems.filter(isLost).length,
  }
}

const isLost = ({ rowLeftOut }: FeedProblem): boolean => rowLeftOut === true

async function leaverOutcomes(
  tx: Tx,
  now: readonly PersonChange[],
  losses: readonly PartyLoss[],
): Promise<LeaverOutcome[]> {
  const left = new Map(
    now.flatMap((change) => (change.current === undefined ? [] : [[change.current.id, change] as const])),
  )
  const lost = losses.filter(({ gone }) => gone.kind === 'person')
  const ids = lost.map(({ gone }) => gone.id)
  const credentials = await readKnownCredentials(tx, ids)
  const accounts = await tx.query<{ id: Id<'principal'>; person: string }>(sql`
    select id, person_id as person from identity.principal
    where person_id = any(${ids}::text[]) and system <> 'people' order by id`)
  return lost.flatMap((loss) => {
    const change = left.get(loss.gone.id)
    if (change === undefined || !isId('person', loss.gone.id)) return []
    return [
      {
        ...loss,
        personId: loss.gone.id,
        feedId: change.next.feedId,
        missing: change.missing === true,
        accounts: accounts.filter(({ person }) => person === loss.gone.id).map(({ id }) => id),
        credentials: credentials.get(loss.gone.id) ?? [],
      },
    ]
  })
}

async function moverOutcomes(tx: Tx, movers: readonly PersonChange[]): Promise<MoverOutcome[]> {
  const ids = movers.flatMap(({ current }) => current?.id ?? [])
  const owned = await tx.query<{ id: Id<'principal'>; owner: string }>(sql`
    select id, owner_id as owner from identity.principal
    where owner_id = any(${ids}::text[]) and state <> 'retired' order by name, id`)
  return movers.flatMap(({ current, fields }) =>
    current === undefined
      ? []
      : [
          {
            personId: current.id as Id<'person'>,
            fields,
            owned: owned.filter(({ owner }) => owner === current.id).map(({ id }) => id),
          },
        ],
  )
}

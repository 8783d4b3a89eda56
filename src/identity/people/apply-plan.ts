// A plan made true: people, teams, what the leavers answered for, and what came of it. One transaction.
import { isId } from '#kernel'
import type { Act, Id } from '#kernel'
import { sql } from '#db'
import type { Tx } from '#db'
import type { IdentityLayer } from '../operation.ts'
import type { FeedProblem, FeedRows } from './feed-rows.ts'
import { PROBLEMS_MAX } from './feed-outcome.ts'
import type { FeedOutcome, LeaverOutcome, MoverOutcome } from './feed-outcome.ts'
import type { FeedPlan, PersonChange, RollOfPeople } from './feed-plan.ts'
import { personIdOf } from './human-principal.ts'
import { readKnownCredentials } from './known-credentials.ts'
import { leaveParties } from './leave-parties.ts'
import type { GoneParty, PartyLoss } from './leave-parties.ts'
import { activeManagerOf, managerCircles } from './managers.ts'
import type { PersonNode } from './managers.ts'
import { peopleAfter } from './read-people.ts'
import { emptiedTeams } from './emptied-teams.ts'
import { writePeople, writeTeams } from './write-people.ts'

export interface Planned {
  readonly rows: Pick<FeedRows, 'source' | 'people'>
  readonly roll: RollOfPeople
  readonly plan: FeedPlan
  /**
   * What the leavers answered for is worked out all the same, in a transaction that is rolled back; the people themselves are
   * not written, because nothing of the outcome is read from there.
   */
  readonly previewed?: boolean
}

/** The first `changesMax` changes of people. `changed` is given the principals that were. */
export async function applyPlan(
  tx: Tx,
  identity: IdentityLayer,
  act: Act,
  { rows, roll, plan, previewed = false }: Planned,
  changesMax: number,
  changed: Id<'principal'>[],
): Promise<FeedOutcome> {
  const now = plan.people.slice(0, changesMax)
  const after = peopleAfter(roll, plan, personIdOf)
  const leavers = now.filter(({ what }) => what === 'left').flatMap(({ current }) => current ?? [])
  const movers = now.filter(({ what }) => what === 'moved')
  if (!previewed) {
    await writeTeams(tx, act, plan.teams)
    changed.push(...(await writePeople(tx, act, now)))
  }
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
  { people }: Pick<FeedRows, 'people'>,
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

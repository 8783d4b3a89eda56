// The people and teams of the roll in the form in which the pure rules take them, so that an owner whom one source names
// is found in the feed of another.
import type { Id, PersonFact, TeamFact } from '#kernel'
import { sql } from '#db'
import { optional } from '../layer.ts'
import type { IdentityLayer } from '../operation.ts'
import type { PersonRecord, TeamRecord } from '../record/people-records.ts'

const PAGE = 5000

export interface PeopleOfRoll {
  readonly facts: readonly (PersonFact | TeamFact)[]
  /** By the feed's own id. */
  readonly people: ReadonlyMap<string, { readonly id: Id<'person'>; readonly principalId: Id<'principal'> }>
  readonly teams: ReadonlyMap<string, Id<'team'>>
}

export async function peopleOfRoll(identity: IdentityLayer): Promise<PeopleOfRoll> {
  const facts: (PersonFact | TeamFact)[] = []
  const people = new Map<string, { id: Id<'person'>; principalId: Id<'principal'> }>()
  const teams = new Map<string, Id<'team'>>()
  for await (const { id, data: person } of all(identity, 'person')) {
    const data = person as PersonRecord
    people.set(data.feedId, { id: id as Id<'person'>, principalId: data.principalId })
    facts.push({
      type: 'person',
      personId: data.feedId,
      name: data.name,
      emails: data.emails,
      handles: data.handles,
      ...optional('managerId', data.managerFeedId),
      ...optional('teamId', data.teamFeedId),
      status: data.status,
      ...optional('startAt', data.startAt),
      ...optional('endAt', data.endAt),
      provenance: { connector: 'people', file: data.source },
    })
  }
  for await (const { id, data: team } of all(identity, 'team')) {
    const data = team as TeamRecord
    teams.set(data.feedId, id as Id<'team'>)
    facts.push({
      type: 'team',
      teamId: data.feedId,
      name: data.name,
      ...optional('leadId', data.leadFeedId),
      provenance: { connector: 'people', file: data.source },
    })
  }
  return { facts, people, teams }
}

/** In pages, each in a transaction of its own: reading is not held against anybody who writes. */
async function* all(
  identity: IdentityLayer,
  table: 'person' | 'team',
): AsyncGenerator<{ readonly id: string; readonly data: unknown }> {
  const rows = table === 'person' ? sql`identity.person` : sql`identity.team`
  for (let after = ''; ;) {
    const from = after
    const page = await identity.db.transaction(
      (tx) =>
        tx.query<{ id: string; data: unknown }>(
          sql`select id, data from ${rows} where id > ${from} order by id limit ${PAGE}`,
        ),
      { readOnly: true },
    )
    yield* page
    const last = page.at(-1)
    if (last === undefined || page.length < PAGE) return
    after = last.id
  }
}

// Writes what a plan says of people and teams, each person with the principal of kind human that they are.
import type { Act, Id } from '#kernel'
import { sql } from '#db'
import type { Tx } from '#db'
import { readCurrent } from '#db/history'
import { changeWithEntries, createWithEntries } from '#evidence/port'
import { completed } from '../principal/patch-principal.ts'
import { without } from '../principal/without.ts'
import type { PersonRecord, TeamRecord } from '../record/people-records.ts'
import type { PrincipalRecord } from '../record/principal-record.ts'
import { PERSON, PRINCIPAL, TEAM } from '../record/tables.ts'
import type { PersonChange, TeamChange } from './feed-plan.ts'
import { followHumans } from './follow-humans.ts'
import { humanIdOf, humanPrincipal, humanRef, personIdOf, teamIdOf } from './human-principal.ts'

export async function writeTeams(tx: Tx, act: Act, changes: readonly TeamChange[]): Promise<void> {
  const fresh = changes.filter(({ current }) => current === undefined)
  await createWithEntries<TeamRecord>(
    tx,
    TEAM,
    act,
    fresh.map(({ next }) => ({ id: teamIdOf(next.feedId), data: next, words: { type: 'team.recorded' } })),
  )
  const known = changes.flatMap(({ current, next }) => (current === undefined ? [] : [{ current, next }]))
  await changeWithEntries<TeamRecord>(
    tx,
    TEAM,
    act,
    known.map(({ current, next }) => ({ current, patch: () => next, words: { type: 'team.changed' } })),
  )
}

/** Returns the principals that were changed. */
export async function writePeople(
  tx: Tx,
  act: Act,
  changes: readonly PersonChange[],
): Promise<readonly Id<'principal'>[]> {
  await createPeople(
    tx,
    act,
    changes.filter(({ current }) => current === undefined),
  )
  const known = changes.flatMap(({ current, ...change }) => (current === undefined ? [] : [{ ...change, current }]))
  // held now, so that nobody makes one who leaves an owner meanwhile
  const held = await readCurrent<PersonRecord>(
    tx,
    PERSON,
    known.map(({ current }) => current.id),
    { lock: true },
  )
  const made = await changeWithEntries<PersonRecord>(
    tx,
    PERSON,
    act,
    known.map(({ what, next, fields, current, missing }) => ({
      current: held.get(current.id) ?? current,
      patch: (before: PersonRecord) => asNext(before, next),
      words: {
        type: `person.${what}`,
        // names of fields: what stands in them is personal
        content: { fields: [...fields], ...(missing === true ? { missing: true } : {}) },
        ...(missing === true ? { reason: 'no longer in a complete feed' } : {}),
      },
    })),
  )
  const humans = new Map(made.map(({ id, data }) => [id, data.principalId]))
  return await followHumans(tx, act, known, humans)
}

const OPTIONAL = ['managerFeedId', 'teamFeedId', 'startAt', 'endAt'] as const

function asNext(before: PersonRecord, next: Omit<PersonRecord, 'principalId'>): PersonRecord {
  return { ...without(before, ...OPTIONAL), ...next, principalId: before.principalId }
}

async function createPeople(tx: Tx, act: Act, joiners: readonly PersonChange[]): Promise<void> {
  if (joiners.length === 0) return
  const people = joiners.map(({ next }) => ({ id: personIdOf(next.feedId), principalId: humanIdOf(next.feedId), next }))
  await createWithEntries<PersonRecord>(
    tx,
    PERSON,
    act,
    people.map(({ id, principalId, next }) => ({
      id,
      data: { ...next, principalId },
      words: {
        type: next.status === 'leaver' ? 'person.recorded' : 'person.joined',
        about: [principalId],
        content: { status: next.status },
      },
    })),
  )
  await createWithEntries<PrincipalRecord>(
    tx,
    PRINCIPAL,
    act,
    people.map(({ id, principalId, next }) => {
      const data = completed(humanPrincipal(id, next, act))
      // no other entry says that they are active
      const content = { kind: 'human', state: data.state }
      return { id: principalId, data, words: { type: 'principal.registered', about: [id], content } }
    }),
  )
  const refs = people.map(({ next }) => humanRef(next.feedId))
  await tx.execute(sql`
    insert into identity.ref (ref, record_id)
    select ref, record_id from unnest(${refs}::text[], ${people.map(({ principalId }) => principalId)}::text[])
      as given (ref, record_id)`)
}

// A person confirms that two records are one: of two principals one is joined into the other, and what moved is written
// down so that it can be undone; a principal that is a person's own becomes that person's.
import { canonicalJson, Fault } from '#kernel'
import type { Act, Id, Json } from '#kernel'
import { sql } from '#db'
import type { Tx } from '#db'
import { readCurrent } from '#db/history'
import type { Current } from '#db/history'
import { changeWithEntries } from '#evidence/port'
import type { IdentityLayer } from '../operation.ts'
import type { CredentialRecord } from '../record/credential-record.ts'
import type { PrincipalRecord } from '../record/principal-record.ts'
import type { MatchRecord } from '../record/proposal-records.ts'
import { CREDENTIAL, PRINCIPAL } from '../record/tables.ts'
import { withdrawPendingOffer } from './assign-owner.ts'
import { JOINED_FIELDS, joinedRecord } from './joined-record.ts'
import type { JoinedField } from './joined-record.ts'
import { answerMatch, readMatch } from './match-record.ts'
import type { CurrentMatch, OfMatch } from './match-record.ts'
import { operateOnPrincipals, patchPrincipal, patchPrincipals } from './patch-principal.ts'
import type { CurrentPrincipal } from './patch-principal.ts'
import { stating } from './set-facts.ts'
import { stateAfter } from './transitions.ts'

export interface MatchConfirmed {
  readonly match: CurrentMatch
  /** The record that stands, or that became a person's. */
  readonly principal: CurrentPrincipal
}

/** `into`: which of the two records stands; the first unless said otherwise, and always the one that a feed keeps. */
export async function confirmMatch(
  identity: IdentityLayer,
  act: Act,
  input: OfMatch & { readonly into?: string },
): Promise<MatchConfirmed> {
  return await operateOnPrincipals(
    identity,
    act,
    ({ match }) => [match.data.aId, match.data.bId],
    async (tx) => {
      const { data: match } = await readMatch(tx, input)
      const people = await peopleOf(tx, match)
      const { a, b } = await lockBoth(tx, match)
      return match.kind === 'person'
        ? await linkPerson(tx, act, input, [a, b], people)
        : await join(tx, act, input, [a, b], people)
    },
  )
}

type People = ReadonlyMap<string, Id<'person'>>

async function peopleOf(tx: Tx, { aId, bId }: MatchRecord): Promise<People> {
  const rows = await tx.query<{ id: Id<'person'>; principalId: string }>(sql`
    select id, principal_id as "principalId" from identity.person where principal_id = any(${[aId, bId]})`)
  return new Map(rows.map(({ id, principalId }) => [principalId, id]))
}

/** Both records of a match, held. */
export async function lockBoth(
  tx: Tx,
  { aId, bId }: MatchRecord,
): Promise<{ readonly a: CurrentPrincipal; readonly b: CurrentPrincipal }> {
  const found = await readCurrent<PrincipalRecord>(tx, PRINCIPAL, [aId, bId], { lock: true })
  const [a, b] = [found.get(aId), found.get(bId)]
  if (a === undefined || b === undefined) throw new Error('a match names two records of the roll')
  return { a, b }
}

async function linkPerson(
  tx: Tx,
  act: Act,
  input: OfMatch,
  both: readonly [CurrentPrincipal, CurrentPrincipal],
  people: People,
): Promise<MatchConfirmed> {
  const own = both.find(({ id }) => people.has(id))
  const other = both.find(({ id }) => !people.has(id))
  const personId = own === undefined ? undefined : people.get(own.id)
  if (personId === undefined || other === undefined) {
    throw new Fault('conflict', 'exactly one of the two must be a person of the feed: reject this match')
  }
  if (other.data.personId !== undefined) throw new Fault('conflict', `it is \`${other.data.personId}\` already`)
  const { kind: kindBefore } = other.data
  const linked = {
    principalId: other.id as Id<'principal'>,
    personId,
    kindBefore,
    kindStatedBefore: other.data.stated?.includes('kind') ?? false,
  }
  const match = await answerMatch(tx, act, input, ['proposed'], { state: 'confirmed', linked })
  const principal = await patchPrincipal(tx, act, {
    current: other,
    patch: (record) => stating({ ...record, kind: 'human', personId }, 'kind'),
    words: { type: 'principal.person_confirmed', about: [personId, match.id], content: { personId, kindBefore } },
  })
  return { match, principal }
}

async function join(
  tx: Tx,
  act: Act,
  input: OfMatch & { readonly into?: string },
  both: readonly [CurrentPrincipal, CurrentPrincipal],
  people: People,
): Promise<MatchConfirmed> {
  const { into, from } = chosen(input, both, people)
  const state = stateAfter(from.data.state, 'merge')
  if (into.data.state === 'retired')
    throw new Fault('conflict', `\`${into.id}\` is retired: join it into the other one`)
  const moved = await tx.query<{ ref: string }>(
    sql`update identity.ref set record_id = ${into.id} where record_id = ${from.id} returning ref`,
  )
  const movedCredentials = await moveCredentials(tx, act, from.id, into.id)
  await withdrawPendingOffer(tx, act, from.id, 'the principal was joined into another')
  const intoId = into.id as Id<'principal'>
  const reason = `joined into ${into.id}`
  const joined = joinedRecord(into.data, from.data, act, from.id)
  const changed = JOINED_FIELDS.filter(
    (field) => canonicalJson(fieldOf(into.data, field)) !== canonicalJson(fieldOf(joined, field)),
  )
  const [principal, tombstone] = await patchPrincipals(tx, act, [
    {
      current: into,
      patch: (record) => joinedRecord(record, from.data, act, from.id),
      words: { type: 'principal.merged', about: [from.id, input.matchId], content: { from: from.id, changed } },
    },
    {
      current: from,
      patch: (record) => ({
        ...record,
        state,
        refs: [],
        mergedInto: intoId,
        retirement: { by: act.actor.id, at: act.at, reason },
      }),
      words: { type: 'principal.joined', about: [into.id, input.matchId], content: { into: into.id } },
    },
  ])
  if (principal === undefined || tombstone === undefined) throw new Error('two changes make two versions')
  const match = await answerMatch(tx, act, input, ['proposed'], {
    state: 'confirmed',
    merge: {
      into: intoId,
      from: from.id as Id<'principal'>,
      movedRefs: moved.map(({ ref }) => ref).sort(),
      movedCredentials,
      mergedVersion: tombstone.version,
      fromState: from.data.state,
      before: Object.fromEntries(changed.map((field) => [field, fieldOf(into.data, field)])),
      after: Object.fromEntries(changed.map((field) => [field, fieldOf(joined, field)])),
    },
  })
  return { match, principal }
}

export const fieldOf = (record: PrincipalRecord, field: JoinedField): Json => (record[field] ?? null) as Json

function chosen(
  input: { readonly into?: string },
  [a, b]: readonly [CurrentPrincipal, CurrentPrincipal],
  people: People,
): { readonly into: CurrentPrincipal; readonly from: CurrentPrincipal } {
  if (input.into !== undefined && input.into !== a.id && input.into !== b.id) {
    throw new Fault('unprocessable', `\`into\` must be \`${a.id}\` or \`${b.id}\``)
  }
  if (people.size === 2)
    throw new Fault('conflict', 'both are people of the feed: correct the feed, and reject this match')
  const persons = [a.data.personId, b.data.personId].filter((id) => id !== undefined)
  if (new Set(persons).size > 1) throw new Fault('conflict', 'they are two natural persons: reject this match')
  const kept = [...people.keys()][0]
  if (kept !== undefined && input.into !== undefined && input.into !== kept) {
    throw new Fault('unprocessable', `\`${kept}\` is a person of the feed and must be the one that stands`)
  }
  return (kept ?? input.into ?? a.id) === a.id ? { into: a, from: b } : { into: b, from: a }
}

/** Whose a credential is, in bulk; those of `only` where it is given. Gives back the ids of those that moved. */
export async function moveCredentials(
  tx: Tx,
  act: Act,
  fromId: string,
  intoId: string,
  only?: readonly string[],
): Promise<Id<'credential'>[]> {
  const ids = await tx.query<{ id: string }>(sql`select id from identity.credential where principal_id = ${fromId}`)
  const wanted = ids.map(({ id }) => id).filter((id) => only === undefined || only.includes(id))
  const credentials = await readCurrent<CredentialRecord>(tx, CREDENTIAL, wanted, { lock: true })
  const held: Current<CredentialRecord>[] = [...credentials.values()].filter(({ data }) => data.principalId === fromId)
  const principalId = intoId as Id<'principal'>
  const made = await changeWithEntries<CredentialRecord>(
    tx,
    CREDENTIAL,
    act,
    held.map((current) => ({
      current,
      patch: (record) => ({ ...record, principalId }),
      words: { type: 'credential.moved', about: [fromId, intoId], content: { from: fromId, into: intoId } },
    })),
  )
  return made.map(({ id }) => id as Id<'credential'>)
}

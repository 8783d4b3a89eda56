// Who created, held or saw a credential. Only ever added to, each with its entry; what is known already is not said twice.
import { Fault, newId } from '#kernel'
import type { Act, Id, Instant } from '#kernel'
import { sql } from '#db'
import type { Tx } from '#db'
import { appendEntries } from '#evidence/port'
import type { Entry } from '#evidence/port'
import { operate } from '../operation.ts'
import type { IdentityLayer } from '../operation.ts'
import { optional } from '../layer.ts'

export const EXPOSURES = ['created', 'held', 'saw'] as const
export type HowExposed = (typeof EXPOSURES)[number]

export interface NewExposure {
  readonly personId: Id<'person'>
  readonly credentialId: Id<'credential'>
  readonly how: HowExposed
  /** Which source says so: a connection's id, a file, a person. */
  readonly source: string
  /** When the person created, held or saw it. */
  readonly at: Instant
}

export interface ExposuresRecorded {
  readonly recorded: number
  readonly known: number
  /** Named by their place in what was given; the rest was recorded. */
  readonly refused: readonly { readonly at: number; readonly reason: string }[]
}

/** Throws Fault('not_found') for a person or credential that is not there. Saying it again changes nothing. */
export async function recordExposure(
  identity: IdentityLayer,
  act: Act,
  exposure: NewExposure,
): Promise<{ readonly recorded: boolean }> {
  return await operate(identity, act, async (tx) => {
    const { recorded, refused } = await writeExposures(tx, act, [exposure])
    const [first] = refused
    if (first !== undefined)
      throw new Fault(first.reason.startsWith('no ') ? 'not_found' : 'unprocessable', first.reason)
    return { recorded: recorded === 1 }
  })
}

export async function recordExposures(
  identity: IdentityLayer,
  act: Act,
  exposures: readonly NewExposure[],
): Promise<ExposuresRecorded> {
  return await operate(identity, act, async (tx) => await writeExposures(tx, act, exposures))
}

/** In bulk, in the caller's transaction. One that is unfit is named and the rest is written. */
export async function writeExposures(tx: Tx, act: Act, exposures: readonly NewExposure[]): Promise<ExposuresRecorded> {
  const refused = await refusals(tx, act, exposures)
  const unfit = new Set(refused.map(({ at }) => at))
  const rows = new Map<string, NewExposure & { readonly id: Id<'exposure'>; readonly entryId: Id<'entry'> }>()
  for (const [at, exposure] of exposures.entries()) {
    if (!unfit.has(at)) rows.set(keyOf(exposure), { ...exposure, id: newId('exposure'), entryId: newId('entry') })
  }
  const made = await insertRows(tx, act, [...rows.values()])
  await appendEntries(
    tx,
    [...rows.values()].filter(({ id }) => made.has(id)).map((row) => entryOf(tx, act, row)),
  )
  return { recorded: made.size, known: exposures.length - refused.length - made.size, refused }
}

const keyOf = ({ personId, credentialId, how, source, at }: NewExposure): string =>
  JSON.stringify([personId, credentialId, how, source, at])

async function refusals(
  tx: Tx,
  act: Act,
  exposures: readonly NewExposure[],
): Promise<{ readonly at: number; readonly reason: string }[]> {
  const people = await known(tx, sql`identity.person`, [...new Set(exposures.map(({ personId }) => personId))])
  const credentials = await known(tx, sql`identity.credential`, [
    ...new Set(exposures.map(({ credentialId }) => credentialId)),
  ])
  return exposures.flatMap(({ personId, credentialId, source, at: when }, at) => {
    if (!people.has(personId)) return [{ at, reason: 'no person has this id: import the people first' }]
    if (!credentials.has(credentialId)) return [{ at, reason: 'no credential has this id: record it first' }]
    if (source === '' || source.length > 200) return [{ at, reason: '`source` needs 1 to 200 characters' }]
    if (when > act.at) return [{ at, reason: 'it lies in the future: record it when it has happened' }]
    return []
  })
}

async function known(tx: Tx, table: ReturnType<typeof sql>, ids: readonly string[]): Promise<Set<string>> {
  if (ids.length === 0) return new Set()
  const rows = await tx.query<{ id: string }>(sql`select id from ${table} where id = any(${ids}::text[])`)
  return new Set(rows.map(({ id }) => id))
}

async function insertRows(
  tx: Tx,
  act: Act,
  rows: readonly (NewExposure & { readonly id: string; readonly entryId: string })[],
): Promise<Set<string>> {
  if (rows.length === 0) return new Set()
  const column = (pick: (row: (typeof rows)[number]) => string): string[] => rows.map(pick)
  const made = await tx.query<{ id: string }>(sql`
    insert into identity.exposure (id, person_id, credential_id, how, source, at, recorded_at, entry_id)
    select id, person_id, credential_id, how, source, at, ${act.at}, entry_id
    from unnest(${column(({ id }) => id)}::text[], ${column(({ personId }) => personId)}::text[],
                ${column(({ credentialId }) => credentialId)}::text[], ${column(({ how }) => how)}::text[],
                ${column(({ source }) => source)}::text[], ${column(({ at }) => at)}::timestamptz[],
                ${column(({ entryId }) => entryId)}::text[])
      as given (id, person_id, credential_id, how, source, at, entry_id)
    order by person_id, credential_id, how, source, at
    on conflict (person_id, credential_id, how, source, at) do nothing
    returning id`)
  return new Set(made.map(({ id }) => id))
}

function entryOf(tx: Tx, act: Act, row: NewExposure & { readonly id: string; readonly entryId: Id<'entry'> }): Entry {
  return {
    id: row.entryId,
    layer: tx.layer,
    type: 'exposure.recorded',
    at: act.at,
    actor: act.actor.id,
    ...optional('onBehalfOf', act.actor.onBehalfOf),
    subjects: [row.personId, row.credentialId, row.id],
    ...optional('reason', act.reason),
    ...optional('follows', act.follows),
    content: { how: row.how, source: row.source, at: row.at },
  }
}

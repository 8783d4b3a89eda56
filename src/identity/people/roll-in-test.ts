// For tests of the roll: a layer over a database of its own, records to start from, and what was written.
import { newId } from '#kernel'
import type { Act, Id, Instant, Json } from '#kernel'
import type { Database, Tx } from '#db'
import { identifier, sql } from '#db'
import { CURRENT } from '#db/history'
import type { Current, RecordTable } from '#db/history'
import { createWithEntries } from '#evidence/port'
import { IDENTITY_SETTINGS } from '../operation.ts'
import type { IdentityLayer, IdentitySettings } from '../operation.ts'
import { completed } from '../principal/patch-principal.ts'
import type { CredentialRecord } from '../record/credential-record.ts'
import type { PrincipalRecord } from '../record/principal-record.ts'
import { CREDENTIAL, PRINCIPAL } from '../record/tables.ts'

/** A test's database. */
interface TestDatabase {
  readonly database: Database
}

export const AT = '2026-07-01T08:00:00.000Z' as Instant

export function layerInTest(of: TestDatabase, settings: Partial<IdentitySettings> = {}): IdentityLayer {
  return { db: of.database.layer('identity'), clock: () => AT, settings: { ...IDENTITY_SETTINGS, ...settings } }
}

export const actInTest = (at: string = AT, more: Partial<Act> = {}): Act => ({
  actor: { id: 'bootstrap' },
  at: at as Instant,
  ...more,
})

export function principalInTest(name: string, more: Partial<PrincipalRecord> = {}): PrincipalRecord {
  const derived = { from: 'derived', reason: 'test' } as const
  return completed({
    kind: 'service_account',
    nativeType: 'account',
    system: 'csv',
    externalId: name,
    name,
    refs: [],
    labels: {},
    attributes: {},
    provenance: { how: 'registered', source: 'test', firstSeenAt: AT },
    environment: { value: 'unknown', ...derived },
    function: { value: 'unknown', ...derived },
    criticality: { value: 'unknown', ...derived },
    tier: { value: 'low', ...derived },
    backups: [],
    custodians: [],
    parties: [],
    state: 'registered',
    effect: 'not_applied',
    searchText: '',
    ...more,
  })
}

/** What an active principal needs beside its owner. */
export const ACTIVE: Partial<PrincipalRecord> = {
  state: 'active',
  purpose: { value: 'pays', from: 'stated', reason: 'test' },
  nextReviewAt: '2027-01-01T00:00:00.000Z' as Instant,
}

export async function insertPrincipals(
  tx: Tx,
  records: readonly PrincipalRecord[],
  at: Instant = AT,
): Promise<Id<'principal'>[]> {
  const items = records.map((data) => ({ id: newId('principal'), data, words: { type: 'principal.registered' } }))
  await createWithEntries(tx, PRINCIPAL, actInTest(at), items)
  return items.map(({ id }) => id)
}

export async function insertCredentialRecords(
  tx: Tx,
  records: readonly Partial<CredentialRecord>[],
): Promise<Id<'credential'>[]> {
  const items = records.map((more) => ({
    id: newId('credential'),
    data: {
      type: 'api_token',
      refs: [],
      alsoOf: [],
      consumers: [],
      fingerprints: [],
      locations: [],
      locationCount: 0,
      attributes: {},
      rotateWithinDays: 90,
      state: 'live',
      effect: 'not_applied',
      source: 'test',
      ...more,
    } satisfies CredentialRecord as CredentialRecord,
    words: { type: 'credential.recorded' },
  }))
  await createWithEntries(tx, CREDENTIAL, actInTest(), items)
  return items.map(({ id }) => id)
}

export async function all<D>(identity: IdentityLayer, table: RecordTable): Promise<Current<D>[]> {
  return await identity.db.transaction((tx) =>
    tx.query<Current<D>>(sql`select ${CURRENT} from identity.${identifier(table.table)} order by id`),
  )
}

export interface WrittenEntry {
  readonly type: string
  readonly recordId: string | null
  readonly recordVersion: number | null
  readonly subjects: readonly string[]
  readonly content: Readonly<Record<string, Json>>
}

export async function entriesOf(of: TestDatabase, recordId?: string): Promise<WrittenEntry[]> {
  const only = recordId === undefined ? sql`` : sql`where record_id = ${recordId}`
  return await of.database.layer('evidence').transaction((tx) =>
    tx.query<WrittenEntry>(sql`select type, record_id as "recordId", record_version as "recordVersion", subjects, content
      from evidence.entry ${only} order by transaction, ordinal`),
  )
}

/** Every version that there is in the layer's schema has exactly one entry with its number, and the other way round. */
export async function versionsWithoutEntry(of: TestDatabase): Promise<string[]> {
  const versions = await of.database
    .layer('identity')
    .transaction((tx) =>
      tx.query<{ key: string }>(
        sql`select distinct record_id || ' ' || version as key from identity.version order by 1`,
      ),
    )
  const written = (await entriesOf(of))
    .filter(({ recordId }) => recordId !== null)
    .map(({ recordId, recordVersion }) => `${recordId} ${recordVersion}`)
  const known = new Set(written)
  const twice = written.length === known.size ? [] : ['an entry is there twice']
  const versionKeys = new Set(versions.map(({ key }) => key))
  return [
    ...twice,
    ...[...versionKeys].filter((key) => !known.has(key)),
    ...[...known].filter((key) => !versionKeys.has(key)),
  ]
}

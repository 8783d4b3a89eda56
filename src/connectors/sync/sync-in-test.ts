// A server's layers on a database of their own, and small sources to sync into them.
import { ref } from '#kernel'
import type { Act, CredentialFact, EntitlementFact, Fact, Instant, PrincipalFact } from '#kernel'
import { sql } from '#db'
import type { Database } from '#db'
import { IDENTITY_SETTINGS } from '#identity/roll'
import type { CredentialRecord, Current, IdentityLayer, PrincipalRecord } from '#identity/roll'
import type { AccessLayer } from '#access/records'
import { sync } from './sync.ts'
import type { SyncOptions } from './sync.ts'
import type { SyncResult } from './result.ts'

export interface SyncInTest {
  readonly identity: IdentityLayer
  readonly access: AccessLayer
  readonly database: Database
  act(): Act
  /** Each sync is a minute later than the one before. */
  sync(
    source: string,
    facts: Iterable<Fact>,
    more?: Partial<SyncOptions> & { readonly partial?: boolean },
  ): Promise<SyncResult>
  principal(externalId: string): Promise<Current<PrincipalRecord> | undefined>
  credentials(): Promise<Current<CredentialRecord>[]>
  /** Entry types of one record, in order of writing. */
  entriesOf(recordId: string): Promise<string[]>
  /** Versions, entries and present records of both layers: any write shows here. */
  size(): Promise<unknown>
  /** Everything that the roll says, without what differs from run to run: ids of entries and matches. */
  dump(): Promise<unknown>
  /** Versions that have not exactly one entry. */
  withoutTheirEntry(): Promise<unknown[]>
}

export function syncInTest(database: Database): SyncInTest {
  let now = Date.parse('2026-03-01T08:00:00.000Z')
  const clock = (): Instant => new Date(now).toISOString() as Instant
  const identity: IdentityLayer = { db: database.layer('identity'), clock, settings: IDENTITY_SETTINGS }
  const access: AccessLayer = { db: database.layer('access'), clock }
  const act = (): Act => {
    now += 60_000
    return { actor: { id: 'reeve' }, at: clock() }
  }
  const rows: Rows = (layer, query) => database.layer(layer).transaction((tx) => tx.query(query))
  return {
    identity,
    access,
    database,
    act,
    sync: async (source, facts, { partial = false, ...more } = {}) =>
      await sync({
        identity,
        access,
        source: { id: source, name: source },
        read: { facts, problems: [], blindSpots: [], partial },
        act: act(),
        ...more,
      }),
    principal: async (externalId) =>
      (await rows('identity', sql`select * from identity.principal where external_id = ${externalId}`))[0] as never,
    credentials: async () => (await rows('identity', sql`select * from identity.credential order by id`)) as never,
    entriesOf: async (recordId) =>
      (await rows('evidence', sql`select type from evidence.entry where record_id = ${recordId} order by ordinal`)).map(
        ({ type }) => String(type),
      ),
    size: () => sizeOf(rows),
    dump: () => dumpOf(rows),
    withoutTheirEntry: () => withoutTheirEntry(rows),
  }
}

type Rows = (
  layer: 'identity' | 'access' | 'evidence',
  query: ReturnType<typeof sql>,
) => Promise<Record<string, unknown>[]>

async function sizeOf(rows: Rows): Promise<unknown> {
  return [
    await rows(
      'identity',
      sql`select (select count(*) from identity.version) as versions,
        (select count(*) from identity.ref) as refs, (select count(*) from identity.presence) as presences,
        (select count(*) from identity.fingerprint) as fingerprints, (select count(*) from identity.exposure) as exposures`,
    ),
    await rows(
      'access',
      sql`select (select count(*) from access.version) as versions, (select count(*) from access.presence) as presences`,
    ),
    await rows('evidence', sql`select count(*) from evidence.entry`),
  ]
}

async function dumpOf(rows: Rows): Promise<unknown> {
  return [
    await rows(
      'identity',
      sql`select record_id, version, valid_from, recorded_at, data from identity.version
        where record_id not like 'mch%' order by record_id, version`,
    ),
    await rows('identity', sql`select data from identity.match order by a_id, b_id`),
    await rows('identity', sql`select ref, record_id from identity.ref order by ref`),
    await rows('identity', sql`select * from identity.presence order by source_id, record_id`),
    await rows(
      'identity',
      sql`select key_id, encode(value, 'hex'), credential_id from identity.fingerprint
        order by key_id, value, credential_id`,
    ),
    await rows('access', sql`select record_id, version, data from access.version order by record_id, version`),
    await rows('access', sql`select * from access.presence order by source_id, record_id`),
    await rows(
      'evidence',
      sql`select type, record_id, record_version, content from evidence.entry
        where record_id not like 'mch%' order by record_id, record_version`,
    ),
  ]
}

async function withoutTheirEntry(rows: Rows): Promise<unknown[]> {
  const versions = [
    ...(await rows('identity', sql`select distinct record_id as id, version, entry_id from identity.version`)),
    ...(await rows('access', sql`select distinct record_id as id, version, entry_id from access.version`)),
  ]
  const entries = await rows(
    'evidence',
    sql`select id as entry_id, record_id as id, record_version as version from evidence.entry where record_id is not null`,
  )
  const key = (row: Record<string, unknown>): string =>
    `${String(row['id'])} ${String(row['version'])} ${String(row['entry_id'])}`
  const [made, told] = [versions.map(key).sort(), entries.map(key).sort()]
  return made.join() === told.join() ? [] : [made.length, told.length]
}

export function role(name: string, more: Partial<PrincipalFact> = {}): PrincipalFact {
  const arn = `arn:aws:iam::111122223333:role/${name}`
  return {
    type: 'principal',
    ref: ref('aws', arn),
    kind: 'service_account',
    nativeType: 'iam-role',
    system: 'aws',
    externalId: arn,
    name,
    provenance: { connector: 'aws', file: 'export.json', object: name },
    ...more,
  }
}

export const arnOf = (name: string): string => `arn:aws:iam::111122223333:role/${name}`

export function secret(name: string, more: Partial<CredentialFact> = {}): CredentialFact {
  return {
    type: 'credential',
    credentialType: 'api_token',
    exposure: 'embedded',
    name,
    rule: 'generic',
    provenance: { connector: 'source-code', file: `src/${name}.ts`, startLine: 3 },
    ...more,
  }
}

export function right(name: string, permission: string): EntitlementFact {
  return {
    type: 'entitlement',
    principal: ref('aws', arnOf(name)),
    system: 'csv',
    permission,
    actions: ['aws:s3:GetObject'],
    resources: ['*'],
    level: 'read',
    provenance: { connector: 'csv', file: 'rights.csv' },
  }
}

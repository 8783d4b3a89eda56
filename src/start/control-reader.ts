// What controls read, from the layers of a server: governance sees rows, and no layer sees governance.
import { ACCESS_TABLES, everyBreakGlass, everyPolicyVersion, roleHolders, tokensInForce } from '#access/records'
import type { Database, LayerDatabase } from '#db'
import { readAllRecords, versionHash } from '#db/history'
import type { RecordTable } from '#db/history'
import { EFFECT_TABLES } from '#effect'
import { entryHashes, logStanding, verifyRows } from '#evidence'
import type { NoteVerifier } from '#evidence'
import type { ControlReader, Row, Rows } from '#governance'
import {
  everyCredential,
  everyIdentityRequest,
  everyOffer,
  everyPerson,
  everyPrincipal,
  everyVendor,
  knownToEach,
  ROLL_TABLES,
} from '#identity/roll'
import type { IdentityLayer } from '#identity/roll'
import type { Id, Instant } from '#kernel'
import { planRows, restraintRows, targetRows } from './effect-rows.ts'
import { grantRows } from './grant-rows.ts'
import { rowSources } from './told-tables.ts'

const HASHES_BATCH = 1000

/** The estate as it is, or as it was at `past`, by what was known then. Only cosignatures of `witnesses` count. */
export function controlReader(
  database: Database,
  identity: IdentityLayer,
  witnesses: readonly NoteVerifier[] = [],
  past?: Instant,
): ControlReader {
  const at = past ?? identity.clock()
  const access = database.layer('access')
  const evidence = database.layer('evidence')
  const read: { readonly [P in keyof Rows]: () => AsyncIterable<Row<Rows[P]>> } = {
    principals: () => everyPrincipal(identity, past),
    credentials: () => everyCredential(identity, past),
    requests: () => everyIdentityRequest(identity, past),
    breakGlass: () => everyBreakGlass(access, past),
    holders: () => mapped(roleHolders(access, at), ({ subjectId, roles }) => ({ id: subjectId, data: { roles } })),
    tokens: () =>
      mapped(tokensInForce(access, at), ({ id, subjectId, expiresAt }) => ({
        id,
        data: { expiresAt, ...(subjectId === null ? {} : { subjectId }) },
      })),
    grants: () => grantRows(database),
    policies: () => everyPolicyVersion(access),
    plans: () => planRows(database),
    targets: () => targetRows(database),
    restraints: () => restraintRows(database),
    versions: () => versions(database),
    told: () => told(database),
    log: async function* log() {
      yield { id: 'log', data: await logStanding(evidence, witnesses) }
    },
  }
  return {
    at,
    past: past !== undefined,
    read: (population) => read[population](),
    leavers: () => leavers(identity, at, past),
    people: async () => await count(everyPerson(identity, past)),
    vendors: () => everyVendor(identity, past),
    offered: () => offered(identity, past),
    known: async (people) => {
      const known = await knownToEach(identity, people as readonly Id<'person'>[])
      return new Map([...known].map(([id, items]) => [id, items.map(({ credentialId }) => credentialId)]))
    },
  }
}

async function* mapped<T, R>(items: AsyncIterable<T>, to: (item: T) => R): AsyncGenerator<R> {
  for await (const item of items) yield to(item)
}

async function count(items: AsyncIterable<unknown>): Promise<number> {
  let found = 0
  for await (const _ of items) found += 1
  return found
}

/** When somebody left: the day that the feed says; else when the roll came to say so. */
async function* leavers(
  identity: IdentityLayer,
  at: Instant,
  past?: Instant,
): AsyncGenerator<Row<{ leftAt: Instant }>> {
  for await (const { id, version, validFrom, data } of everyPerson(identity, past)) {
    if (data.status !== 'leaver') continue
    const leftAt = data.endAt !== undefined && data.endAt <= at ? data.endAt : validFrom
    yield { id, version, data: { leftAt } }
  }
}

async function* offered(identity: IdentityLayer, past?: Instant): AsyncGenerator<string> {
  for await (const { data } of everyOffer(identity, past)) if (data.state === 'pending') yield data.principalId
}

/** What lets somebody in, gives a right or says who knew a secret, a table each. */
const TOLD: ReadonlySet<string> = new Set([
  'access.token',
  'access.role_assignment',
  'access.approval',
  'identity.exposure',
])

async function* told(database: Database): AsyncGenerator<Row<Rows['told']>> {
  for (const source of rowSources(database).filter(({ name }) => TOLD.has(name))) {
    const findings = await verifyRows(database.layer('evidence'), [source])
    const problems = findings.flatMap(({ outcome, detail }) => (outcome === 'passed' ? [] : [detail]))
    yield { id: source.name, data: { problems } }
  }
}

/** Every present record of every layer, with what its entry says. */
async function* versions(database: Database): AsyncGenerator<Row<Rows['versions']>> {
  for (const [db, tables] of tablesOf(database)) {
    for (const table of tables) yield* versionsOf(db, table, database.layer('evidence'))
  }
}

const tablesOf = (database: Database): (readonly [LayerDatabase, readonly RecordTable[]])[] => [
  [database.layer('identity'), ROLL_TABLES],
  [database.layer('access'), ACCESS_TABLES],
  [database.layer('connections'), [{ schema: 'connections', table: 'connection' }]],
  [database.layer('effect'), EFFECT_TABLES],
]

async function* versionsOf(
  db: LayerDatabase,
  table: RecordTable,
  evidence: LayerDatabase,
): AsyncGenerator<Row<Rows['versions']>> {
  let batch: { id: string; version: number; hash: string }[] = []
  const rows = async (): Promise<Row<Rows['versions']>[]> => {
    const entries = await entryHashes(evidence, batch)
    const joined = batch.map(({ id, version, hash }) => {
      const entryHash = entries.get(`${id} ${version}`)
      return { id, version, data: { hash, ...(entryHash === undefined ? {} : { entryHash }) } }
    })
    batch = []
    return joined
  }
  for await (const record of readAllRecords(db, table)) {
    const { id, version } = record
    const newest = record.versions.at(-1)
    // of what stands there, not of what it says its hash is
    const hash =
      newest === undefined ? '' : versionHash(id, newest.version, newest.recordedAt, newest.segments, newest.salt)
    batch.push({ id, version, hash })
    if (batch.length >= HASHES_BATCH) yield* await rows()
  }
  yield* await rows()
}

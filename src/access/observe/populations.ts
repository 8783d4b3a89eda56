// What the access layer shows an auditor: accounts and entitlements with their versions, and who may use Reeve itself.
import type { Json } from '#kernel'
import { sql } from '#db'
import type { LayerDatabase, Sql } from '#db'
import { readAllRecords } from '#db/history'
import type { RecordTable, RecordWithVersions } from '#db/history'
import { ACCOUNT, ENTITLEMENT } from './records.ts'

interface Named {
  readonly name: string
  readonly title: string
  readonly prefix: string
  /** Column → path in the record. */
  readonly columns: Readonly<Record<string, string>>
}

type Data = { readonly [key: string]: Json }

export interface AccessRecordPopulation extends Named {
  rows(): AsyncIterable<RecordWithVersions>
}

/** What has no versions: each row was made by an entry of one of these types. */
export interface AccessPlainPopulation extends Named {
  readonly madeBy: readonly string[]
  rows(): AsyncIterable<{ readonly id: string; readonly data: Data }>
}

/** The record tables of the layer, for whoever checks them all. */
export const ACCESS_TABLES: readonly RecordTable[] = [ACCOUNT, ENTITLEMENT]

const BATCH = 1000

export function accessPopulations(db: LayerDatabase): (AccessRecordPopulation | AccessPlainPopulation)[] {
  return [
    {
      name: 'accounts',
      title: 'accounts of identities in systems',
      prefix: 'acc_',
      columns: { principal: 'principalId', system: 'system', external_id: 'externalId', gone_at: 'goneAt' },
      rows: () => readAllRecords(db, ACCOUNT),
    },
    {
      name: 'entitlements',
      title: 'what identities may do, as the sources state it',
      prefix: 'ent_',
      columns: {
        principal: 'principalId',
        system: 'system',
        permission: 'permission',
        effect: 'effect',
        level: 'level',
        resources: 'resources',
        path: 'path',
        gone_at: 'goneAt',
      },
      rows: () => readAllRecords(db, ENTITLEMENT),
    },
    {
      name: 'tokens',
      title: 'tokens of Reeve itself; never a value',
      prefix: 'tok_',
      columns: same('principal', 'person', 'bootstrap', 'scopes', 'created_at', 'expires_at', 'revoked_at', 'used_on'),
      madeBy: ['token.created'],
      rows: () => plainRows(db, TOKENS),
    },
    {
      name: 'role-assignments',
      title: 'who administers, approves, reviews and audits Reeve itself',
      prefix: 'rol_',
      columns: same('subject', 'role', 'both_allowed', 'assigned_at', 'assigned_by', 'ended_at', 'ended_by'),
      madeBy: ['role.assigned'],
      rows: () => plainRows(db, ROLES),
    },
  ]
}

const same = (...names: readonly string[]): Record<string, string> =>
  Object.fromEntries(names.map((name) => [name, name]))

const TOKENS = sql`select id, principal_id as principal, person_id as person, bootstrap, scopes, created_at, expires_at,
  revoked_at, used_on from access.token`
const ROLES = sql`select id, subject_id as subject, role, both_allowed, assigned_at, assigned_by, ended_at, ended_by
  from access.role_assignment`

async function* plainRows(db: LayerDatabase, from: Sql): AsyncGenerator<{ id: string; data: Data }> {
  for (let after = ''; ;) {
    const rows = await db.transaction(
      async (tx) => await tx.query<Data & { id: string }>(sql`${from} where id > ${after} order by id limit ${BATCH}`),
      { readOnly: true },
    )
    for (const { id, ...data } of rows) yield { id, data }
    const last = rows.at(-1)
    if (last === undefined || rows.length < BATCH) return
    after = last.id
  }
}

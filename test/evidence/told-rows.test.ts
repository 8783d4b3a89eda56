// Rows without versions, edited by whoever has the superuser's password: named, whichever way they were edited.
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { Client } from 'pg'
import { sql } from '#db'
import type { Sql } from '#db'
import { Fault } from '#kernel'
import { databaseUnavailable, testDatabase } from '../../src/db/database-in-test.ts'
import { NOT_COVERED, TOLD_TABLES, VERSIONED_TABLES } from '../../src/start/told-tables.ts'
import { refuseForgedRows } from '../../src/start/forged-rows.ts'
import { note } from '../../src/access/role/administration.ts'
import { copyOf } from './copies.ts'
import type { Copy } from './copies.ts'
import { evidenceEstate, logKey } from './estate.ts'
import type { Estate } from './estate.ts'

describe('tables and the log', { skip: databaseUnavailable() }, () => {
  test('every table of the catalogue hangs on the log, or it is said why it does not', async () => {
    const own = await testDatabase()
    const client = new Client(own.superuser)
    await client.connect()
    try {
      const { rows } = await client.query<{ name: string; schema: string; triggers: string[] }>(`
        select n.nspname || '.' || c.relname as name, n.nspname as schema,
          array(select pg_get_triggerdef(t.oid) from pg_trigger t
                where t.tgrelid = c.oid and t.tgname like 'evidence_%' order by t.tgname) as triggers
        from pg_class c join pg_namespace n on n.oid = c.relnamespace
        where c.relkind in ('r', 'p') and n.nspname !~ '^pg_' and n.nspname <> 'information_schema'`)
      const versioned = new Set([
        ...VERSIONED_TABLES.map(({ schema, table }) => `${schema}.${table}`),
        ...['identity', 'access', 'connections', 'effect'].map((schema) => `${schema}.version`),
      ])
      const told = new Map(TOLD_TABLES.map((table) => [table.name, table]))
      const nowhere = rows.filter(
        ({ name, schema }) =>
          !versioned.has(name) && !told.has(name) && !(name in NOT_COVERED) && !(`${schema}.*` in NOT_COVERED),
      )
      assert.deepEqual(nowhere, [], 'say in src/start/told-tables.ts how it hangs on the log, or why it does not')
      const names = new Set(rows.map(({ name }) => name))
      assert.deepEqual(
        [...versioned, ...told.keys()].filter((name) => !names.has(name)),
        [],
      )
      for (const { name, key, leftOut } of told.values()) {
        const triggers = rows.find((row) => row.name === name)?.triggers ?? []
        assert.equal(triggers.length, 3, `${name} is told when rows are made, changed and deleted`)
        for (const trigger of triggers)
          assert.ok(trigger.endsWith(`('${key.join(',')}', '${leftOut.join(',')}')`), trigger)
      }
    } finally {
      await client.end()
      await own.close()
    }
  })
})

const ROLE = `insert into access.role_assignment (id, subject_id, role, assigned_at, assigned_by, reason)
  values ('rol_00000000000000000000000000', 'psn_x', 'access-admin', now(), 'psn_x', 'because')`

const EDITS: readonly (readonly [name: string, edit: string, found: RegExp])[] = [
  ['a role that was given by nobody', ROLE, /access\.role_assignment .*rol_0{26}.* has no entry/],
  ['a token of wider scopes', `update access.token set scopes = '{*}'`, /access\.token .*tok_.* was changed/],
  [
    'a token that lasts longer',
    `update access.token set expires_at = expires_at + interval '9 years'`,
    /access\.token .* was changed/,
  ],
  [
    'a token that more may know',
    `update access.token set known_to = known_to || 'psn_x'::text`,
    /access\.token .* was changed/,
  ],
  ['identifiers that are gone', 'delete from identity.ref', /identity\.ref .* is gone; its entry is evt_/],
  [
    'hashes of rows beside the rows',
    `update evidence.row_change set hash = sha256('x') where table_name = 'access.token'`,
    /the hashes of entry evt_.* were changed/,
  ],
  [
    'hashes that are gone',
    `delete from evidence.row_change where table_name = 'access.token'`,
    /the hashes of entry .* are gone/,
  ],
  [
    'a policy text that nobody approved',
    `insert into access.policy_text (hash, text, policies) values ('x', 'permit (principal, action, resource);', '[]')`,
    /access\.policy_text .* has no entry/,
  ],
]

describe('rows without versions', { skip: databaseUnavailable() }, () => {
  let estate: Estate
  before(async () => {
    estate = await evidenceEstate()
    await estate.db.database.close()
  })
  after(async () => await estate.close())

  async function found(tamper: (copy: Copy) => Promise<unknown>): Promise<string> {
    const copy = await copyOf(estate)
    try {
      await tamper(copy)
      return (await copy.failed({ state: true })).map(({ detail }) => detail).join('\n')
    } finally {
      await copy.close()
    }
  }

  test('nothing is found where nothing was touched', async () => {
    assert.equal(await found(() => Promise.resolve()), '')
  })

  for (const [name, edit, expected] of EDITS)
    test(`${name}, past the triggers: named`, async () => {
      assert.match(
        await found(async (copy) => {
          await copy.query('set session_replication_role = replica')
          await copy.query(edit)
        }),
        expected,
      )
    })

  const BY_THE_LAYER: readonly (readonly [name: string, edit: Sql])[] = [
    [
      'a role',
      sql`insert into access.role_assignment (id, subject_id, role, assigned_at, assigned_by, reason)
        values ('rol_00000000000000000000000000', 'psn_x', 'access-admin', now(), 'psn_x', 'because')`,
    ],
    ['a token', sql`update access.token set revoked_at = now(), revoked_by = 'psn_x'`],
  ]
  for (const [name, edit] of BY_THE_LAYER)
    test(`${name} written by SQL with the layer\u2019s own password: named, for no act wrote it`, async () => {
      assert.match(
        await found(
          async (copy) => await copy.database.layer('access').transaction(async (tx) => void (await tx.execute(edit))),
        ),
        /access\.(?:role_assignment|token) .* was written past Reeve: entry evt_.* follows from no/,
      )
    })

  test('a token or a role that was written past Reeve lets nobody in: the server does not start', async () => {
    const EVERYTHING = `update access.token set scopes = '{read,write,admin}'`
    for (const edit of [ROLE, EVERYTHING, 'delete from access.token']) {
      const copy = await copyOf(estate)
      const said: string[] = []
      const look = async (): Promise<void> => await refuseForgedRows(copy.database, (event) => said.push(event))
      try {
        await look()
        await copy.query('set session_replication_role = replica')
        await copy.query(edit)
        await assert.rejects(look(), (error) => error instanceof Fault && error.code === 'conflict')
        assert.match(said.join(), /ALARM: access\.(?:token|role_assignment) /)
      } finally {
        await copy.close()
      }
    }
  })

  test('nor one that was written with the layer\u2019s own password', async () => {
    const copy = await copyOf(estate)
    try {
      for (const [, edit] of BY_THE_LAYER.slice(0, 1))
        await copy.database.layer('access').transaction(async (tx) => void (await tx.execute(edit)))
      const look = async (): Promise<void> => await refuseForgedRows(copy.database, () => undefined)
      await assert.rejects(look(), /follows from no role\.assigned/)
      // as the guide says; that it was there is named for ever
      await copy.query(`delete from access.role_assignment where id = 'rol_00000000000000000000000000'`)
      await look()
      const said = (await copy.failed({ state: true })).map(({ detail }) => detail).join('\n')
      assert.match(said, /rol_0{26}.* was written past Reeve/)
    } finally {
      await copy.close()
    }
  })

  test('a token that was revoked, put back as it was with its changes in another order: named', async () => {
    assert.match(
      await found(async (copy) => {
        const [token] = await copy.query<{ id: string }>('select id from access.token where revoked_at is null limit 1')
        const { id } = token ?? assert.fail('there is one')
        const key = JSON.stringify([id])
        await copy.database.layer('access').transaction(async (tx) => {
          await tx.execute(sql`update access.token set revoked_at = now(), revoked_by = 'reeve' where id = ${id}`)
          await note(tx, estate.roll.act('ada'), 'token.revoked', [id])
        })
        await copy.rebuild(logKey())
        assert.deepEqual(await copy.failed({ state: true }), [])
        await copy.query('set session_replication_role = replica')
        await copy.query('alter table evidence.row_change alter ordinal set generated by default')
        await copy.query('update access.token set revoked_at = null, revoked_by = null where id = $1', [id])
        await copy.query(
          `update evidence.row_change set ordinal = -1 where ordinal = (
             select max(ordinal) from evidence.row_change where table_name = 'access.token' and key = $1)`,
          [key],
        )
      }),
      /^the hashes of entry evt_\w+ were moved: it says that they stand elsewhere among the others$/m,
    )
  })

  test('a superuser who lets the triggers run is named by them', async () => {
    assert.match(
      await found(async (copy) => await copy.query(ROLE)),
      /access\.role_assignment was written by reeve_superuser, past Reeve; the entry is evt_/,
    )
  })

  test('a token that is made and used is told once, and the day of its use is no news', async () => {
    const copy = await copyOf(estate)
    try {
      const count = async (): Promise<string> =>
        (
          await copy.query<{ count: string }>(
            `select count(*) from evidence.row_change where table_name = 'access.token'`,
          )
        )[0]?.count ?? ''
      assert.equal(await count(), '1')
      await copy.query(`update access.token set used_on = '2026-03-02'`)
      assert.equal(await count(), '1')
      assert.equal((await copy.failed({ state: true })).length, 0)
    } finally {
      await copy.close()
    }
  })
})

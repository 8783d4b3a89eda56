// Layers that cannot cheat each other: PostgreSQL itself refuses, whatever the code of a layer tries over its own credentials.
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { Client } from 'pg'
import { newId } from '#kernel'
import { LAYER_NAMES, LAYERS, sqlStateOf } from '#db'
import type { Layer } from '#db'
import { databaseUnavailable, testDatabase } from '../src/db/database-in-test.ts'
import type { TestDatabase } from '../src/db/database-in-test.ts'

interface Table {
  readonly schema: string
  readonly table: string
  /** One that can be updated: not generated. */
  readonly column: string
}

const REFUSED = '42501'
/** Schemas that a layer has beside its own. */
const ALSO: Readonly<Partial<Record<Layer, readonly string[]>>> = { connections: ['jobs'] }
const schemasOf = (layer: Layer): readonly string[] => [LAYERS[layer].schema, ...(ALSO[layer] ?? [])]
const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`
const nameOf = ({ schema, table }: Table): string => `${quoted(schema)}.${quoted(table)}`

const WRITES = ['INSERT', 'UPDATE', 'DELETE', 'TRUNCATE'] as const
type Write = (typeof WRITES)[number]

const STATEMENTS: Readonly<Record<Write, (table: Table) => string>> = {
  INSERT: (table) => `insert into ${nameOf(table)} default values`,
  UPDATE: (table) => `update ${nameOf(table)} set ${quoted(table.column)} = ${quoted(table.column)}`,
  DELETE: (table) => `delete from ${nameOf(table)}`,
  TRUNCATE: (table) => `truncate ${nameOf(table)} cascade`,
}

/** The one write that crosses: every layer appends evidence in its own transaction. */
const mayCross = ({ schema, table }: Table, write: Write): boolean =>
  schema === 'evidence' && table === 'entry' && write === 'INSERT'

describe('layers', { skip: databaseUnavailable() }, () => {
  let database: TestDatabase
  let owner: Client
  let tables: readonly Table[]
  const clients = new Map<Layer, Client>()
  const clientOf = (layer: Layer): Client => clients.get(layer) ?? assert.fail(`no client of ${layer}`)

  before(async () => {
    database = await testDatabase()
    owner = new Client(database.owner)
    await owner.connect()
    // also the layers that have no table yet, and the privileges that a table of tomorrow begins with
    for (const schema of LAYER_NAMES.flatMap(schemasOf))
      await owner.query(`create table ${quoted(schema)}.in_test (a integer)`)
    tables = await readTables()
    for (const layer of LAYER_NAMES) {
      const client = new Client(database.connectionFor(layer))
      await client.connect()
      clients.set(layer, client)
    }
  })
  after(async () => {
    await Promise.all([...clients.values(), owner].map((client) => client.end()))
    await database.close()
  })

  async function readTables(): Promise<Table[]> {
    const { rows } = await owner.query<Table>(`
      select n.nspname as schema, c.relname as table, min(a.attname) filter (where a.attgenerated = '' and a.attidentity = '') as column
      from pg_class c join pg_namespace n on n.oid = c.relnamespace join pg_attribute a on a.attrelid = c.oid
      where c.relkind in ('r', 'p', 'v', 'm', 'f') and a.attnum > 0 and not a.attisdropped
        and n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
      group by 1, 2 order by 1, 2`)
    return rows
  }

  /** The SQLSTATE with which a statement is refused, `undefined` where it is not; nothing of it stays. */
  async function refusal(client: Client, statement: string): Promise<string | undefined> {
    await client.query('begin')
    try {
      await client.query(statement)
      return undefined
    } catch (error) {
      return sqlStateOf(error) ?? 'no answer'
    } finally {
      await client.query('rollback')
    }
  }

  test('every layer has its schema, and every schema a table that is tried', () => {
    const schemas = new Set(tables.map(({ schema }) => schema))
    for (const layer of LAYER_NAMES) for (const schema of schemasOf(layer)) assert.ok(schemas.has(schema), schema)
    assert.deepEqual(
      [...schemas].filter((schema) => !LAYER_NAMES.flatMap(schemasOf).includes(schema)),
      ['outbox', 'reeve'],
      'a schema that belongs to no layer is named here',
    )
  })

  for (const layer of LAYER_NAMES) {
    test(`${layer} can become no other role, and then write no table of another layer`, async () => {
      const client = clientOf(layer)
      const others = LAYER_NAMES.filter((other) => other !== layer).map((other) => LAYERS[other].role)
      for (const role of [...others, 'reeve_owner', 'reeve_superuser']) {
        await client.query('reset role')
        await client.query('reset session authorization')
        assert.equal(await refusal(client, `set role ${role}`), REFUSED, role)
        assert.equal(await refusal(client, `set session authorization ${role}`), REFUSED, role)
        assert.equal(await refusal(client, `set local role ${role}`), REFUSED, role)
      }
      const { rows } = await client.query<{ who: string }>('select current_user || session_user as who')
      assert.equal(rows[0]?.who, LAYERS[layer].role.repeat(2))
      const foreign = tables.filter(({ schema }) => !schemasOf(layer).includes(schema))
      assert.ok(foreign.length > 10)
      const got: string[] = []
      for (const table of foreign) {
        for (const write of WRITES) {
          const state = await refusal(client, STATEMENTS[write](table))
          // what is allowed is not refused for its rights, but for the columns that are missing
          if (state !== (mayCross(table, write) ? '23502' : REFUSED)) got.push(`${write} ${nameOf(table)}: ${state}`)
        }
      }
      assert.deepEqual(got, [])
    })

    test(`${layer} can change no entry, no place in the log and no version; it can make and own nothing`, async () => {
      const client = clientOf(layer)
      const kept = tables.filter(
        ({ schema, table }) =>
          table === 'version' || (schema === 'evidence' && ['entry', 'sequence', 'checkpoint'].includes(table)),
      )
      for (const table of kept) {
        if (table.schema === 'jobs') continue
        for (const write of ['UPDATE', 'DELETE', 'TRUNCATE'] as const) {
          assert.equal(await refusal(client, STATEMENTS[write](table)), REFUSED, `${write} ${nameOf(table)}`)
        }
      }
      const schema = quoted(LAYERS[layer].schema)
      const making = [
        `create table ${schema}.mine (a integer)`,
        'create table public.mine (a integer)',
        'create temporary table mine (a integer)',
        'create schema mine',
        `create function ${schema}.mine() returns integer language sql as 'select 1'`,
        'create role mine login',
        `grant reeve_evidence to ${LAYERS[layer].role}`,
        'alter role reeve_identity superuser',
        "copy (select 1) to program 'true'",
        'drop schema evidence cascade',
      ]
      for (const statement of making) assert.equal(await refusal(client, statement), REFUSED, statement)
      for (const statement of [
        'alter table evidence.entry disable trigger all',
        'drop table evidence.entry',
        'alter table evidence.entry owner to current_user',
        `create rule r as on insert to evidence.entry do nothing`,
        `create index on evidence.entry (actor)`,
      ]) {
        assert.equal(await refusal(client, statement), REFUSED, statement)
      }
    })

    test(`${layer} appends evidence under its own name and no other`, async () => {
      const client = clientOf(layer)
      const values = `'${newId('entry')}', '${layer}', 'a.b', now(), 'reeve', '{}'`
      const columns = 'id, layer, type, at, actor, subjects'
      await client.query(`insert into evidence.entry (${columns}) values (${values})`)
      const { rows } = await owner.query<{ who: string }>(
        `select written_by as who from evidence.entry where id = ${values.split(',')[0]}`,
      )
      assert.deepEqual(rows, [{ who: LAYERS[layer].role }])
      // nor does it speak for another layer
      const other = layer === 'evidence' ? 'identity' : 'evidence'
      const foreign = `insert into evidence.entry (${columns}) values (${values.replace(`'${layer}'`, `'${other}'`)})`
      assert.equal(await refusal(client, foreign), '23514')
      for (const [column, value] of [
        ['written_by', `'reeve_identity'`],
        ['transaction', `'1'::xid8`],
      ] as const) {
        const forged = `insert into evidence.entry (${columns}, ${column}) values (${values}, ${value})`
        assert.equal(await refusal(client, forged), REFUSED, column)
      }
    })
  }

  test('no role is a member of another, none owns anything, none has an attribute that gives it more', async () => {
    const roles = LAYER_NAMES.map((layer) => LAYERS[layer].role)
    const { rows: attributes } = await owner.query(
      `select rolname from pg_roles where rolname = any($1)
       and (rolsuper or rolcreaterole or rolcreatedb or rolreplication or rolbypassrls or not rolcanlogin)`,
      [roles],
    )
    assert.deepEqual(attributes, [])
    const { rows: members } = await owner.query(
      `select m.roleid::regrole::text, m.member::regrole::text from pg_auth_members m
       where m.member = any(select oid from pg_roles where rolname = any($1))
          or m.roleid = any(select oid from pg_roles where rolname = any($1)) and m.member <> 10`,
      [roles],
    )
    assert.deepEqual(members, [])
    const { rows: owned } = await owner.query(
      `select d.objid from pg_shdepend d join pg_roles r on r.oid = d.refobjid and d.refclassid = 'pg_authid'::regclass
       where d.deptype = 'o' and r.rolname = any($1) and d.dbid = (select oid from pg_database where datname = current_database())`,
      [roles],
    )
    assert.deepEqual(owned, [])
  })

  test('a function that runs with its maker’s rights can be run by the layer of its schema alone', async () => {
    const { rows } = await owner.query<{ schema: string; name: string; role: string }>(
      `select n.nspname as schema, p.oid::regprocedure::text as name, r.rolname as role
       from pg_proc p join pg_namespace n on n.oid = p.pronamespace cross join pg_roles r
       where p.prosecdef and r.rolname = any($1) and has_function_privilege(r.oid, p.oid, 'execute')`,
      [LAYER_NAMES.map((layer) => LAYERS[layer].role)],
    )
    const allowed = (schema: string, role: string): boolean =>
      LAYER_NAMES.some((layer) => LAYERS[layer].role === role && schemasOf(layer).includes(schema))
    assert.deepEqual(
      rows.filter(({ schema, role }) => !allowed(schema, role)),
      [],
    )
  })

  test('no layer moves a sequence of another', async () => {
    const { rows } = await owner.query<{ schema: string; name: string }>(
      `select schemaname as schema, format('%I.%I', schemaname, sequencename) as name from pg_sequences`,
    )
    assert.ok(rows.length > 0)
    for (const layer of LAYER_NAMES) {
      for (const { name } of rows.filter(({ schema }) => !schemasOf(layer).includes(schema))) {
        assert.equal(await refusal(clientOf(layer), `select nextval('${name}')`), REFUSED, `${layer} ${name}`)
        assert.equal(await refusal(clientOf(layer), `select setval('${name}', 1)`), REFUSED, `${layer} ${name}`)
      }
    }
  })

  test('a grant that should not be is seen', async () => {
    const table = tables.find(({ schema, table: name }) => schema === 'identity' && name === 'in_test')
    assert.ok(table)
    for (const write of WRITES) {
      await owner.query(`grant ${write} on identity.in_test to reeve_access`)
      await owner.query('grant usage on schema identity to reeve_access')
      const statement: string = write === 'UPDATE' ? 'update identity.in_test set a = 1' : STATEMENTS[write](table)
      assert.equal(await refusal(clientOf('access'), statement), undefined, write)
    }
  })
})

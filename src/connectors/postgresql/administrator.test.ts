import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { after, before, describe, test } from 'node:test'
import type { Examined } from '#connectors/target'
import { scramVerifier } from '#kernel'
import { asAdministrator } from './administrator.ts'
import { administratorSql, postgresqlTarget } from './index.ts'
import { MAJORS, postgresMissing, startPostgres } from './postgres-in-test.ts'
import type { TestPostgres } from './postgres-in-test.ts'

const PSQL = '/usr/lib/postgresql/15/bin/psql'
const noPsql = existsSync(PSQL) ? false : 'psql is not here'
const OWN_PASSWORD = 'only in this test'

/** What PostgreSQL refuses it, with the SQLSTATE of each refusal. */
const REFUSED: readonly (readonly [what: string, statement: string])[] = [
  ['read a table', 'select * from bills'],
  ['write a table', 'insert into bills values (1)'],
  ['make a table', 'create table mine (id int)'],
  ['make a database', 'create database another'],
  ['change the server', "alter system set work_mem = '1GB'"],
  ['reload the server', 'select pg_reload_conf()'],
  ['run a program', "copy (select 1) to program 'true'"],
  ['write a file', "copy (select 1) to '/tmp/never'"],
  ['read a file', "select pg_read_file('/etc/passwd')"],
  ['read verifiers', 'select rolpassword from pg_authid'],
  ['read verifiers by their view', 'select passwd from pg_shadow'],
  ['read pg_hba.conf with its options', 'select * from pg_hba_file_rules'],
  ['become a superuser', 'alter role reeve_admin superuser'],
  ['change a superuser', 'alter role postgres nologin'],
  ['become a superuser by SET ROLE', 'set role postgres'],
  ['take part in replication', 'alter role reeve_admin replication'],
  ['make a function of C', "create function f() returns int language c as 'x', 'y'"],
  ['read what others have stored for foreign servers', 'select umoptions from pg_user_mapping'],
  [
    'put another function in the place of a reviewed one',
    'create or replace function reeve.verifiers() returns int language sql return 1',
  ],
  ['make an extension', 'create extension file_fdw'],
]

for (const major of MAJORS) {
  describe(`the administrative role on PostgreSQL ${major}`, { skip: postgresMissing(major), timeout: 120_000 }, () => {
    let server: TestPostgres
    before(async () => {
      server = await startPostgres(major)
      await server.sql('create database shop')
      await server.sql('create table bills (id int); create role app login; create role keeper')
      await server.administered(['app', 'keeper'], ['shop'])
    })
    after(async () => await server?.stop())

    const examined = async (): Promise<Map<string, Examined>> => {
      const lines = await postgresqlTarget.examine(server.call({ successor: 'keeper' }))
      return new Map(lines.map((one) => [one.check, one]))
    }

    test('one command makes it, twice the same, and the password is in no log', { skip: noPsql }, async () => {
      const wanted = { role: 'reeve_admin', verifier: scramVerifier(OWN_PASSWORD), database: 'postgres' }
      const text = administratorSql({ ...wanted, databases: ['shop', 'postgres'], managed: ['app', 'keeper'] })
      assert.ok(!text.includes(OWN_PASSWORD))
      await server.restart({ log_statement: 'all', logging_collector: 'on', log_directory: '../log' })
      const environment = { PGPASSWORD: OWN_PASSWORD, PATH: '/usr/bin:/bin' }
      const options = ['-X', '-q', '-h', '127.0.0.1', '-p', String(server.port), '-U', 'postgres']
      for (const _ of [1, 2])
        execFileSync(PSQL, [...options, 'postgres'], {
          input: text,
          env: environment,
          stdio: ['pipe', 'ignore', 'pipe'],
        })
      const log = execFileSync('/bin/sh', ['-c', 'cat "$1"/log/*', 'sh', server.socketFolder], { encoding: 'utf8' })
      assert.match(log, /CREATE OR REPLACE|SET LOCAL log_statement/)
      assert.ok(!log.includes('SCRAM-SHA-256$4096'), 'the verifier is in the log')
      const bad = [...(await examined()).values()].filter(({ outcome }) => outcome !== 'ok')
      assert.deepEqual(bad, [])
    })

    test('PostgreSQL refuses it what it does not need', async () => {
      const session = await server.session('reeve_admin', OWN_PASSWORD)
      try {
        for (const [what, statement] of REFUSED) await assert.rejects(session.query(statement), { code: '42501' }, what)
      } finally {
        await session.end()
      }
    })

    test('what it lacks is said with the statement that gives it', async () => {
      const role = 'reeve_admin'
      const taken: readonly (readonly [check: string, statement: string])[] = [
        ['may change roles', `alter role ${role} nocreaterole`],
        ['may end sessions', `revoke pg_signal_backend from ${role}`],
        ['sees sessions', `revoke pg_read_all_stats from ${role}`],
        ['keeps at the target what a role had before', `revoke set on parameter "reeve.held" from ${role}`],
        ['sees equal verifiers', 'drop function reeve.verifiers()'],
        ['sees pg_hba.conf', `revoke execute on function reeve.hba_lines() from ${role}`],
        ['hands over in the database postgres', 'drop function reeve.hand_over(name, name)'],
      ]
      for (const [check, statement] of taken) {
        await server.sql(statement)
        const line = (await examined()).get(check)
        assert.equal(line?.outcome, 'missing', check)
        for (const remedy of line?.remedy ?? []) await server.sql(remedy)
        assert.equal((await examined()).get(check)?.outcome, 'ok', `${check}: ${line?.remedy?.join('; ')}`)
      }
      await server.sql(`revoke connect on database shop from public; revoke connect on database shop from ${role}`)
      const line = (await examined()).get('hands over in the database shop')
      assert.equal(line?.outcome, 'missing')
      for (const remedy of line?.remedy ?? []) await server.sql(remedy)
      assert.equal((await examined()).get('hands over in the database shop')?.outcome, 'ok')
    })

    test('what it has too much is said with the statement that takes it away', async () => {
      const given: readonly (readonly [check: string, statement: string])[] = [
        ['no BYPASSRLS', 'alter role reeve_admin bypassrls'],
        ['no CREATEDB', 'alter role reeve_admin createdb'],
        ['no rights of pg_read_all_data', 'grant pg_read_all_data to reeve_admin'],
        ['no rights of pg_write_server_files', 'grant pg_write_server_files to reeve_admin'],
        ['no rights of app', `grant app to reeve_admin${major >= 16 ? ' with inherit true, set true' : ''}`],
        ['no rights on data in postgres', 'grant select on bills to reeve_admin'],
        ['no SUPERUSER', 'alter role reeve_admin superuser'],
      ]
      for (const [check, statement] of given) {
        await server.sql(statement)
        const line = (await examined()).get(check)
        assert.equal(line?.outcome, 'too_much', check)
        for (const remedy of line?.remedy ?? []) await server.sql(remedy)
        assert.equal((await examined()).get(check), undefined, check)
      }
    })

    test('a successor that signs in, or has rights that what it takes over could use, is said', async () => {
      const given: readonly (readonly [check: string, statement: string, taken?: string])[] = [
        ['the successor may not log in', 'alter role keeper login'],
        ['the successor has no rights but by what it owns', 'alter role keeper createdb'],
        ['the successor has no rights but by what it owns', 'grant app to keeper'],
        [
          'the successor has no rights but by what it owns',
          'grant select on bills to keeper',
          'revoke all on bills from keeper',
        ],
      ]
      for (const [check, statement, taken] of given) {
        await server.sql(statement)
        const line = (await examined()).get(check)
        assert.equal(line?.outcome, 'too_much', statement)
        for (const remedy of [...(line?.remedy ?? []), ...(taken === undefined ? [] : [taken])])
          await server.sql(remedy)
        assert.equal((await examined()).get(check)?.outcome, 'ok', statement)
      }
      await server.sql('create table owned (id int); alter table owned owner to keeper')
      assert.equal((await examined()).get('the successor has no rights but by what it owns')?.outcome, 'ok')
      await server.sql('drop table owned')
    })

    test('what mends it is statements and nothing else: pasted as they stand, a successor that is missing is there', async () => {
      const check = 'may hand over to the successor'
      const asked = async (): Promise<Examined | undefined> =>
        (await postgresqlTarget.examine(server.call({ successor: 'not there yet' }))).find((one) => one.check === check)
      const { outcome, remedy = [] } = (await asked()) ?? {}
      assert.deepEqual([outcome, remedy.length], ['missing', 2])
      await server.sql(remedy.map((statement) => `${statement};\n`).join(''))
      assert.equal((await asked())?.outcome, 'ok')
      if (major >= 16) {
        await server.sql('revoke "not there yet" from reeve_admin cascade')
        const again = (await asked())?.remedy ?? []
        assert.deepEqual(again, ['GRANT "not there yet" TO "reeve_admin" WITH ADMIN TRUE, INHERIT FALSE, SET FALSE'])
        await server.sql(again.join(';'))
        assert.equal((await asked())?.outcome, 'ok')
      }
      // of a superuser nothing that could be pasted would make one
      const superuser = await postgresqlTarget.examine(server.call({ successor: 'postgres' }))
      assert.deepEqual(superuser.find((one) => one.check === check)?.remedy, [])
      await server.sql('drop role "not there yet"')
    })

    test("a schema or function of the name that is somebody else's stops the command, and is said with what mends it", async () => {
      await server.sql('create role third')
      const taken: readonly (readonly [statement: string, said: RegExp])[] = [
        ['alter schema reeve owner to third', /the schema reeve belongs to third/],
        ['alter function reeve.verifiers() owner to third', /reeve\.verifiers.* belongs to third/],
      ]
      for (const [statement, said] of taken) {
        await server.sql(statement)
        await assert.rejects(server.administered(['app', 'keeper'], ['shop']), said)
        const line = (await examined()).get('sees equal verifiers')
        assert.equal(line?.outcome, 'missing')
        assert.match(line?.detail ?? '', said)
        for (const remedy of line?.remedy ?? []) await server.sql(remedy)
        assert.equal((await examined()).get('sees equal verifiers')?.outcome, 'ok')
        await server.administered(['app', 'keeper'], ['shop'])
      }
      await server.sql('drop role third')
    })

    test('a function that does something else than this release installs is not called', async () => {
      await server.sql(
        'create or replace function reeve.hand_over(account name, successor name) returns void language sql as $$ select $$',
      )
      const check = 'hands over in the database postgres'
      assert.match((await examined()).get(check)?.detail ?? '', /reeve\.hand_over is not as this release installs it/)
      for (const remedy of (await examined()).get(check)?.remedy ?? []) await server.sql(remedy)
      assert.equal((await examined()).get(check)?.outcome, 'ok')
    })

    test('a server that compiles what is asked compiles nothing of what Reeve asks once', async () => {
      await server.sql('alter database postgres set jit = on')
      const asked = await asAdministrator(server.call(), { for: 'asking' }, async (one) => await one.rows('show jit'))
      assert.deepEqual(asked, [{ jit: 'off' }])
      await server.sql('alter database postgres reset jit')
    })

    test('a password that was rotated and a server that is down can be told apart', async () => {
      await server.sql("alter role reeve_admin password 'another'")
      const [rotated] = await postgresqlTarget.examine(server.call())
      assert.match(
        rotated?.detail ?? '',
        /does not let `reeve_admin` into the database `postgres` \(28P01\).*its password was changed/,
      )
      const [down] = await postgresqlTarget.examine(server.call({ address: { host: '127.0.0.1', port: 1 } }))
      assert.match(down?.detail ?? '', /127\.0\.0\.1:1 cannot be reached/)
      await server.sql("alter role reeve_admin password 'only in this test'")
    })
  })
}

test('a name can end neither its quotes nor the command', () => {
  const hostile = `a"; drop role x; --'\\`
  const wanted = {
    role: hostile,
    verifier: scramVerifier('x'),
    database: 'postgres',
    databases: [],
    managed: [hostile],
  }
  const text = administratorSql(wanted)
  assert.ok(text.includes('"a""; drop role x; --\'\\"'))
  assert.throws(() => administratorSql({ ...wanted, databases: ["x' host=elsewhere"] }), {
    code: 'usage',
    message: /cannot be told to connect to "x' host=elsewhere"/,
  })
  assert.throws(() => administratorSql({ ...wanted, role: 'a\0b' }), RangeError)
})

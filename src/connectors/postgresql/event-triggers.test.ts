import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { scramVerifier } from '#kernel'
import { administratorSql, postgresqlTarget } from './index.ts'
import { handOverFunction } from './hand-over.ts'
import { MAJORS, offered, PASSWORD, postgresMissing, startPostgres } from './postgres-in-test.ts'
import type { TestPostgres } from './postgres-in-test.ts'
import { carriedOut } from './steps-in-test.ts'

const SECRET = 'leaked-71c0de'
/** What app puts into its function once it is an event trigger's: whoever is a superuser then makes low one. */
const RAISES = `create or replace function app.seen() returns event_trigger language plpgsql as $$ begin
  if (select rolsuper from pg_catalog.pg_roles where rolname = current_user) then execute 'alter role low superuser'; end if; end $$`

for (const major of MAJORS) {
  describe(`event triggers, PostgreSQL ${major}`, { skip: postgresMissing(major), timeout: 120_000 }, () => {
    let server: TestPostgres
    before(async () => {
      server = await startPostgres(major)
      await server.sql('create database shop')
      await server.sql(`create role app login password '${SECRET}'; create role keeper; create role low login`)
      await server.administered(['app', 'keeper'], ['shop'])
      await server.sql(
        `create schema app authorization app; create table app.bills (x int); alter table app.bills owner to app; set role app;
         create function app.seen() returns event_trigger language plpgsql as $$ begin end $$; reset role;
         create event trigger audit on ddl_command_end execute function app.seen(); set role app; ${RAISES}`,
        'shop',
      )
    })
    after(async () => await server?.stop())
    const lowIsSuper = async (): Promise<unknown> =>
      (await server.sql("select rolsuper from pg_roles where rolname = 'low'"))[0]?.['rolsuper']
    const handedOver = async (): Promise<void> => {
      const own = await server.session('reeve_admin', PASSWORD, 'shop')
      try {
        await own.query("select reeve.hand_over('app', 'keeper')")
      } finally {
        await own.end()
      }
    }

    test("a revoke executes nobody's event trigger as a superuser: it is named while held, and refused", async () => {
      const { verdicts, looked } = await carriedOut(
        'revoke',
        server.call({ successor: 'keeper' }),
        'app',
        offered(SECRET),
      )
      const ways = verdicts['look_for_other_ways']
      assert.equal(ways?.effect, 'unproven')
      assert.match(
        ways?.effect === 'unproven' ? ways.reason : '',
        /function of an event trigger app\.seen\(\) in shop \(event trigger audit\) acts as whoever changes what is in it/,
      )
      assert.match(
        looked['reassign_owned']?.blocked?.reason ?? '',
        /the hand-over would execute as a superuser: function of an event trigger app\.seen\(\)/,
      )
      await assert.rejects(handedOver(), {
        code: '2BP01',
        message: /would be executed as a superuser: event trigger audit/,
      })
      assert.equal(await lowIsSuper(), false)
    })

    test('nor is one executed that always is, whoever looks at it', async () => {
      await server.sql('alter event trigger audit enable always', 'shop')
      await assert.rejects(handedOver(), { code: '2BP01', message: /would be executed as a superuser/ })
      assert.equal(await lowIsSuper(), false)
    })

    test('what installs the reviewed functions stops before it sets one off', async () => {
      for (const statement of handOverFunction('reeve_admin').slice(0, 2))
        if (!statement.startsWith('DO')) await server.sql(statement, 'shop')
        else
          await assert.rejects(server.sql(statement, 'shop'), {
            message: /executes app\.seen\(\), which belongs to app/,
          })
      assert.equal(await lowIsSuper(), false)
    })

    test("a superuser's function that calls the role's is not set off by the hand-over", async () => {
      await server.sql('drop event trigger audit', 'shop')
      await server.sql(
        `create function noted() returns event_trigger language plpgsql as $$ begin perform app.called(); end $$;
         set role app; create function app.called() returns void language plpgsql as $$ begin
           if current_user = 'postgres' and session_user = 'reeve_admin' then execute 'alter role low superuser'; end if; end $$;
         reset role; create event trigger noted on ddl_command_end execute function noted()`,
        'shop',
      )
      await handedOver()
      assert.equal(await lowIsSuper(), false)
      const [bills] = await server.sql("select tableowner from pg_tables where tablename = 'bills'", 'shop')
      assert.equal(bills?.['tableowner'], 'keeper')
      await server.sql('drop event trigger noted', 'shop')
    })

    test('what whoever owns a database lets be found first is not executed by a superuser who prepares it', async () => {
      const text = administratorSql({
        role: 'reeve_admin',
        verifier: scramVerifier(PASSWORD),
        database: 'shop',
        databases: [],
        managed: ['low'],
      })
      await server.sql(
        `create schema evil authorization low; set role low; create function evil.current_setting(text) returns text language plpgsql as $$ begin
           execute 'alter role low superuser'; return pg_catalog.current_setting($1); end $$; reset role;
         alter database shop owner to low; set role low; alter database shop set search_path = evil, pg_catalog`,
        'shop',
      )
      await server.sql(
        text
          .split('\n')
          .filter((line) => !line.startsWith('\\'))
          .join('\n'),
        'shop',
      )
      assert.equal(await lowIsSuper(), false)
      await server.sql('alter database shop reset search_path; alter database shop owner to postgres')
    })

    test('the administrative role sets none off when it signs in', { skip: major < 17 && 'from 17 on' }, async () => {
      await server.sql(
        `set role low; create function evil.entered() returns event_trigger language plpgsql as $$ begin
           if session_user = 'reeve_admin' then execute 'grant app to low'; end if; end $$; reset role;
         create event trigger entered on login execute function evil.entered()`,
        'shop',
      )
      const own = await server.session('reeve_admin', PASSWORD, 'shop')
      await own.end()
      assert.deepEqual(await server.sql("select from pg_auth_members where member = 'low'::regrole"), [])
      await server.sql('alter role reeve_admin reset event_triggers; drop event trigger entered', 'shop')
      const lines = await postgresqlTarget.examine(server.call({ successor: 'keeper' }))
      const line = lines.find(({ check }) => check === 'sets off no event trigger')
      assert.equal(line?.outcome, 'missing')
    })
  })
}

import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { lookForOtherWays } from './look-for-other-ways.ts'
import { MAJORS_BY_LOT, PASSWORD, postgresMissing, startPostgres } from './postgres-in-test.ts'
import type { TestPostgres } from './postgres-in-test.ts'
import { reassignOwned } from './reassign-owned.ts'

/** What was made, as whom; what is said of it; what ends it. */
const MADE: readonly (readonly [what: string, made: string, said: RegExp, mended: string])[] = [
  [
    'a function with the rights of a role that it may become, which everybody may call',
    `set role team; create function of_team() returns int language sql security definer as 'select 1'`,
    /function public\.of_team\(\) in shop \(PUBLIC\) acts as team, which app may become → in shop: read what it does/,
    'alter routine of_team() security invoker',
  ],
  [
    'such a function that only a trigger sets off',
    `set role team; create function fires() returns trigger language plpgsql security definer as 'begin return new; end';
     revoke all on function fires from public; create table fired (x int);
     create trigger fires before insert on fired for each row execute function fires()`,
    /function public\.fires\(\) in shop \(trigger fires on table (?:public\.)?fired\) acts as team/,
    'drop table fired',
  ],
  [
    'a function of its own that a body in text of somebody else calls, with the rights of that one',
    `set role app; create function plain(x int) returns int language plpgsql as 'begin return x; end'; reset role;
     create function asks() returns int language plpgsql security definer as 'begin return public.plain (7); end'`,
    /function public\.plain\(integer\) of app, or of a role that it may become, is called in shop by public\.asks\(\), as postgres/,
    'drop function asks()',
  ],
  [
    'a function of its own that a parsed body of somebody else calls',
    `set role app; create function whole(x int) returns int language sql as 'select x'; reset role;
     create function parsed() returns int language sql security definer begin atomic select public.whole(7); end`,
    /function public\.whole\(integer\) of app, .* is called in shop by public\.parsed\(\), as postgres/,
    'drop function parsed()',
  ],
]

for (const major of MAJORS_BY_LOT) {
  describe(
    `code with the rights of others, PostgreSQL ${major}`,
    { skip: postgresMissing(major), timeout: 120_000 },
    () => {
      let server: TestPostgres
      before(async () => {
        server = await startPostgres(major)
        await server.sql('create database shop')
        await server.sql(
          'create role app nologin; create role keeper nologin; create role team nologin; grant team to app',
        )
        await server.administered(['app', 'keeper'], ['shop'])
        await server.sql(
          'grant create on schema public to app, team; create table its_own (x int); alter table its_own owner to app',
          'shop',
        )
      })
      after(async () => await server?.stop())
      const call = () => ({
        ...server.call({ successor: 'keeper' }),
        planId: 'pln_1',
        subject: { account: 'app' },
        earlier: {},
        before: null,
      })
      const looked = async (): Promise<string> => {
        const verdict = await lookForOtherWays('held').verify(call())
        return verdict.effect === 'unproven' ? `${verdict.reason} → ${verdict.next}` : verdict.effect
      }

      for (const [what, made, said, mended] of MADE)
        test(`${what}: named while the role is held, and in the way of no hand-over`, async () => {
          await server.sql(made, 'shop')
          assert.match(await looked(), said)
          assert.equal((await reassignOwned.look(call())).blocked, undefined)
          await server.sql(mended, 'shop')
          assert.equal(await looked(), 'verified')
        })

      test('what was not read to its end in time is said to be cut, is unproven, and can not be accepted', async () => {
        const [locking, watching] = [
          await server.session('postgres', PASSWORD, 'shop'),
          await server.session('postgres', PASSWORD),
        ]
        await locking.query('begin; lock table pg_statistic_ext in access exclusive mode')
        const looking = lookForOtherWays('held').verify(call())
        // as the server itself does when the time for a statement is over
        const waiting = `select pg_cancel_backend(pid) as done from pg_stat_activity where usename = 'reeve_admin' and wait_event_type = 'Lock'`
        for (const end = Date.now() + 20_000; (await watching.query(waiting)).rows.length === 0; await sleep(20))
          assert.ok(Date.now() < end, 'it waits')
        const verdict = await looking
        assert.equal(verdict.effect, 'unproven')
        assert.match(verdict.reason, /what acts as it in shop was not read within 30 seconds: cut there/)
        assert.equal('open' in verdict, false)
        await Promise.all([locking.end(), watching.end()])
      })

      test('what nobody but its owner may call, and a name that stands in a body without a call, is none', async () => {
        await server.sql(
          `set role team; create function shut() returns int language sql security definer as 'select 1';
         revoke all on function shut from public; reset role; set role app;
         create function named() returns int language sql as 'select 1'; reset role;
         create function tells() returns text language plpgsql security definer as 'declare named text; begin return named; end'`,
          'shop',
        )
        assert.equal(await looked(), 'verified')
      })
    },
  )
}

import assert from 'node:assert/strict'
import { after, before, beforeEach, describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import type { StepCall, StepVerdict, TargetSettings } from '#connectors/target'
import { MAJORS_BY_LOT, offered, PASSWORD, postgresMissing, startPostgres, SUPERUSER } from './postgres-in-test.ts'
import type { TestPostgres } from './postgres-in-test.ts'
import { postgresqlTarget } from './index.ts'
import { carriedOut, factsIn } from './steps-in-test.ts'

const SECRET = 'leaked-93ab01'
const SUCCESSOR = { successor: 'keeper' }

/** One of each kind that a role can own, made by itself or given to it. */
const OWNED = `
  create schema app_schema authorization app;
  set role app;
  create table app_schema.bills (id serial primary key, note text);
  insert into app_schema.bills (note) values ('kept');
  create view app_schema.open_bills as select * from app_schema.bills;
  create function app_schema.f() returns int language sql return 1;
  create type app_schema.colour as enum ('red');
  create domain app_schema.word as text;
  create sequence app_schema.counter;
  select lo_create(4242);
  create publication app_pub for table app_schema.bills;
  alter default privileges in schema app_schema grant select on tables to reporting;
  alter table app_schema.bills enable row level security;
  create policy only_app on app_schema.bills to app using (true);
  create policy theirs on app_schema.bills to app, reporting using (true);
  reset role;
  create table public.others (id int);
  grant select, insert on public.others to app;
  create foreign data wrapper w; create server s foreign data wrapper w; grant usage on foreign server s to app;
  create user mapping for app server s options (password 'elsewhere');
`

for (const major of MAJORS_BY_LOT) {
  describe(`revoking a role of PostgreSQL ${major}`, { skip: postgresMissing(major), timeout: 180_000 }, () => {
    let server: TestPostgres
    before(async () => {
      server = await startPostgres(major)
      for (const database of ['shop', 'legacy']) await server.sql(`create database ${database}`)
      await server.sql('create role keeper nologin; create role reporting nologin')
    })
    after(async () => await server?.stop())
    beforeEach(async () => {
      const leave = `do $$ begin if exists (select from pg_roles where rolname = 'app') then drop owned by app; end if; end $$`
      for (const database of ['shop', 'legacy', 'postgres']) await server.sql(leave, database)
      await server.sql(`drop role if exists app`)
      await server.sql(`create role app login password '${SECRET}'; grant create on database shop to app`)
      await server.administered(['app', 'keeper'], ['shop', 'legacy'])
    })
    const revoked = async (more: Partial<TargetSettings> = SUCCESSOR) =>
      await carriedOut('revoke', server.call(more), 'app', offered(SECRET))

    test('its sessions are dead, its login is refused, it is gone and no object is lost', async () => {
      await server.sql(OWNED, 'shop')
      await server.sql('create database apps_own owner app')
      await server.sql('create table t (id int); alter table t owner to app; grant reporting to app', 'legacy')
      const objects = `select c.relname from pg_class c join pg_namespace n on n.oid = c.relnamespace
        where n.nspname in ('app_schema', 'public') order by 1`
      const was = await server.sql(objects, 'shop')
      const session = await server.session('app', SECRET, 'shop')
      const { verdicts, looked } = await revoked()
      assert.deepEqual(
        Object.entries(verdicts).flatMap(([name, { effect }]) => (effect === 'verified' ? [] : [name])),
        // the password that is stored for another server
        ['look_for_other_ways'],
        JSON.stringify(verdicts, null, 2),
      )
      assert.match(
        looked['reassign_owned']?.touches.join('\n') ?? '',
        /objects to keeper, \d+ rights withdrawn in shop/,
      )
      await assert.rejects(session.query('select 1'))
      assert.deepEqual(await server.sql("select from pg_roles where rolname = 'app'"), [])
      assert.deepEqual(await server.sql(objects, 'shop'), was)
      const owners = await server.sql(
        `select pg_get_userbyid(relowner) as o from pg_class where relname = 'bills'
         union select pg_get_userbyid(proowner) from pg_proc where proname = 'f'
         union select pg_get_userbyid(lomowner) from pg_largeobject_metadata where oid = 4242
         union select pg_get_userbyid(typowner) from pg_type where typname in ('colour', 'word')
         union select pg_get_userbyid(pubowner) from pg_publication
         union select pg_get_userbyid(datdba) from pg_database where datname = 'apps_own'`,
        'shop',
      )
      assert.deepEqual(owners, [{ o: 'keeper' }])
      assert.deepEqual(await server.sql('select note from app_schema.bills', 'shop'), [{ note: 'kept' }])
      const [refused] = factsIn(verdicts['try_credential_after'])['places'] as { sqlstate: string }[]
      assert.equal(refused?.sqlstate, '28P01')
      await server.sql('drop database apps_own')
    })

    test('what another session gives it between the last look and DROP OWNED is not lost, and is handed over by the next try', async () => {
      await server.sql('alter role app nologin')
      await server.sql(
        `create table mixed (id int); grant select on mixed to app; alter table mixed enable row level security;
         create policy theirs_alone on mixed to app using (true); alter default privileges for role app grant select on tables to reporting`,
        'shop',
      )
      const [other, lock] = [
        await server.session(SUPERUSER, PASSWORD, 'shop'),
        await server.session(SUPERUSER, PASSWORD, 'shop'),
      ]
      const own = await server.session('reeve_admin', PASSWORD, 'shop')
      await other.query(`begin; create table late (id int); insert into late values (7); alter table late owner to app`)
      // nobody to reassign to: DROP OWNED is the first that has to write there
      await lock.query('begin; lock table pg_shdepend in share mode')
      const handed = own.query(`select reeve.hand_over('app', null)`)
      const refused = assert.rejects(handed, {
        code: '40001',
        message: /app was given something meanwhile.*pg_class \d+/,
      })
      const waits = `select from pg_locks where not granted and relation = 'pg_shdepend'::regclass`
      for (const end = Date.now() + 20_000; (await server.sql(waits)).length === 0; await sleep(20))
        assert.ok(Date.now() < end)
      await other.query('commit')
      await lock.query('rollback')
      await refused
      assert.deepEqual(await server.sql('select id from late', 'shop'), [{ id: 7 }])
      // all or nothing
      assert.deepEqual(await server.sql(`select has_table_privilege('app', 'mixed', 'select') as has`, 'shop'), [
        { has: true },
      ])
      await own.query(`select reeve.hand_over('app', 'keeper')`)
      const left = `select pg_get_userbyid(relowner) as owner, (select count(*)::int from pg_shdepend where refobjid = 'app'::regrole
        and dbid = (select oid from pg_database where datname = 'shop')) as hangs from pg_class where relname = 'late'`
      assert.deepEqual(await server.sql(left, 'shop'), [{ owner: 'keeper', hangs: 0 }])
      for (const one of [other, lock, own]) await one.end()
      await server.sql('drop table late; drop table mixed', 'shop')
    })

    test('a step that is done again after a crash comes to the same', async () => {
      await server.sql('create table twice (id int); alter table twice owner to app', 'shop')
      const base = { ...server.call(SUCCESSOR), planId: 'pln_2', subject: { account: 'app' } }
      const earlier: Record<string, StepVerdict> = {}
      for (const step of postgresqlTarget.operations.revoke) {
        const { before: found } = await step.look({ ...base, earlier })
        const call: StepCall = { ...base, earlier, before: found }
        // done, then the process ends before it is written down: looked at and done again
        await step.act(call)
        await step.look({ ...base, earlier })
        await step.act(call)
        earlier[step.name] = await step.verify(call)
      }
      assert.equal(earlier['reassign_owned']?.effect, 'verified')
      assert.equal(earlier['drop_role']?.effect, 'verified')
      assert.deepEqual(
        await server.sql("select pg_get_userbyid(relowner) as o from pg_class where relname = 'twice'", 'shop'),
        [{ o: 'keeper' }],
      )
    })

    test('without a successor nothing is touched that has an owner', async () => {
      await server.sql('create table mine (id int); alter table mine owner to app', 'shop')
      const { verdicts, looked } = await revoked({})
      assert.match(looked['reassign_owned']?.blocked?.reason ?? '', /app owns 1 objects, and nobody is named/)
      assert.equal(verdicts['drop_role'], undefined)
      assert.equal(
        (await server.sql("select rolcanlogin from pg_roles where rolname = 'app'"))[0]?.['rolcanlogin'],
        false,
      )
      await server.sql('drop table mine', 'shop')
    })

    test('a database that took no connection is done with once it takes one, and the role was held meanwhile', async () => {
      await server.sql('create table far (id int); alter table far owner to app', 'legacy')
      await server.sql('alter database legacy allow_connections false')
      const { verdicts } = await revoked()
      assert.equal(verdicts['drop_role']?.effect, 'unproven')
      // the login itself is refused, and that is said; the plan as a whole is not verified
      assert.equal(verdicts['try_credential_after']?.effect, 'verified')
      await server.sql('alter database legacy allow_connections true')
      assert.equal((await revoked()).verdicts['drop_role']?.effect, 'verified')
    })

    test('where the function is not installed, it is said where, and what hangs there stays', async () => {
      await server.sql('create table lone (id int); alter table lone owner to app', 'legacy')
      await server.sql('drop function reeve.hand_over(name, name)', 'legacy')
      const { verdicts } = await revoked()
      const verdict = verdicts['reassign_owned']
      assert.match(verdict?.effect === 'unproven' ? verdict.next : '', /install reeve.hand_over in legacy/)
      // what app had in shop was withdrawn: that can't be put back
      assert.equal(verdict?.effect === 'unproven' && verdict.untouched, undefined)
      // nor is one called that somebody else has put there
      await server.sql(
        `create role liar; create function reeve.hand_over(account name, successor name) returns void language sql security definer
           as $$ select null::void $$; alter function reeve.hand_over owner to liar; grant execute on function reeve.hand_over to public`,
        'legacy',
      )
      const again = (await revoked()).verdicts['reassign_owned']
      assert.match(again?.effect === 'unproven' ? again.next : '', /install reeve.hand_over in legacy/)
      // nothing was left in shop, and nothing was done in legacy
      assert.equal(again?.effect === 'unproven' && again.untouched, true)
      await server.sql('drop table lone; drop function reeve.hand_over; drop role liar', 'legacy')
    })

    test('the function serves nobody else and nothing else', async () => {
      await server.sql(`create role stranger login password 'x'; create role other login; alter role app nologin`)
      const stranger = await server.session('stranger', 'x')
      await assert.rejects(stranger.query("select reeve.hand_over('app', 'stranger')"), { code: '42501' })
      await stranger.end()
      const own = await server.session('reeve_admin', 'only in this test')
      // may still log in; a superuser; and, where ADMIN is what counts, one that is not managed
      await assert.rejects(own.query("select reeve.hand_over('other', 'keeper')"), {
        code: major === 15 ? '55006' : '42501',
      })
      await assert.rejects(own.query("select reeve.hand_over('postgres', 'keeper')"), { code: '42501' })
      await assert.rejects(own.query("select reeve.hand_over('app', 'postgres')"), { code: '42501' })
      await own.end()
      await server.sql('drop role stranger; drop role other')
    })
  })
}

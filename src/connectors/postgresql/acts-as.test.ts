import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import type { StepVerdict } from '#connectors/target'
import { postgresqlTarget } from './index.ts'
import { lookForOtherWays } from './look-for-other-ways.ts'
import { MAJORS_BY_LOT, offered, postgresMissing, startPostgres } from './postgres-in-test.ts'
import type { TestPostgres } from './postgres-in-test.ts'
import { reassignOwned } from './reassign-owned.ts'
import { carriedOut } from './steps-in-test.ts'

const SECRET = 'leaked-5d20c7'

/** What app made, or was given, and who sets it off; what is found of it; what a person does, that it is found no more. */
const ACTING: readonly (readonly [what: string, made: string, found: RegExp, mended: string])[] = [
  [
    'a function that everybody may call',
    `create function door(q text) returns text language plpgsql security definer as $$ declare r text; begin execute q into r; return r; end $$`,
    /function public\.door\(text\) in shop \(PUBLIC\) acts as app → in shop: ALTER ROUTINE public\.door\(text\) SECURITY INVOKER/,
    'alter routine public.door(text) security invoker',
  ],
  [
    'a procedure that one other role may call',
    `create procedure run() language sql security definer begin atomic select 1; end; revoke all on procedure run from public; grant execute on procedure run to low`,
    /function public\.run\(\) in shop \(low\) acts as app/,
    'revoke execute on procedure run from low',
  ],
  [
    'a function that a trigger sets off, though nobody may call it',
    `create function fired() returns trigger language plpgsql security definer as $$ begin return new; end $$;
     revoke all on function fired from public; create trigger fires before insert on theirs for each row execute function fired()`,
    /function public\.fired\(\) in shop \(trigger fires on table (?:public\.)?theirs\) acts as app/,
    'drop trigger fires on theirs',
  ],
  [
    'a view of what is not its own',
    'create view peep as select * from crown; grant select on peep to low',
    /view public\.peep in shop \(low\) acts as app → in shop: ALTER VIEW public\.peep SET \(security_invoker = true\)/,
    'alter view peep set (security_invoker = true)',
  ],
  [
    'a view that only another view reads',
    `create view inner_one as select * from crown; create view outer_one as select * from inner_one;
     grant select (x) on outer_one to low`,
    /view public\.inner_one in shop \(rule _RETURN on view (?:public\.)?outer_one\) acts as app/,
    'alter view inner_one set (security_invoker = true)',
  ],
  [
    'a copy that somebody may refresh or read',
    'create materialized view copied as select * from crown; grant select on copied to low',
    /materialized view public\.copied in shop \(low\) acts as app/,
    'drop materialized view copied',
  ],
  [
    'rules of a table that others may write',
    `create table ruled (x int); create rule also as on insert to ruled do also insert into crown values (new.x);
     grant insert on ruled to low`,
    /rules of the table public\.ruled in shop \(low\) acts as app/,
    'drop rule also on ruled',
  ],
  [
    'a function that the server executes as the owner of a table',
    `create function same(x int) returns int language plpgsql immutable as $$ begin return x; end $$;
     create table indexed (x int); create index by_same on indexed (same(x))`,
    /function of the server public\.same\(integer\) in shop \(index (?:public\.)?by_same\) acts as app/,
    'drop index by_same',
  ],
  [
    'a function that a cascade sets off as the owner of the table',
    `create function gone() returns trigger language plpgsql as $$ begin return old; end $$;
     create table child (id int references parent on delete cascade);
     create trigger goes before delete on child for each row execute function gone()`,
    /function of a cascade public\.gone\(\) in shop \(trigger goes on table (?:public\.)?child\) acts as app → in shop: read what it does/,
    'alter routine gone owner to keeper',
  ],
  [
    'a default that a cascade evaluates as the owner of the table',
    `create function chosen() returns int language plpgsql as $$ begin return null; end $$;
     create table defaulted (id int default chosen() references parent on delete set default)`,
    /function of a cascade public\.chosen\(\) in shop \(default value for column id of table (?:public\.)?defaulted\)/,
    'drop table defaulted',
  ],
  [
    'a check that a cascade makes as the owner of the table',
    `create function right_one(x int) returns boolean language plpgsql as $$ begin return true; end $$;
     create table checked (id int references parent on update cascade check (right_one(id)))`,
    /function of a cascade public\.right_one\(integer\) in shop \(constraint checked_id_check on table/,
    'alter table checked drop constraint checked_id_check',
  ],
  [
    'a generated column that a cascade computes as the owner of the table',
    `create function computed(x int) returns int language plpgsql immutable as $$ begin return x; end $$;
     create table computing (id int references parent on update cascade, twin int generated always as (computed(id)) stored)`,
    /function of a cascade public\.computed\(integer\) in shop \(default value for column twin of table (?:public\.)?computing\)/,
    'alter table computing alter column twin drop expression',
  ],
  [
    'a function of somebody who signs in, in a trigger of a table of its own',
    `reset role; set role low; create function low.fired() returns trigger language plpgsql as $$ begin return old; end $$; reset role; set role app;
     create table fed (id int references parent on delete cascade);
     create trigger feeds before delete on fed for each row execute function low.fired()`,
    /function of a cascade low\.fired\(\) in shop \(trigger feeds on table (?:public\.)?fed\)/,
    'drop trigger feeds on fed',
  ],
  [
    'a copy of a view that calls a function',
    `create function called() returns int language plpgsql as $$ begin return 1; end $$; create view calls as select called() as x;
     create materialized view copy_of_calls as select * from calls with no data; grant select on copy_of_calls to low;
     alter view calls set (security_invoker = true)`,
    /materialized view public\.copy_of_calls in shop \(low\) acts as app/,
    'drop materialized view copy_of_calls',
  ],
  [
    'a function in a rule of a table that a cascade changes',
    `create function ruling() returns int language plpgsql as $$ begin return 1; end $$; create table ruled_into (x int);
     create table ruled_by (id int references parent on delete cascade);
     create rule also as on delete to ruled_by do also insert into ruled_into values (ruling())`,
    /function of a cascade public\.ruling\(\) in shop \(rule also on table public\.ruled_by\)/,
    'drop rule also on ruled_by',
  ],
  [
    'a table of somebody who signs in, which such a rule writes',
    `reset role; create table low.written (x int); alter table low.written owner to low; grant insert on low.written to app; set role app;
     create table writes (id int references parent on delete cascade); create rule also as on delete to writes do also insert into low.written values (1)`,
    /relation of a cascade low\.written in shop \(rule also on table public\.writes\)/,
    'drop rule also on writes',
  ],
  [
    'an operator of somebody who signs in, in a check that a cascade makes',
    `reset role; set role low; create function low.op(int, int) returns boolean language plpgsql immutable as $$ begin return true; end $$;
     create operator low.=== (leftarg = int, rightarg = int, function = low.op); reset role; set role app;
     create table compared (id int references parent on update cascade, check (id operator(low.===) 1))`,
    /function of a cascade low\.op\(integer,integer\) in shop \(operator low\.===/,
    'drop table compared',
  ],
  [
    'a domain of somebody who signs in, of a column that a cascade changes',
    `reset role; set role low; create function low.fits(int) returns boolean language plpgsql immutable as $$ begin return true; end $$;
     create domain low.small as int check (low.fits(value)); reset role; set role app; create table typed (id low.small references parent on update cascade)`,
    /function of a cascade low\.fits\(integer\) in shop .*type of a cascade low\.small in shop/,
    'drop table typed',
  ],
  [
    'a function that the role made as another, who does not sign in, in a trigger of a cascade',
    `reset role; set role team; create function by_team() returns trigger language plpgsql as $$ begin return old; end $$; reset role; set role app;
     create table teamed (id int references parent on delete cascade);
     create trigger goes before delete on teamed for each row execute function by_team()`,
    /function of a cascade public\.by_team\(\) in shop \(trigger goes on table public\.teamed\)/,
    'alter routine by_team owner to keeper',
  ],
  [
    'a function in a trigger of a partition that a cascade changes',
    `create function parted() returns trigger language plpgsql as $$ begin return old; end $$;
     create table parts (id int references parent on delete cascade) partition by range (id); create table part partition of parts default;
     create trigger goes before delete on part for each row execute function parted()`,
    /function of a cascade public\.parted\(\) in shop \(trigger goes on table public\.part\)/,
    'drop table parts',
  ],
  [
    'a function of a type of somebody who signs in, when a table is analysed',
    `reset role; set role low; create function low.apart(int, int) returns float8 language sql immutable as 'select 1.0::float8';
     create type low.spread as range (subtype = int, subtype_diff = low.apart); reset role; set role app; create table spreads (s low.spread)`,
    /function of the server low\.apart\(integer,integer\) in shop \(type low\.spread\)/,
    'drop table spreads',
  ],
  [
    'a table that somebody who signs in may refer to, by a type and a cast of its own',
    'create table referred (id int primary key); grant references (id) on referred to low',
    /references to the table public\.referred in shop \(low\) acts as app → in shop: REVOKE REFERENCES ON TABLE public\.referred/,
    'revoke references (id) on referred from low',
  ],
]

/** Of `stamped`, which app made: it runs as whoever changes or reads the table. */
const IN_ORDINARY_TABLES: readonly (readonly [what: string, made: string])[] = [
  [
    'a trigger function of an ordinary table',
    `create table plain (x int); create function stamped() returns trigger language plpgsql as $$ begin return new; end $$;
     create trigger stamps before insert on plain for each row execute function stamped()`,
  ],
  [
    'a function that a generated column of an ordinary table calls',
    `create function stamped(x int) returns int language plpgsql immutable as $$ begin return x; end $$;
     create table generates (x int, y int generated always as (stamped(x)) stored)`,
  ],
  [
    'a function of a policy, also where a cascade passes it',
    `create function stamped(x int) returns boolean language plpgsql as $$ begin return true; end $$;
     create table guarded (id int references parent on update cascade); alter table guarded enable row level security;
     alter table guarded force row level security; create policy rows on guarded using (stamped(id)) with check (stamped(id))`,
  ],
]

for (const major of MAJORS_BY_LOT) {
  describe(`what acts as a held role, PostgreSQL ${major}`, { skip: postgresMissing(major), timeout: 600_000 }, () => {
    let server: TestPostgres
    before(async () => {
      server = await startPostgres(major, { wal_level: 'logical' })
      await server.sql('create database shop')
      await server.sql(
        `create role app login password '${SECRET}'; create role keeper; create role low login password 'low'; create role team; grant team to app`,
      )
      await server.administered(['app', 'keeper'], ['shop'])
      await server.sql(
        `grant create on schema public to app, keeper, team; create table crown (x int); insert into crown values (42);
         alter table crown owner to keeper; grant select, insert on crown to app;
         create table theirs (x int); grant trigger on theirs to app; create schema low authorization low; grant usage on schema low to app;
         create table parent (id int primary key); grant references on parent to app; grant delete on parent to low`,
        'shop',
      )
      await server.sql('alter role app nologin')
    })
    after(async () => await server?.stop())
    const looked = async (): Promise<string> => {
      const call = { ...server.call(), planId: 'pln_1', subject: { account: 'app' }, earlier: {}, before: null }
      return said(await lookForOtherWays('held').verify(call))
    }
    const said = (verdict: StepVerdict | undefined): string =>
      verdict?.effect === 'unproven' ? `${verdict.reason} → ${verdict.next}` : (verdict?.effect ?? 'not done')
    const made = async (statements: string): Promise<void> => {
      await server.sql(`set role app; ${statements}`, 'shop')
    }
    const hindered = async (): Promise<string | undefined> => {
      const call = {
        ...server.call({ successor: 'keeper' }),
        planId: 'pln_1',
        subject: { account: 'app' },
        earlier: {},
      }
      return (await reassignOwned.look(call)).blocked?.reason
    }

    for (const [what, statements, found, mended] of ACTING)
      test(`${what}: named while it is held, refused at the hand-over, and both no more once it is mended`, async () => {
        await made(statements)
        assert.match(await looked(), found)
        assert.match((await hindered()) ?? '', /would act as keeper then/)
        // nor does it where the step was looked at before this was made
        const own = await server.session('reeve_admin', 'only in this test', 'shop')
        await assert.rejects(own.query("select reeve.hand_over('app', 'keeper')"), {
          code: '2BP01',
          message: /would act as keeper/,
        })
        await own.end()
        await server.sql(mended, 'shop')
        assert.equal(await looked(), 'verified')
        assert.equal(await hindered(), undefined)
      })

    test('what gives only what it owns itself is no way, but for everybody', async () => {
      await made(
        'create table mine (x int); create view of_mine as select * from mine, pg_class; grant select on of_mine to low',
      )
      assert.equal(await looked(), 'verified')
      await server.sql('grant select on of_mine to public', 'shop')
      assert.match(await looked(), /view public\.of_mine in shop \(PUBLIC, low\) acts as app/)
      assert.equal(await hindered(), undefined)
      await server.sql('drop view of_mine', 'shop')
    })

    for (const [what, statements] of IN_ORDINARY_TABLES)
      test(`${what} is no way while it is held, and is not handed over`, async () => {
        await made(statements)
        assert.equal(await looked(), 'verified')
        assert.match((await hindered()) ?? '', /function of its table public\.stamped\(.*\) in shop/)
        const own = await server.session('reeve_admin', 'only in this test', 'shop')
        await assert.rejects(own.query("select reeve.hand_over('app', 'keeper')"), {
          code: '2BP01',
          message: /stamped/,
        })
        await own.end()
        await server.sql('drop function stamped cascade', 'shop')
        assert.equal(await hindered(), undefined)
      })

    test('the page that is read before anything is held has them, too', async () => {
      await server.sql('alter routine door security definer', 'shop')
      const { otherWays } = await postgresqlTarget.find(server.call(), { account: 'app' })
      assert.match(otherWays.join(), /function public\.door\(text\) in shop \(PUBLIC\) acts as app/)
      await server.sql('alter routine door security invoker', 'shop')
    })

    test('a catalogue that not all may read is more than it owns', async () => {
      await made('create view verifiers as select rolpassword from pg_authid; grant select on verifiers to low')
      assert.match(await looked(), /view public\.verifiers in shop \(low\) acts as app/)
      await server.sql('drop view verifiers', 'shop')
    })

    test('an event trigger, a subscription and a stored password are named', async () => {
      await server.sql(
        `create function noted() returns event_trigger language plpgsql as $$ begin end $$; alter role app superuser;
         create event trigger watch on ddl_command_end execute function noted(); alter event trigger watch owner to app;
         create subscription sub connection 'dbname=nowhere' publication p with (connect = false);
         alter subscription sub owner to app; alter subscription sub enable; alter role app nosuperuser;
         create foreign data wrapper w; create server far foreign data wrapper w; create user mapping for app server far options (password 'x')`.replaceAll(
          '\n',
          ' ',
        ),
        'shop',
      )
      const ways = await looked()
      assert.match(ways, /event trigger watch in shop .* acts as app/)
      assert.match(ways, /subscription sub in shop .* acts as app/)
      assert.match(ways, /a password of app for the server far is stored in shop/)
      await server.sql(
        'alter subscription sub disable; alter subscription sub set (slot_name = none); drop subscription sub; drop event trigger watch; drop server far cascade',
        'shop',
      )
    })

    test('a cascade computes generated columns as the owner of the table, and asks no policy', async () => {
      await made(
        `create table saw (what text, who name); grant insert on saw to public;
         create function seen(said text) returns void language plpgsql as $$ begin insert into public.saw values (said, current_user); end $$;
         create function sums(x int) returns int language plpgsql immutable as $$ begin perform public.seen('generated'); return x; end $$;
         create function rows(x int) returns boolean language plpgsql as $$ begin perform public.seen('policy'); return true; end $$;
         create table both_of (id int references parent on update cascade, g int generated always as (sums(id)) stored);
         reset role; insert into parent values (1); insert into both_of values (1); truncate saw; set role app;
         alter table both_of enable row level security; alter table both_of force row level security;
         create policy p on both_of using (rows(id)) with check (rows(id))`,
      )
      await server.sql('update parent set id = 2', 'shop')
      assert.deepEqual(await server.sql('select distinct what, who from saw', 'shop'), [
        { what: 'generated', who: 'app' },
      ])
      await server.sql('drop table both_of; drop function sums, rows, seen; drop table saw; delete from parent', 'shop')
    })

    test('what a subscription of others feeds sets its functions off, those of a partition too: named, and refused', async () => {
      await server.sql('create database src')
      await server.sql(
        `create table supplied (id int primary key, part int); create table whole (id int) partition by range (id);
         create table leaf partition of whole for values from (0) to (9);
         create publication p for table supplied, whole with (publish_via_partition_root = true)`,
        'src',
      )
      await server.sql("select pg_create_logical_replication_slot('fed', 'pgoutput')", 'src')
      await made(
        `create table heard (by text, who name);
         create function feeding() returns trigger language plpgsql as $$ begin insert into public.heard values (tg_relid::regclass, current_user); return new; end $$;
         create table supplied (id int primary key, part int); create trigger t before insert on supplied for each row execute function feeding();
         create function leafing() returns trigger language plpgsql as $$ begin insert into public.heard values (tg_relid::regclass, current_user); return new; end $$;
         create table whole (id int) partition by range (id); create table leaf partition of whole for values from (0) to (9);
         create trigger t before insert on leaf for each row execute function leafing();
         alter table supplied enable always trigger t; alter table leaf enable always trigger t`,
      )
      assert.equal(await looked(), 'verified', 'nothing feeds them yet')
      const at = `host=127.0.0.1 port=${server.port} dbname=src user=postgres password=''only in this test''`
      await server.sql(
        `create subscription fed connection '${at}' publication p with (create_slot = false, slot_name = 'fed')`,
        'shop',
      )
      await server.sql('insert into supplied values (1); insert into whole values (2)', 'src')
      const heard = async (): Promise<Record<string, unknown>[]> =>
        await server.sql('select distinct by, who from heard order by by', 'shop')
      for (const end = Date.now() + 60_000; (await heard()).length < 2 && Date.now() < end;) await sleep(100)
      // before 16 as who owns the subscription, which is more
      const who = major >= 16 ? 'app' : 'postgres'
      const [leaf, supplied] = ['leaf', 'supplied'].map((name) => ({ by: `public.${name}`, who }))
      assert.deepEqual(
        (await heard()).map(({ by, who: as }) => ({ by: `public.${String(by).replace('public.', '')}`, who: as })),
        [leaf, supplied],
      )
      const ways = await looked()
      assert.match(
        ways,
        /function of a cascade public\.feeding\(\) in shop \(trigger t on table (?:public\.)?supplied\)/,
      )
      assert.match(ways, /function of a cascade public\.leafing\(\) in shop \(trigger t on table (?:public\.)?leaf\)/)
      assert.match((await hindered()) ?? '', /would act as keeper then/)
      for (const text of ['disable', 'set (slot_name = none)'])
        await server.sql(`alter subscription fed ${text}`, 'shop')
      await server.sql('drop subscription fed', 'shop')
      assert.equal(await looked(), 'verified')
      await server.sql('drop table supplied, whole, heard; drop function feeding, leafing', 'shop')
    })

    test('a policy for the role alone, or for it and others, hands over without losing the others theirs', async () => {
      await server.sql(
        `create role leaver; create role ward; ${major >= 16 ? 'grant leaver to reeve_admin with admin true, inherit false, set false;' : ''}
         create table rowed (x int); alter table rowed owner to leaver; alter table rowed enable row level security;
         create policy ours on rowed to leaver, ward using (true); create policy its on rowed to leaver using (true)`,
        'shop',
      )
      const own = await server.session('reeve_admin', 'only in this test', 'shop')
      await own.query("select reeve.hand_over('leaver', 'keeper')")
      await own.end()
      const policies =
        "select polname, polroles::regrole[]::text as roles from pg_policy where polrelid = 'rowed'::regclass"
      assert.deepEqual(await server.sql(policies, 'shop'), [{ polname: 'ours', roles: '{ward}' }])
      const [row] = await server.sql("select tableowner, rowsecurity from pg_tables where tablename = 'rowed'", 'shop')
      assert.deepEqual(row, { tableowner: 'keeper', rowsecurity: true })
      await server.sql('drop table rowed; drop role ward; drop role leaver', 'shop')
    })

    test('revoking raises nobody to the successor', async () => {
      // the successor has what the role has not, as successors come to own what others left
      await server.sql(
        'alter role app login; revoke all on crown from app; alter routine door security definer',
        'shop',
      )
      const low = await server.session('low', 'low', 'shop')
      const crown = "select public.door('select x from public.crown')"
      await assert.rejects(low.query(crown), { code: '42501' })
      await carriedOut('revoke', server.call({ successor: 'keeper' }), 'app', offered(SECRET))
      await assert.rejects(low.query(crown), { code: '42501' })
      await low.end()
    })

    test('nor by what a cascade sets off', async () => {
      await server.sql('alter routine door security invoker; insert into parent values (7)', 'shop')
      await made(
        `create table loot (x int); create table line (id int references parent on delete cascade); insert into line values (7);
         create function raises() returns trigger language plpgsql as $$ begin insert into public.loot select x from public.crown; return old; end $$;
         create trigger raises before delete on line for each row execute function raises()`,
      )
      const { looked: found } = await carriedOut('revoke', server.call({ successor: 'keeper' }), 'app', offered(SECRET))
      assert.match(found['reassign_owned']?.blocked?.reason ?? '', /function of a cascade public\.raises\(\)/)
      const low = await server.session('low', 'low', 'shop')
      await assert.rejects(low.query('delete from public.parent where id = 7'), { code: '42501' })
      await low.end()
      assert.deepEqual(await server.sql('select x from loot', 'shop'), [])
    })
  })
}

import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import type { TimedRight, TimedRights } from '#connectors/target'
import { loginOf } from './login-in-test.ts'
import { postgresqlTarget } from './index.ts'
import { between } from './places-in-test.ts'
import { MAJORS_BY_LOT, postgresMissing, startPostgres } from './postgres-in-test.ts'
import type { TestPostgres } from './postgres-in-test.ts'
import { right } from './timed-right-in-test.ts'

const timed = postgresqlTarget.timed as TimedRights
const NAME = 'shop-db'

/** Long enough for what has to be done before it is over, also on a busy machine. */
const BRIEF_MS = 8000

const isOver = async ({ until }: TimedRight): Promise<void> =>
  await sleep(Math.max(0, Date.parse(until ?? '') - Date.now()) + 100)

for (const major of MAJORS_BY_LOT) {
  describe(`rights for a time on PostgreSQL ${major}`, { skip: postgresMissing(major), timeout: 120_000 }, () => {
    let server: TestPostgres
    const roles = async (): Promise<unknown[]> =>
      await server.sql(String.raw`select rolname from pg_roles where rolname like 'reeve\_grt\_%'`)
    before(async () => {
      server = await startPostgres(major)
      await server.sql('create database shop')
      await server.sql(
        'create role reporting; create role keeper; create role ruler createrole; create role chief in role ruler',
      )
      await server.sql('create table orders (id int); insert into orders values (7); create table bills (id int)')
      await server.sql(
        'grant select on orders to reporting; create schema work; grant create, usage on schema work to reporting',
      )
      await server.administered(['reporting', 'keeper', 'ruler', 'chief'], ['shop'])
    })
    after(async () => await server?.stop())

    test('a login opens what the grant gives and nothing else, and is refused and seen refused after', async () => {
      const [call, one] = [server.call(), right()]
      assert.equal((await timed.give(call, one)).done, true)
      assert.equal((await timed.give(call, one)).done, true, 'twice is once')
      assert.equal((await timed.see(call, one)).effect, 'unproven')
      const { user, password, secondsGood } = await loginOf(call, one)
      assert.ok(secondsGood <= 60 && secondsGood > 50)
      const session = await server.session(user, password)
      assert.deepEqual((await session.query('select id from orders')).rows, [{ id: 7 }])
      await assert.rejects(session.query('select id from bills'), { code: '42501' })
      assert.equal((await timed.take(call, one)).done, true)
      await assert.rejects(session.query('select 1'))
      await assert.rejects(server.session(user, password), { code: '28P01' })
      const seen = await timed.see(call, one)
      assert.equal(seen.effect, 'verified')
      assert.match(seen.effect === 'verified' ? seen.answer : '', /refused \(28P01\)/)
      assert.deepEqual(await roles(), [])
      assert.equal((await timed.take(call, one)).done, true, 'also where it is gone')
    })

    test('what is not there, or only as it was at an earlier step, is lost: nobody is let in by it before it is given again', async () => {
      const [call, one] = [server.call(), right()]
      assert.equal(await timed.login(call, one), 'lost')
      await timed.give(call, one)
      const narrowed = { ...one, fence: 3 }
      assert.equal(await timed.login(call, narrowed), 'lost')
      await timed.give(call, narrowed)
      const { user, password } = await loginOf(call, narrowed)
      await (await server.session(user, password)).end()
      await timed.take(call, narrowed)
    })

    test('the server itself refuses the password after its time, and a later one takes the place of an earlier one', async () => {
      const [call, one] = [server.call(), right({}, BRIEF_MS)]
      await timed.give(call, one)
      const first = await loginOf(call, one)
      const second = await loginOf(call, one)
      await assert.rejects(server.session(first.user, first.password), { code: '28P01' })
      await (await server.session(second.user, second.password)).end()
      await isOver(one)
      await assert.rejects(server.session(second.user, second.password), { code: '28P01' })
      await assert.rejects(loginOf(call, one), /its time is over/)
      await timed.take(call, one)
    })

    test('sixty that begin together are made in a few sessions, and one that is refused keeps none of the others', async () => {
      const place = await between(server.port)
      const call = server.call({ address: place.address })
      const wrong = [
        right({ resources: [`pg://${NAME}/role/ruler`] }),
        right({ resources: [`pg://${NAME}/nowhere/public.t`], actions: ['pg:SELECT'] }),
        right({ resources: [`pg://${NAME}/postgres/public.no_such_table`], actions: ['pg:SELECT'] }),
      ]
      const many = Array.from({ length: 60 }, () => right())
      const [first = right()] = many
      const answers = await Promise.all([...many, ...wrong, first].map(async (one) => await timed.give(call, one)))
      assert.deepEqual(
        answers.map(({ done }) => done),
        [...many.map(() => true), ...wrong.map(() => false), true],
      )
      // one for the roles, one for each database
      assert.ok(place.logins.length <= 6, `${place.logins.length} sessions`)
      await Promise.all([...many, ...wrong].map(async (one) => await timed.take(server.call(), one)))
      assert.deepEqual(await roles(), [])
      await place.close()
    })

    test('sixty that end together are gone in one go, with those that nobody asked to end though they are over', async () => {
      const call = server.call()
      const many = Array.from({ length: 60 }, () => right())
      const forgotten = right({}, BRIEF_MS)
      for (const one of [forgotten, ...many]) assert.equal((await timed.give(call, one)).done, true)
      const { user, password } = await loginOf(call, many[0] ?? forgotten)
      const session = await server.session(user, password)
      await isOver(forgotten)
      const since = performance.now()
      const ended = await Promise.all(many.map(async (one) => await timed.take(call, one)))
      const took = performance.now() - since
      assert.ok(ended.every(({ done }) => done))
      assert.deepEqual(await roles(), [])
      await assert.rejects(session.query('select 1'))
      assert.ok(took < 5000, `it took ${took} ms`)
    })

    test('what it made while it was in goes to the successor, and no object is lost', async () => {
      const [call, one] = [server.call({ successor: 'keeper' }), right()]
      await timed.give(call, one)
      const { user, password } = await loginOf(call, one)
      const session = await server.session(user, password)
      await session.query('create table work.draft (id int)')
      await session.end()
      const without = await timed.take(server.call(), one)
      assert.match(
        without.done ? '' : without.reason,
        /may not log in and is still there.*work\.draft.*--successor ROLE/,
      )
      await assert.rejects(server.session(user, password), { code: '28P01' })
      assert.equal((await timed.take(call, one)).done, true)
      assert.deepEqual(await server.sql("select tableowner from pg_tables where tablename = 'draft'"), [
        { tableowner: 'keeper' },
      ])
      await server.sql('drop table work.draft')
    })

    test('code that it left behind has nothing of what the grant gave, though its role stays for that code', async () => {
      await server.sql(`create role other login password 'o'; grant usage on schema work to other`)
      const [call, one] = [server.call({ successor: 'keeper' }), right()]
      assert.equal((await timed.give(call, one)).done, true)
      const { user, password } = await loginOf(call, one)
      const session = await server.session(user, password)
      await session.query(
        `create function work.peep() returns int security definer language sql as 'select min(id) from orders'`,
      )
      await session.end()
      const stranger = await server.session('other', 'o')
      assert.deepEqual((await stranger.query('select work.peep() as id')).rows, [{ id: 7 }])
      const left = await timed.take(call, one)
      assert.match(left.done ? '' : left.reason, /is still there.*work\.peep/)
      await assert.rejects(stranger.query('select work.peep()'), { code: '42501' })
      await stranger.end()
      await server.sql('drop function work.peep()')
      assert.equal((await timed.take(call, one)).done, true)
      await server.sql('revoke usage on schema work from other; drop role other')
    })

    test('a privilege on a table is given where its owner lets it be passed on, else what is missing is said', async () => {
      const call = server.call()
      const one = right({ actions: ['pg:SELECT'], resources: [`pg://${NAME}/postgres/public.bills`] })
      const refused = await timed.give(call, one)
      assert.ok(!refused.done && refused.lasting === true)
      await timed.take(call, one)
      await server.sql('grant select on bills to reeve_admin with grant option')
      await server.sql('grant usage on schema public to reeve_admin with grant option')
      const given = await timed.give(call, one)
      assert.ok(given.done, given.done ? '' : given.reason)
      const { user, password, database } = await loginOf(call, one)
      const session = await server.session(user, password, database)
      await session.query('select id from bills')
      await assert.rejects(session.query('insert into bills values (1)'), { code: '42501' })
      await session.end()
      const taken = await timed.take(call, one)
      assert.ok(taken.done, taken.done ? '' : taken.reason)
      assert.deepEqual(await roles(), [])
      await server.sql('revoke all on bills from reeve_admin; revoke all on schema public from reeve_admin cascade')
    })

    test('a privilege in a database that its login may not enter is not given, and it is said what to ask for', async () => {
      await server.sql('create table shelf (id int); grant select on shelf to reeve_admin with grant option', 'shop')
      await server.sql('grant usage on schema public to reeve_admin with grant option', 'shop')
      await server.sql('revoke connect on database shop from public; grant connect on database shop to reporting')
      const call = server.call()
      const one = right({ actions: ['pg:SELECT'], resources: [`pg://${NAME}/shop/public.shelf`] })
      const refused = await timed.give(call, one)
      assert.match(refused.done ? '' : refused.reason, /in the database shop: nobody gets in there by it.*pg:member/)
      assert.equal((await timed.take(call, one)).done, true)
      await server.sql('grant connect on database shop to public; revoke connect on database shop from reporting')
      await server.sql('drop table shelf; revoke all on schema public from reeve_admin cascade', 'shop')
    })

    test('one that is narrowed loses what it gave before, and the sessions that had it', async () => {
      await server.sql(
        'create role selling; grant insert on orders to selling with grant option; grant selling to reeve_admin with admin option',
      )
      await server.sql('grant select on bills to reeve_admin with grant option')
      await server.sql('grant usage on schema public to reeve_admin with grant option')
      const call = server.call()
      const roleNamed = (name: string): string => `pg://${NAME}/role/${name}`
      const both = right({ resources: [roleNamed('reporting'), roleNamed('selling')] })
      assert.equal((await timed.give(call, both)).done, true)
      const enter = async (as: TimedRight) => {
        const { user, password } = await loginOf(call, as)
        return await server.session(user, password)
      }
      const { user, password } = await loginOf(call, both)
      const session = await server.session(user, password)
      await session.query('set role selling; insert into orders values (8)')
      await server.sql('grant create on schema public to selling')
      await session.query('create function raid() returns int security definer begin atomic select 1; end')
      await session.query('grant insert on orders to public')
      const less = { ...both, resources: [roleNamed('reporting')], fence: 3 }
      const narrowed = await timed.give(call, less)
      assert.ok(narrowed.done, narrowed.done ? '' : narrowed.reason)
      assert.match(narrowed.answer, /look whether this is to stay.*PUBLIC has INSERT on table .*orders from selling/)
      assert.match(narrowed.answer, /function .*raid\(\) in postgres \(PUBLIC\) acts as selling/)
      await server.sql('drop function raid(); set role selling; revoke insert on orders from public; reset role')
      await assert.rejects(session.query('insert into orders values (9)'), 'whoever was another role is out')
      await assert.rejects(server.session(user, password), { code: '28P01' }, 'its password was good for a minute')
      const again = await enter(less)
      await again.query('select id from orders')
      await assert.rejects(again.query('insert into orders values (9)'), { code: '42501' })
      await assert.rejects(again.query('set role selling'), { code: '42501' })
      await again.end()
      const twice = await timed.give(call, less)
      assert.ok(twice.done && !twice.answer.includes('look whether'), 'twice is once')
      // from there to a table, and to nothing of the rest
      const table = { ...less, actions: ['pg:SELECT'], resources: [`pg://${NAME}/postgres/public.bills`], fence: 4 }
      const other = await timed.give(call, table)
      assert.ok(other.done, other.done ? '' : other.reason)
      const last = await enter(table)
      await last.query('select id from bills')
      await assert.rejects(last.query('select id from orders'), { code: '42501' })
      await last.end()
      assert.equal((await timed.take(call, table)).done, true)
      assert.deepEqual(await roles(), [])
      await server.sql('revoke all on bills from reeve_admin; revoke all on schema public from reeve_admin cascade')
      await server.sql('revoke all on orders from selling; revoke all on schema public from selling; drop role selling')
    })

    test('a session from before a narrowing ends though what it had was taken by an attempt that did not finish', async () => {
      await server.sql('create role selling; grant selling to reeve_admin with admin option')
      const call = server.call()
      const both = right({ resources: [`pg://${NAME}/role/reporting`, `pg://${NAME}/role/selling`] })
      assert.equal((await timed.give(call, both)).done, true)
      const { user, password } = await loginOf(call, both)
      const session = await server.session(user, password)
      await session.query('set role selling')
      // as an attempt leaves it that ends between taking and ending sessions
      await server.sql(`set role reeve_admin; revoke selling from ${user}`)
      const answer = await timed.give(call, { ...both, resources: [`pg://${NAME}/role/reporting`], fence: 3 })
      assert.ok(answer.done, answer.done ? '' : answer.reason)
      await assert.rejects(session.query('select 1'), 'it was another role still')
      assert.equal((await timed.take(call, both)).done, true)
      await server.sql('drop role selling')
    })

    test('what a login let itself have before it was narrowed is no way around it', async () => {
      const call = server.call()
      const both = (): TimedRight =>
        right({ resources: ['reporting', 'selling'].map((name) => `pg://${NAME}/role/${name}`) })
      for (const [grant, left] of [
        ['usage on schema store', /USAGE on store/],
        ['select (euro) on store.price', /SELECT \("euro"\) on store\.price/],
        ['execute on function store.paid()', /a right on function store\.paid\(\)/],
        ['temporary on database postgres', /a right on database postgres/],
      ] as const) {
        await server.sql('create role selling; grant selling to reeve_admin with admin option')
        await server.sql(
          'create schema store authorization selling; grant temporary on database postgres to selling with grant option',
        )
        await server.sql('set role selling; create table store.price (euro int)')
        await server.sql("set role selling; create function store.paid() returns int language sql as 'select 1'")
        const one = both()
        assert.equal((await timed.give(call, one)).done, true)
        const { user, password } = await loginOf(call, one)
        const session = await server.session(user, password)
        await session.query(`set role selling; grant ${grant} to ${user}`)
        const answer = await timed.give(call, { ...one, resources: [`pg://${NAME}/role/reporting`], fence: 3 })
        const has = await server.sql(
          `select pg_describe_object(classid, objid, objsubid) from pg_shdepend where refobjid = '${user}'::regrole and deptype = 'a'`,
        )
        // PostgreSQL 15 lets a member take what its group gave
        if (answer.done) assert.deepEqual(has, [])
        else assert.match(answer.reason, left)
        await server.sql('drop owned by selling cascade')
        assert.equal((await timed.take(call, one)).done, true)
        await server.sql('drop role selling')
      }
    })

    test('a table that a login made and let others read is its own, and no reason not to narrow it', async () => {
      const call = server.call({ successor: 'keeper' })
      const one = right({ resources: ['reporting', 'keeper'].map((name) => `pg://${NAME}/role/${name}`) })
      assert.equal((await timed.give(call, one)).done, true)
      const { user, password } = await loginOf(call, one)
      const session = await server.session(user, password)
      await session.query('create table work.seen (id int); grant select on work.seen to keeper')
      const answer = await timed.give(call, { ...one, resources: [`pg://${NAME}/role/reporting`], fence: 3 })
      assert.ok(answer.done, answer.done ? '' : answer.reason)
      assert.equal((await timed.take(call, one)).done, true)
      await server.sql('drop table work.seen')
    })

    test('one that goes on having more, by another who gave it, is not called narrowed', async () => {
      const call = server.call()
      const one = right({ resources: [`pg://${NAME}/role/reporting`] })
      assert.equal((await timed.give(call, one)).done, true)
      await server.sql(`grant select on bills to reeve_${one.id}`)
      const answer = await timed.give(call, { ...one, fence: 3 })
      assert.match(
        answer.done ? '' : answer.reason,
        /goes on having SELECT on public\.bills, which another role gave it/,
      )
      await server.sql(`revoke select on bills from reeve_${one.id}`)
      assert.equal((await timed.take(call, one)).done, true)
    })

    test('what is over and forgotten is reaped though nobody asks for it by name; what is not over stays', async () => {
      const [call, over, still] = [server.call(), right({}, BRIEF_MS), right()]
      assert.equal((await timed.give(call, over)).done, true)
      assert.equal((await timed.give(call, still)).done, true)
      const { user, password } = await loginOf(call, over)
      const session = await server.session(user, password)
      assert.deepEqual(await timed.reap(call), { gone: [], left: [] })
      await isOver(over)
      assert.deepEqual(await timed.reap(call), { gone: [user], left: [] })
      await assert.rejects(session.query('select 1'))
      assert.deepEqual(await roles(), [{ rolname: `reeve_${still.id}` }])
      assert.equal((await timed.take(call, still)).done, true)
    })

    test('no grant makes who has it rule the server, and an earlier step of one does not undo a later', async () => {
      const call = server.call()
      const group = (name: string): TimedRight => right({ resources: [`pg://${NAME}/role/${name}`] })
      for (const name of ['postgres', 'reeve_admin', 'pg_monitor', 'ruler', 'chief', 'nobody-here', '*']) {
        const answer = await timed.give(call, group(name))
        assert.ok(!answer.done && answer.lasting === true, name)
      }
      const over = await timed.give(call, right({}, -1000))
      assert.ok(!over.done)
      const one = right({ fence: 5 })
      assert.equal((await timed.give(call, one)).done, true)
      const lower = await timed.give(call, { ...one, fence: 4 })
      assert.match(lower.done ? '' : lower.reason, /a later step/)
      await timed.take(call, one)
      assert.deepEqual(await roles(), [])
    })
  })
}

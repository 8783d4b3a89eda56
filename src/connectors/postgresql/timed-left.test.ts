import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import type { TimedDone, TimedRight, TimedRights } from '#connectors/target'
import type { Client } from 'pg'
import { loginOf } from './login-in-test.ts'
import { postgresqlTarget } from './index.ts'
import { MAJORS_BY_LOT, postgresMissing, startPostgres } from './postgres-in-test.ts'
import type { TestPostgres } from './postgres-in-test.ts'
import { right } from './timed-right-in-test.ts'

const timed = postgresqlTarget.timed as TimedRights
for (const major of MAJORS_BY_LOT) {
  describe(`what a grant leaves at PostgreSQL ${major}`, { skip: postgresMissing(major), timeout: 120_000 }, () => {
    let server: TestPostgres
    before(async () => {
      server = await startPostgres(major, { max_prepared_transactions: '4' })
      await server.sql('create database shop')
      await server.sql('create role reporting; create role keeper; create role low')
      await server.sql('create schema work; grant create, usage on schema work to reporting')
      await server.sql('grant create on schema public to reporting; grant create on database shop to reporting', 'shop')
      await server.administered(['reporting', 'keeper'], ['shop'])
    })
    after(async () => await server?.stop())

    const call = () => server.call({ successor: 'keeper' })
    /** Each in a session of its own, of the login of a new grant. */
    const did = async (...texts: readonly (readonly [database: string, text: string])[]): Promise<TimedRight> => {
      const one = right()
      assert.equal((await timed.give(call(), one)).done, true)
      const { user, password } = await loginOf(call(), one)
      for (const [database, text] of texts) {
        const session: Client = await server.session(user, password, database)
        await session.query(text.replaceAll('LOGIN', user))
        await session.end()
      }
      return one
    }
    const leftBy = (done: TimedDone): readonly string[] | undefined => {
      assert.ok(done.done, done.done ? '' : done.reason)
      return done.left
    }
    const ownerOf = async (table: string, database: string): Promise<unknown> =>
      (await server.sql(`select tableowner as o from pg_tables where tablename = '${table}'`, database))[0]?.['o']

    test('what it made is told with whose it is now, in each database; its default privileges go', async () => {
      const one = await did(
        [
          'postgres',
          `create table work.draft (id int); create view work.drafts as select * from work.draft; create type work.mood as enum ('low');
           create function work.one() returns int language sql return 1; select lo_create(77);
           alter default privileges in schema work grant select on tables to public`,
        ],
        ['shop', 'create table public.far (id int); create schema own; create publication told for table public.far'],
      )
      const left = leftBy(await timed.take(call(), one))
      for (const what of [
        'function work.one() in postgres',
        'large object 77 in postgres',
        'table work.draft in postgres',
        'type work.mood in postgres',
        'view work.drafts in postgres',
        'publication told in shop',
        'schema own in shop',
      ])
        assert.ok(left?.includes(`${what}: keeper owns it now`), `${what}: ${left?.join('\n')}`)
      assert.ok(left?.some((words) => /^table (?:public\.)?far in shop: keeper owns it now$/.test(words)))
      assert.equal(left?.length, 8, left?.join('\n'))
      assert.deepEqual([await ownerOf('draft', 'postgres'), await ownerOf('far', 'shop')], ['keeper', 'keeper'])
      assert.deepEqual(await server.sql('select from pg_default_acl'), [])
      await server.sql(
        'drop schema work cascade; create schema work; grant create, usage on schema work to reporting; select lo_unlink(77)',
      )
      await server.sql('drop publication told; drop schema own; drop table far', 'shop')
      assert.deepEqual(
        leftBy(await timed.take(call(), one)),
        left,
        'who asks again, since nobody heard the answer, is told the same',
      )
    })

    test('one that made nothing leaves nothing, and of one that was gone before anybody looked it is not known', async () => {
      assert.deepEqual(leftBy(await timed.take(call(), await did(['postgres', 'select 1']))), [])
      const lost = await did(['postgres', 'select 1'])
      await server.sql(`drop role reeve_${lost.id}`)
      assert.equal(leftBy(await timed.take(call(), lost)), undefined)
    })

    test('a transaction that was prepared and is not over is told, of the role that was granted, too', async () => {
      const one = await did()
      const { user, password } = await loginOf(call(), one)
      for (const [as, id] of [
        [user, 1],
        ['reporting', 2],
      ] as const) {
        const session = await server.session(user, password)
        for (const text of [
          `set role ${as}`,
          'begin',
          `select pg_advisory_xact_lock(${id})`,
          `prepare transaction 'later_${id}'`,
        ])
          await session.query(text)
        await session.end()
      }
      const left = leftBy(await timed.take(call(), one))?.toSorted()
      assert.equal(left?.length, 2, left?.join('\n'))
      assert.match(
        left?.[0] ?? '',
        new RegExp(`^the prepared transaction 'later_1' of ${user} in postgres: what it gives`),
      )
      assert.match(left?.[1] ?? '', /^the prepared transaction 'later_2' of reporting in postgres/)
      for (const id of [1, 2]) await server.sql(`rollback prepared 'later_${id}'`)
    })

    test('one that was ended in passing, by who ended another, still tells what it left', async () => {
      const [short, other] = [right({}, 3000), right()]
      for (const one of [short, other]) assert.equal((await timed.give(call(), one)).done, true)
      const { user, password } = await loginOf(call(), short)
      const session = await server.session(user, password)
      await session.query('create table work.passing (id int)')
      await session.end()
      for (const end = Date.parse(short.until ?? '') + 20; Date.now() < end;)
        await new Promise((done) => setTimeout(done, 50))
      assert.deepEqual(leftBy(await timed.take(call(), other)), [])
      assert.equal(await ownerOf('passing', 'postgres'), 'keeper')
      assert.deepEqual(leftBy(await timed.take(call(), short)), ['table work.passing in postgres: keeper owns it now'])
      await server.sql('drop table work.passing')
    })

    test('more than a page can hold is said to be more', async () => {
      const many = Array.from({ length: 45 }, (_, n) => `create table work.t${n} (id int)`).join(';')
      const left = leftBy(await timed.take(call(), await did(['postgres', many])))
      assert.equal(left?.length, 41)
      assert.equal(left?.at(-1), 'more than these, which keeper owns now')
    })
  })
}

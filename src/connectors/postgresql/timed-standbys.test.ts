import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Client } from 'pg'
import type { TimedLogin, TimedRights } from '#connectors/target'
import { loginOf } from './login-in-test.ts'
import { postgresqlTarget } from './index.ts'
import { MAJORS_BY_LOT, postgresMissing, startPostgres } from './postgres-in-test.ts'
import type { TestPostgres } from './postgres-in-test.ts'
import { startStandby } from './standby-in-test.ts'
import { right } from './timed-right-in-test.ts'

const timed = postgresqlTarget.timed as TimedRights

for (const major of MAJORS_BY_LOT) {
  describe(`grants and standbys, PostgreSQL ${major}`, { skip: postgresMissing(major), timeout: 180_000 }, () => {
    let server: TestPostgres
    let standby: TestPostgres
    before(async () => {
      server = await startPostgres(major)
      await server.sql('create role reporting')
      await server.administered(['reporting'])
      standby = await startStandby(server)
    })
    after(async () => {
      await standby?.stop()
      await server?.stop()
    })

    /** Once it has heard of the login. */
    const openThere = async ({ user, password }: TimedLogin): Promise<Client> => {
      for (const until = Date.now() + 10_000; ; await sleep(50)) {
        try {
          return await server.session(user, password, 'postgres', 'reports', standby.port)
        } catch (error) {
          if (Date.now() > until) throw error
        }
      }
    }

    test('a session that a grant has open at a standby is ended with it, and the login is refused there too', async () => {
      const call = server.call({ standbys: [{ host: '127.0.0.1', port: standby.port }] })
      const one = right()
      assert.equal((await timed.give(call, one)).done, true)
      const login = await loginOf(call, one)
      const session = await openThere(login)
      const open = await timed.see(call, one)
      assert.match(open.effect === 'unproven' ? open.reason : '', /at the standby 127\.0\.0\.1:\d+ /)
      assert.equal((await timed.take(call, one)).done, true)
      await assert.rejects(session.query('select 1'))
      const seen = await timed.see(call, one)
      assert.equal(seen.effect, 'verified', JSON.stringify(seen))
      const answer = seen.effect === 'verified' ? seen.answer : ''
      assert.equal(answer.match(/refused \(28P01\)/g)?.length, 2, answer)
      assert.doesNotMatch(answer, /not asked/)
    })

    test('an address that leads to a standby proves nothing: neither that a login is lost, nor that it is gone', async () => {
      const [call, one] = [server.call(), right()]
      const there = server.call({ address: { host: '127.0.0.1', port: standby.port } })
      await standby.sql('select pg_wal_replay_pause()')
      assert.equal((await timed.give(call, one)).done, true)
      await assert.rejects(timed.login(there, one), /point the target at the primary/)
      const seen = await timed.see(there, one)
      assert.match(seen.effect === 'unproven' ? seen.reason : '', /itself a standby/)
      await standby.sql('select pg_wal_replay_resume()')
      assert.equal((await timed.take(call, one)).done, true)
    })

    test('one that is narrowed loses what it had at a standby, too, and is not called narrowed where that can not be asked', async () => {
      await server.sql('create role selling; grant selling to reeve_admin with admin option')
      const call = server.call({ standbys: [{ host: '127.0.0.1', port: standby.port }] })
      const one = { ...right(), resources: ['pg://shop-db/role/reporting', 'pg://shop-db/role/selling'] }
      assert.equal((await timed.give(call, one)).done, true)
      const session = await openThere(await loginOf(call, one))
      await session.query('set role selling')
      const less = { ...one, resources: ['pg://shop-db/role/reporting'], fence: 3 }
      assert.equal((await timed.give(call, less)).done, true)
      await assert.rejects(session.query('select 1'))
      await server.sql(`grant selling to reeve_${one.id}`)
      const unasked = await timed.give(server.call({ standbys: [{ host: '127.0.0.1', port: 1 }] }), {
        ...less,
        fence: 4,
      })
      assert.match(
        unasked.done ? '' : unasked.reason,
        /sessions at the standby 127\.0\.0\.1:1: |goes on having the role selling/,
      )
      assert.equal((await timed.take(call, one)).done, true)
    })

    test('that a standby was not asked, since nobody named it, stands beside what was seen', async () => {
      const call = server.call()
      const one = right()
      assert.equal((await timed.give(call, one)).done, true)
      assert.equal((await timed.take(call, one)).done, true)
      const seen = await timed.see(call, one)
      assert.match(
        seen.effect === 'verified' ? seen.answer : JSON.stringify(seen),
        /refused \(28P01\).*; not asked: standbys that stream from it and are not named \(1\)$/,
      )
    })

    test('where a standby can not be asked the rest is ended, and the grant is not called ended', async () => {
      const call = server.call({ standbys: [{ host: '127.0.0.1', port: 1 }] })
      const one = right()
      assert.equal((await timed.give(call, one)).done, true)
      const { user, password } = await loginOf(call, one)
      const session = await server.session(user, password)
      assert.equal((await timed.take(call, one)).done, true)
      await assert.rejects(session.query('select 1'))
      const seen = await timed.see(call, one)
      assert.match(
        seen.effect === 'unproven' ? seen.reason : '',
        /sessions at the standby 127\.0\.0\.1:1: .*cannot be reached/,
      )
    })
  })
}

import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { Client } from 'pg'
import type { TimedLogin, TimedRights } from '#connectors/target'
import { loginOf } from './login-in-test.ts'
import { postgresqlTarget } from './index.ts'
import { MAJORS, postgresMissing, startPostgres } from './postgres-in-test.ts'
import type { TestPostgres } from './postgres-in-test.ts'
import { carriedOut } from './steps-in-test.ts'
import { startStandby } from './standby-in-test.ts'
import { right } from './timed-right-in-test.ts'

const timed = postgresqlTarget.timed as TimedRights
const roles = (...names: string[]): string[] => names.map((name) => `pg://shop-db/role/${name}`)

/** A session that has the server wait before it says as whom it signs in, and is `selling` by then. */
async function beginLate(
  { user, password }: TimedLogin,
  port: number,
  seconds: number,
): Promise<{ in: Promise<string> }> {
  const options = `-c post_auth_delay=${seconds} -c role=selling`
  const late = new Client({ host: '127.0.0.1', port, user, password, database: 'postgres', options })
  late.on('error', () => undefined)
  const said = (async (): Promise<string> => {
    await late.connect()
    // whatever of it is left to be ended has a moment for it
    await sleep(500)
    const { rows } = await late.query<{ now: string }>('select current_user as now')
    return rows[0]?.now ?? ''
  })()
  said.catch(() => undefined)
  void said.finally(() => void late.end().catch(() => undefined)).catch(() => undefined)
  await sleep(1000)
  return { in: said }
}

for (const major of MAJORS) {
  describe(
    `a login that waits for its right to be taken, PostgreSQL ${major}`,
    { skip: postgresMissing(major), timeout: 120_000 },
    () => {
      let server: TestPostgres
      before(async () => {
        server = await startPostgres(major)
        await server.sql('create role reporting; create role selling')
        await server.administered(['reporting', 'selling'])
      })
      after(async () => await server?.stop())

      test('a session that has begun as what the grant gave before is ended with those that are open', async () => {
        const call = server.call()
        const both = right({ resources: roles('reporting', 'selling') })
        assert.equal((await timed.give(call, both)).done, true)
        const late = await beginLate(await loginOf(call, both), server.port, 6)
        const narrowed = await timed.give(call, { ...both, resources: roles('reporting'), fence: 3 })
        assert.ok(narrowed.done, narrowed.done ? '' : narrowed.reason)
        await assert.rejects(late.in, 'it was selling')
        assert.equal((await timed.take(call, both)).done, true)
      })

      test('a password that a session gave its own role while it was narrowed opens nothing', async () => {
        const call = server.call()
        const one = right({ resources: roles('reporting') })
        assert.equal((await timed.give(call, one)).done, true)
        const { user } = await loginOf(call, one)
        assert.equal((await timed.give(call, { ...one, fence: 3 })).done, true)
        // as a session does between the statement that takes its password and the one that ends it
        await server.sql(`set session authorization ${user}; alter role ${user} password 'of its own choice'`)
        await assert.rejects(server.session(user, 'of its own choice'), { code: '28P01' })
        assert.equal((await timed.take(call, one)).done, true)
      })

      test('one that a plan holds stays held when its grant is narrowed', async () => {
        const call = server.call()
        const one = right({ resources: roles('reporting') })
        assert.equal((await timed.give(call, one)).done, true)
        await carriedOut('contain', call, `reeve_${one.id}`)
        assert.equal((await timed.give(call, { ...one, fence: 3 })).done, true)
        assert.deepEqual(
          await server.sql(`select rolcanlogin, rolconnlimit from pg_roles where rolname = 'reeve_${one.id}'`),
          [{ rolcanlogin: false, rolconnlimit: 0 }],
        )
        assert.equal((await timed.take(call, one)).done, true)
      })

      test('a role that somebody renamed is not seen to be over', async () => {
        const call = server.call()
        const one = right({ resources: roles('reporting') })
        assert.equal((await timed.give(call, one)).done, true)
        await server.sql(`alter role reeve_${one.id} rename to of_somebody`)
        await timed.take(call, one)
        const seen = await timed.see(call, one)
        assert.match(
          seen.effect === 'unproven' ? seen.reason : seen.effect,
          /another name, of_somebody: somebody renamed/,
        )
        await server.sql(`alter role of_somebody rename to reeve_${one.id}`)
        assert.equal((await timed.take(call, one)).done, true)
        assert.equal((await timed.see(call, one)).effect, 'verified')
      })

      test('a session that has begun at a standby is ended there with its grant', async () => {
        const standby = await startStandby(server)
        const call = server.call({ standbys: [{ host: '127.0.0.1', port: standby.port }] })
        try {
          const one = right({ resources: roles('selling') })
          assert.equal((await timed.give(call, one)).done, true)
          const login = await loginOf(call, one)
          await sleep(500)
          const late = await beginLate(login, standby.port, 8)
          const taken = await timed.take(call, one)
          const seen = await timed.see(call, one)
          assert.equal(taken.done && seen.effect, 'verified', JSON.stringify([taken, seen]))
          await assert.rejects(late.in, 'it was selling')
        } finally {
          await standby.stop()
        }
      })
    },
  )
}

import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Client } from 'pg'
import type { StepVerdict, TargetCall } from '#connectors/target'
import { postgresqlTarget } from './index.ts'
import { observeUse } from './observe-use.ts'
import { MAJORS_BY_LOT, offered, PASSWORD, postgresMissing, startPostgres } from './postgres-in-test.ts'
import type { TestPostgres } from './postgres-in-test.ts'
import { startStandby } from './standby-in-test.ts'
import { carriedOut, factsIn } from './steps-in-test.ts'

const SECRET = 'leaked-2b7740'

for (const major of MAJORS_BY_LOT) {
  describe(`standbys, PostgreSQL ${major}`, { skip: postgresMissing(major), timeout: 180_000 }, () => {
    let server: TestPostgres
    let standby: TestPostgres
    before(async () => {
      server = await startPostgres(major)
      await server.sql(`create role app login password '${SECRET}'`)
      await server.administered(['app'])
      standby = await startStandby(server)
    })
    after(async () => {
      await standby?.stop()
      await server?.stop()
    })

    /** Once it has heard that app may log in. */
    const open = async (): Promise<Client> => {
      for (const until = Date.now() + 10_000; ; await sleep(50)) {
        try {
          return await server.session('app', SECRET, 'postgres', 'reports', standby.port)
        } catch (error) {
          if (Date.now() > until) throw error
        }
      }
    }
    const reasonOf = (verdict: StepVerdict | undefined): string =>
      verdict?.effect === 'unproven' ? verdict.reason : ''

    test('a denied login reaches the standby, and an open session there is said not to be seen', async () => {
      const session = await open()
      const { verdicts } = await carriedOut('contain', server.call(), 'app', offered(SECRET))
      const verdict = verdicts['look_for_other_ways']
      assert.equal(verdict?.effect, 'unproven', JSON.stringify(verdict))
      assert.match(
        verdict?.effect === 'unproven' ? `${verdict.reason} → ${verdict.next}` : '',
        /sessions at the standby reports \(127\.0\.0\.1\) are not seen, and go on → name it under `standbys`.*there: SELECT pg_terminate_backend/,
      )
      // it is so: the session goes on, and nobody new gets in
      assert.equal((await session.query<{ one: number }>('select 1 as one')).rows[0]?.one, 1)
      await session.end()
      await assert.rejects(server.session('app', SECRET, 'postgres', 'reports', standby.port), { code: '28000' })
    })

    test('an account that is held at a standby which the address leads to is not proven to be held', async () => {
      const there = server.call({ address: { host: '127.0.0.1', port: standby.port } })
      const { verdicts } = await carriedOut('contain', there, 'app', offered(SECRET))
      assert.equal(verdicts['deny_new_logins']?.effect, 'verified')
      assert.match(reasonOf(verdicts['look_for_other_ways']), /is itself a standby: what is at its primary is not seen/)
    })

    test('one that the target names is asked, its sessions are ended, and the login is tried there', async () => {
      await server.sql('alter role app login connection limit -1; alter role app reset all')
      const session = await open()
      const named = server.call({ standbys: [{ host: '127.0.0.1', port: standby.port }] })
      const { sessions } = await postgresqlTarget.find(named, { account: 'app' })
      assert.deepEqual(
        sessions.map(({ application, database }) => [application, database]),
        [['reports', `postgres at the standby 127.0.0.1:${standby.port}`]],
      )
      const { verdicts, looked } = await carriedOut('contain', named, 'app', offered(SECRET))
      assert.match(looked['end_sessions']?.touches.join() ?? '', /1 session of reports .* at the standby/)
      assert.deepEqual(
        Object.entries(verdicts).flatMap(([name, { effect }]) => (effect === 'verified' ? [] : [name])),
        [],
        JSON.stringify(verdicts, null, 2),
      )
      await assert.rejects(session.query('select 1'))
      const places = factsIn(verdicts['try_credential_after'])['places'] as { place: string; sqlstate: string }[]
      assert.deepEqual(
        places.map(({ sqlstate }) => sqlstate),
        ['28000', '28000'],
      )
    })

    test('one that has not caught up, or can not be asked, is said; sessions elsewhere are ended all the same', async () => {
      await server.sql('alter role app login connection limit -1; alter role app reset all')
      await (await open()).end()
      const onStandby = async (text: string): Promise<void> => {
        const one = await server.session('postgres', PASSWORD, 'postgres', 'test', standby.port)
        await one.query(text)
        await one.end()
      }
      await onStandby('select pg_wal_replay_pause()')
      const named = server.call({ standbys: [{ host: '127.0.0.1', port: standby.port }] })
      const behind = (await carriedOut('contain', named, 'app', offered(SECRET))).verdicts
      assert.match(reasonOf(behind['look_for_other_ways']), /app may still log in there: it has not caught up/)
      assert.match(reasonOf(behind['try_credential_after']), /still let in: 127\.0\.0\.1:\d+ accepted/)
      await onStandby('select pg_wal_replay_resume()')

      await server.sql('alter role app login connection limit -1; alter role app reset all')
      const session = await server.session('app', SECRET)
      const away = server.call({ standbys: [{ host: '127.0.0.1', port: 1 }] })
      const { verdicts } = await carriedOut('contain', away, 'app', offered(SECRET))
      await assert.rejects(session.query('select 1'))
      assert.match(reasonOf(verdicts['end_sessions']), /sessions at the standby 127\.0\.0\.1:1: .*cannot be reached/)
      assert.match(reasonOf(verdicts['look_for_other_ways']), /standby 127\.0\.0\.1:1.*sessions at the standby reports/)
      const doctor = async (call: TargetCall): Promise<string> => {
        const line = (await postgresqlTarget.examine(call)).find(({ check }) => check.startsWith('each standby'))
        return `${line?.outcome}: ${line?.detail}`
      }
      assert.match(await doctor(named), /^ok: 1 standbys stream from it, 1 are named/)
      assert.match(await doctor(server.call()), /^missing: .*sessions at the standby reports/)
      assert.match(await doctor(away), /^missing: .*127\.0\.0\.1:1 cannot be reached/)
      const observing = { ...away, planId: 'pln_1', subject: { account: 'app' }, earlier: {} }
      const { before: role } = await observeUse.look(observing)
      const used = await observeUse.verify({ ...observing, before: role })
      assert.match(used.effect === 'verified' ? used.answer : '', /not seen: sessions at the standby 127\.0\.0\.1:1/)
      // nor is a primary, or another system, taken for one
      const itself = server.call({ standbys: [named.settings.address] })
      const found = await postgresqlTarget.find(itself, { account: 'app' })
      assert.match(found.otherWays.join(), /it is no standby any more.*sessions at the standby reports/)
    })
  })
}

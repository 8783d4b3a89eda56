import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { MAJORS, offered, postgresMissing, startPostgres } from './postgres-in-test.ts'
import type { TestPostgres } from './postgres-in-test.ts'
import { startStandby } from './standby-in-test.ts'
import type { TestStandby } from './standby-in-test.ts'
import { carriedOut } from './steps-in-test.ts'

const SECRET = 'leaked-2b7740'

for (const major of MAJORS) {
  describe(`standbys, PostgreSQL ${major}`, { skip: postgresMissing(major), timeout: 180_000 }, () => {
    let server: TestPostgres
    let standby: TestStandby
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

    test('a denied login reaches the standby, and an open session there is said not to be seen', async () => {
      const session = await server.session('app', SECRET, 'postgres', 'reports', standby.port)
      const { verdicts } = await carriedOut('contain', server.call(), 'app', offered(SECRET))
      const verdict = verdicts['look_for_other_ways']
      assert.equal(verdict?.effect, 'unproven', JSON.stringify(verdict))
      assert.match(
        verdict?.effect === 'unproven' ? `${verdict.reason} → ${verdict.next}` : '',
        /sessions at the standby reports \(127\.0\.0\.1\) are not seen, and go on → at the standby: SELECT pg_terminate_backend/,
      )
      // it is so: the session goes on, and nobody new gets in
      assert.equal((await session.query<{ one: number }>('select 1 as one')).rows[0]?.one, 1)
      await session.end()
      await assert.rejects(server.session('app', SECRET, 'postgres', 'reports', standby.port), { code: '28000' })
    })
  })
}

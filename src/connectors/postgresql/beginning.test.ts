import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { Client } from 'pg'
import { MAJORS, offered, postgresMissing, startPostgres } from './postgres-in-test.ts'
import type { TestPostgres } from './postgres-in-test.ts'
import { carriedOut } from './steps-in-test.ts'

const SECRET = 'begun-8f1a22'

for (const major of MAJORS) {
  describe(
    `a session that begins while it is held, PostgreSQL ${major}`,
    { skip: postgresMissing(major), timeout: 120_000 },
    () => {
      let server: TestPostgres
      before(async () => {
        server = await startPostgres(major)
        await server.sql(`create role app login password '${SECRET}'`)
        await server.administered(['app'])
      })
      after(async () => await server?.stop())

      test('is ended before it is open, however long it makes the server wait', async () => {
        const late = new Client({
          host: '127.0.0.1',
          port: server.port,
          user: 'app',
          password: SECRET,
          database: 'postgres',
          options: '-c post_auth_delay=30',
        })
        late.on('error', () => undefined)
        const became = late.connect().then(async () => await late.query('select 1'))
        became.catch(() => undefined)
        await new Promise((resolve) => setTimeout(resolve, 1000))
        const { verdicts } = await carriedOut('contain', server.call(), 'app', offered(SECRET))
        // well before its thirty seconds: it ends as soon as it would take a statement
        const began = performance.now()
        await assert.rejects(became)
        assert.ok(performance.now() - began < 5000)
        assert.equal(verdicts['end_sessions']?.effect, 'verified')
        await late.end().catch(() => undefined)
      })
    },
  )
}

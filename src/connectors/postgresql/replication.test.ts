import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { Client } from 'pg'
import { postgresqlTarget } from './index.ts'
import { MAJORS, offered, postgresMissing, startPostgres } from './postgres-in-test.ts'
import type { TestPostgres } from './postgres-in-test.ts'
import { carriedOut } from './steps-in-test.ts'

const SECRET = 'replicates-8f1a22'

for (const major of MAJORS) {
  describe(`a role that may replicate, PostgreSQL ${major}`, { skip: postgresMissing(major), timeout: 120_000 }, () => {
    let server: TestPostgres
    before(async () => {
      server = await startPostgres(major, { wal_level: 'logical' })
      await server.sql(`create role copier login replication password '${SECRET}'`)
      await server.administered(['copier'])
    })
    after(async () => await server?.stop())

    test('is held with its replication, or it is said at once that only a superuser may', async () => {
      const where = { host: '127.0.0.1', port: server.port, user: 'copier', password: SECRET, database: 'postgres' }
      const copying = new Client({ ...where, replication: 'database' } as object)
      copying.on('error', () => undefined)
      await copying.connect()
      const held = async () => await carriedOut('contain', server.call(), 'copier', offered(SECRET))
      if (major < 16) {
        const { looked } = await held()
        assert.match(
          looked['deny_new_logins']?.blocked?.reason ?? '',
          /before PostgreSQL 16 only a superuser may change/,
        )
        assert.match(looked['deny_new_logins']?.blocked?.next ?? '', /ALTER ROLE "copier" NOLOGIN CONNECTION LIMIT 0/)
        const checks = await postgresqlTarget.examine(server.call())
        const roles = checks.find(({ check }) => check === 'roles that it may hold')
        assert.match(roles?.detail ?? '', /only a superuser holds copier, which may replicate/)
        assert.equal(roles?.remedy, undefined, 'no GRANT lets it')
        await server.sql('alter role copier nologin connection limit 0')
      }
      const { verdicts } = await held()
      assert.deepEqual(
        [...new Set(Object.values(verdicts).map(({ effect }) => effect))],
        ['verified'],
        JSON.stringify(verdicts),
      )
      await assert.rejects(copying.query('IDENTIFY_SYSTEM'))
    })
  })
}

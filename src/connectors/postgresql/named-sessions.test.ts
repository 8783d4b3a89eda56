import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import type { Operation } from '#connectors/target'
import { between } from './places-in-test.ts'
import type { Between } from './places-in-test.ts'
import { MAJORS_BY_LOT, offered, postgresMissing, startPostgres } from './postgres-in-test.ts'
import type { TestPostgres } from './postgres-in-test.ts'
import { carriedOut } from './steps-in-test.ts'

const SECRET = 'leaked-0be1f2'

for (const major of MAJORS_BY_LOT) {
  describe(`sessions of a plan on PostgreSQL ${major}`, { skip: postgresMissing(major), timeout: 120_000 }, () => {
    let server: TestPostgres
    let place: Between
    before(async () => {
      server = await startPostgres(major)
      await server.sql('create database shop')
      await server.sql(`create role app login password '${SECRET}'; create role keeper nologin`)
      await server.sql('create table owned (id int); alter table owned owner to app', 'shop')
      await server.administered(['app', 'keeper'], ['shop'])
      place = await between(server.port)
    })
    after(async () => {
      await place?.close()
      await server?.stop()
    })

    test("bear the plan's name at the server, each of them, the prober's too", async () => {
      const operations: readonly Operation[] = ['deny', 'restore', 'contain', 'restore', 'revoke']
      for (const operation of operations) {
        const call = server.call({ address: place.address, successor: 'keeper' })
        await carriedOut(operation, call, 'app', offered(SECRET))
      }
      assert.ok(place.applications.length > 30, `${place.applications.length} sessions`)
      assert.deepEqual([...new Set(place.applications)].toSorted(), [
        'reeve plan pln_test',
        'reeve probe plan pln_test',
      ])
    })
  })
}

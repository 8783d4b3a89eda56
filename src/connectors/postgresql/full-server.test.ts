import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import type { Client } from 'pg'
import { offered, postgresMissing, startPostgres } from './postgres-in-test.ts'
import type { TestPostgres } from './postgres-in-test.ts'
import { carriedOut } from './steps-in-test.ts'

const SECRET = 'takes-all-8f1a22'

describe('a leaked password that took every connection', { skip: postgresMissing(18), timeout: 120_000 }, () => {
  let server: TestPostgres
  before(async () => {
    server = await startPostgres(18, { max_connections: '12', reserved_connections: '3' })
    await server.sql(`create role app login password '${SECRET}'`)
    await server.administered(['app'])
  })
  after(async () => await server?.stop())

  test('keeps nobody from containing it, where the server keeps some in reserve', async () => {
    const taken: Client[] = []
    const takeAll = async (): Promise<never> => {
      for (;;) taken.push(await server.session('app', SECRET))
    }
    await assert.rejects(takeAll(), { code: '53300' })
    const { verdicts } = await carriedOut('contain', server.call(), 'app', offered(SECRET))
    const effects = Object.values(verdicts).map(({ effect }) => effect)
    assert.deepEqual([...new Set(effects)], ['verified'], JSON.stringify(verdicts))
    for (const session of taken) await assert.rejects(session.query('select 1'))
  })
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { apiInTest } from '../../test/http/api.ts'
import { databaseUnavailable } from '../db/database-in-test.ts'

test(
  'a server that refuses to sign the log says so where it is asked how it is, and serves on',
  {
    skip: databaseUnavailable(),
  },
  async (t) => {
    let refuses: string | undefined
    const api = await apiInTest({}, () => ({ refusesToSign: () => refuses }))
    t.after(async () => api.close())
    for (const [said, words] of [
      [undefined, /^signing$/],
      ['another key counts for the log', /^this server signs nothing: another key counts for the log$/],
    ] as const) {
      refuses = said
      for (const path of ['/readyz', '/healthz']) {
        const { status, body } = await api.ask('GET', path)
        assert.equal(status, 200)
        assert.match(body.log, words)
      }
    }
  },
)

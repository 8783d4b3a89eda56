import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { apiInTest } from '../../test/http/api.ts'
import type { ApiInTest } from '../../test/http/api.ts'
import { ODD_DATES } from '../../test/http/from-schema.ts'
import { cursorOf } from '#identity/roll'
import { databaseUnavailable } from '../db/database-in-test.ts'
import { personOf } from '../identity/principal/roll-in-test.ts'

describe('dates that a roll cannot hold', { skip: databaseUnavailable() }, () => {
  let api: ApiInTest
  let token = ''
  before(async () => {
    api = await apiInTest()
    token = await api.somebody('ida', ['identity-admin'])
  })
  after(() => api.close())

  const principal = { kind: 'workload', system: 'kubernetes', name: 'shop' }
  const places: Readonly<Record<string, (date: string) => Promise<{ status: number; body: unknown }>>> = {
    asOf: (date) => api.ask('GET', `/v1/principals?asOf=${encodeURIComponent(date)}`, { token }),
    asKnownAt: (date) => api.ask('GET', `/v1/principals?asKnownAt=${encodeURIComponent(date)}`, { token }),
    'of a person': (date) =>
      api.ask('GET', `/v1/people/${personOf('ida')}?asOf=${encodeURIComponent(date)}`, { token }),
    'of controls': (date) => api.ask('GET', `/v1/controls?at=${encodeURIComponent(date)}`, { token }),
    validFrom: (date) => api.ask('POST', '/v1/principals', { token, body: { ...principal, validFrom: date } }),
    'in a cursor of runs': (date) => {
      const place = { key: date, id: 'run_00000000000000000000000000' }
      const forged = cursorOf(place, { list: 'runs', connectionId: null })
      return api.ask('GET', `/v1/runs?cursor=${forged}`, { token })
    },
  }

  for (const [place, ask] of Object.entries(places)) {
    test(`${place}: none of them is an error of the server`, async () => {
      for (const date of ODD_DATES) {
        const { status, body } = await ask(date)
        assert.ok(status < 500, `${date}: ${status} ${JSON.stringify(body)}`)
      }
      assert.equal((await ask('0000-01-01')).status < 500 && (await ask('0000-01-01')).status >= 400, true)
    })
  }
})

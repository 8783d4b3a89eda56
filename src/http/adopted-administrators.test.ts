// A first administrator leaves as everybody does: by the feed, whatever its ids look like.
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { bootstrapToken } from '#access/records'
import { apiInTest } from '../../test/http/api.ts'
import type { ApiInTest } from '../../test/http/api.ts'
import { databaseUnavailable } from '../db/database-in-test.ts'

describe('a first administrator', { skip: databaseUnavailable() }, () => {
  let api: ApiInTest
  let bootstrap = ''
  before(async () => {
    api = await apiInTest()
    const made = await bootstrapToken(api.doors.identity, api.doors.access, {
      actor: { id: 'reeve' },
      at: api.roll.now(),
    })
    bootstrap = made?.value ?? ''
  })
  after(() => api.close())

  const make = async (administrator: object) => {
    const body = { administrators: [administrator] }
    const made = await api.ask('POST', '/v1/bootstrap/administrators', { token: bootstrap, body })
    assert.equal(made.status, 201, JSON.stringify(made.body))
    return made.body.administrators[0]
  }
  const feed = async (token: string, people: readonly object[]) =>
    await api.ask('POST', '/v1/people/feed', { token, body: { source: 'hr', people, complete: false } })

  test('whom a feed with ids of its own marks as a leaver is locked out, with all tokens', async () => {
    const ida = await make({ name: 'Ida', email: 'Ida@x.example', roles: ['identity-admin'] })
    const row = { id: '1001', name: 'Ida', emails: ['ida@x.example'] }
    assert.equal((await feed(ida.value, [row])).body.changed, 1)
    assert.equal((await api.ask('GET', '/v1/me', { token: ida.value })).status, 200)
    const left = await feed(ida.value, [{ ...row, status: 'leaver' }])
    assert.deepEqual([left.status, left.body.left], [200, 1], JSON.stringify(left.body))
    assert.equal((await api.ask('GET', '/v1/me', { token: ida.value })).status, 401)
    const body = { administrators: [{ name: 'Ida', email: 'ida@x.example', feedId: '1001', roles: ['auditor'] }] }
    const back = await api.ask('POST', '/v1/bootstrap/administrators', { token: bootstrap, body })
    assert.deepEqual([back.status, /left/.test(back.body.detail)], [409, true], JSON.stringify(back.body))
  })

  test('who is in the feed already is that person, by address or by the id that is given', async () => {
    const eve = await make({ name: 'Eve', email: 'eve@x.example', feedId: '7', roles: ['auditor'] })
    const again = await make({ name: 'Eve', email: 'EVE@x.example', roles: ['auditor'] })
    assert.equal(again.personId, eve.personId)
  })
})

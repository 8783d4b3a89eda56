// Confirming leavers is a person's act, on every way that there is.
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import type { Role } from '#access/records'
import { apiInTest } from '../../test/http/api.ts'
import type { ApiInTest } from '../../test/http/api.ts'
import { databaseUnavailable } from '../db/database-in-test.ts'
import { mayConfirmLeavers } from './confirm-leavers.ts'

test('an API client confirms no leavers, whatever its roles and scopes', () => {
  const client = { kind: 'client', roles: new Set<Role>(['identity-admin']), scopes: ['write'] } as const
  assert.equal(mayConfirmLeavers(client), false)
  assert.equal(mayConfirmLeavers({ ...client, kind: 'person' }), true)
})

describe('leavers that are held', { skip: databaseUnavailable() }, () => {
  let api: ApiInTest
  let admin = ''
  let machine = ''
  let keeper = ''
  before(async () => {
    api = await apiInTest()
    admin = await api.somebody('ada', ['identity-admin'])
    machine = await api.somebody('hr', ['identity-admin'], ['people:feed', 'connections:run'])
    keeper = await api.somebody('kim', ['access-admin'])
  })
  after(() => api.close())
  const people = (status?: string) => Array.from({ length: 10 }, (_, at) => ({ id: `${at}`, name: 'n', status }))
  const feed = async (token: string, more: object) =>
    await api.ask('POST', '/v1/people/feed', { token, body: { source: 's', complete: true, people: [], ...more } })

  test('are confirmed by no token that only feeds people: 403, and nobody has left', async () => {
    assert.equal((await feed(machine, { people: people() })).body.joined, 10)
    assert.equal((await feed(machine, {})).body.held.leavers, 10)
    const refused = await feed(machine, { confirmLeavers: true })
    assert.equal(refused.status, 403)
    assert.match(refused.body.detail, /person who is identity-admin/)
    assert.ok((await api.entries()).some(({ type }) => type === 'act.refused'))
    assert.equal((await feed(admin, {})).body.held.leavers, 10)
    assert.equal((await feed(admin, { confirmLeavers: true })).body.left, 10)
  })

  test('are confirmed in a run of a connection by an identity-admin alone', async () => {
    const run = async (token: string) =>
      await api.ask('POST', '/v1/connections/cnn_00000000000000000000000000/run', {
        token,
        body: { confirmLeavers: true },
      })
    assert.equal((await run(keeper)).status, 403)
    assert.equal((await run(machine)).status, 403)
    assert.notEqual((await run(admin)).status, 403)
  })
})

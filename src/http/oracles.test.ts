import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { apiInTest } from '../../test/http/api.ts'
import type { Answer, ApiInTest } from '../../test/http/api.ts'
import { databaseUnavailable } from '../db/database-in-test.ts'
import { personOf } from '../identity/principal/roll-in-test.ts'

describe('who sees what is theirs cannot find out about the rest', { skip: databaseUnavailable() }, () => {
  let api: ApiInTest
  let ida = ''
  let bob = ''
  const ask = (token: string, externalId: string, owner = 'bob'): Promise<Answer> =>
    api.ask('POST', '/v1/identity-requests', {
      token,
      body: {
        kind: 'workload',
        system: 'kubernetes',
        name: 'shop',
        externalId,
        owner: { kind: 'person', id: personOf(owner) },
        purpose: 'a test',
        expiresAt: '2026-12-01',
      },
    })

  before(async () => {
    api = await apiInTest()
    ida = await api.somebody('ida', ['identity-admin'])
    bob = await api.somebody('bob')
    await api.roll.addPerson('gone', { status: 'leaver' })
    const taken = await api.ask('POST', '/v1/principals', {
      token: ida,
      body: { kind: 'workload', system: 'kubernetes', name: 'svc', externalId: 'svc-cy' },
    })
    assert.equal(taken.status, 201)
  })
  after(() => api.close())

  test('a request for what is there already is answered as any other, and who decides it sees the clash', async () => {
    const asked = await ask(bob, 'svc-cy')
    assert.equal(asked.status, 201, JSON.stringify(asked.body))
    assert.equal((await ask(bob, 'svc-new')).status, 201)
    const decided = await api.ask('POST', `/v1/identity-requests/${asked.body.id}/decide`, {
      token: ida,
      body: { decision: 'approve', reason: 'a test' },
    })
    assert.equal(decided.status, 409)
    assert.match(decided.body.detail, /svc-cy.* is `prn_/)
    // who sees everything is told at once
    assert.equal((await ask(ida, 'svc-cy')).status, 409)
  })

  test('somebody who has left and somebody who never was are refused by the same words', async () => {
    const [left, never] = [await ask(bob, 'svc-1', 'gone'), await ask(bob, 'svc-2', 'nobody')]
    assert.deepEqual([left.status, never.status], [422, 422])
    assert.equal(left.body.detail, never.body.detail)
    assert.match((await ask(ida, 'svc-3', 'gone')).body.detail, /has left/)
  })
})

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

  test('an offer, a backup and a custodian who has left or never was are refused by the same words', async () => {
    const mine = await api.ask('POST', '/v1/principals', {
      token: ida,
      body: { kind: 'workload', system: 'kubernetes', name: 'of bob', owner: { kind: 'person', id: personOf('bob') } },
    })
    assert.equal(mine.status, 201, JSON.stringify(mine.body))
    const send = async (verb: string, who: string, kind: 'person' | 'team' = 'person'): Promise<Answer> => {
      const id = kind === 'person' ? personOf(who) : 'tm_00000000000000000000000000'
      const party = { kind, id }
      const bodies: Record<string, object> = {
        offers: { to: party, why: 'a test' },
        backups: { backup: party },
        custodians: { custodians: [{ consumerId: 'shop', party }] },
      }
      const headers: Record<string, string> = verb === 'offers' ? {} : { 'if-match': '*' }
      return await api.ask('POST', `/v1/principals/${mine.body.id}/${verb}`, {
        token: bob,
        body: bodies[verb],
        headers,
      })
    }
    for (const verb of ['offers', 'backups', 'custodians']) {
      const answers = [await send(verb, 'gone'), await send(verb, 'nobody'), await send(verb, '', 'team')]
      for (const { status, body } of answers) {
        assert.equal(status, 422, `${verb}: ${JSON.stringify(body)}`)
        assert.equal(body.detail, answers[0]?.body.detail, verb)
        assert.doesNotMatch(body.detail, /left|psn_|tm_/, verb)
      }
    }
  })

  test('a principal that is not theirs to see answers as one that never was, on every route', async () => {
    const listed = await api.ask('GET', '/v1/principals?system=kubernetes', { token: ida })
    const hidden = (listed.body.items as { id: string; data: { externalId: string } }[]).find(
      ({ data }) => data.externalId === 'svc-cy',
    )?.id
    assert.ok(hidden)
    const never = `prn_${'0'.repeat(26)}`
    const party = { kind: 'person', id: personOf('bob') }
    const routes: readonly (readonly [string, (id: string) => string, object?])[] = [
      ['POST', (id) => `/v1/principals/${id}/offers`, { to: party, why: 'a test' }],
      ['POST', (id) => `/v1/principals/${id}/backups`, { backup: party }],
      ['POST', (id) => `/v1/principals/${id}/backups/remove`, { backup: party }],
      ['POST', (id) => `/v1/principals/${id}/custodians`, { custodians: [] }],
      ['GET', (id) => `/v1/principals/${id}`],
      ['GET', (id) => `/v1/principals/${id}/history`],
      ['GET', (id) => `/v1/principals/${id}/accounts`],
      ['GET', () => `/v1/credentials/cred_${'0'.repeat(26)}/exposures`],
    ]
    for (const [method, path, body] of routes) {
      const told = []
      for (const id of [hidden, never]) {
        const asked = body === undefined ? { token: bob } : { token: bob, body, headers: { 'if-match': '*' } }
        const answer = await api.ask(method, path(id), asked)
        told.push([answer.status, String(answer.body.detail).replaceAll(id, 'ID')])
      }
      assert.equal(told[0]?.[0], 404, `${method} ${path('ID')}: ${String(told[0])}`)
      assert.deepEqual(told[0], told[1], path('ID'))
    }
    for (const query of [`person=${personOf('ida')}`, `person=${personOf('nobody')}`]) {
      const exposures = await api.ask('GET', `/v1/exposures?${query}`, { token: bob })
      assert.deepEqual([exposures.status, exposures.body.items], [200, []])
    }
    for (const query of [`principal=${hidden}`, `principal=${never}`, `to=${personOf('ida')}`]) {
      const offers = await api.ask('GET', `/v1/offers?${query}`, { token: bob })
      assert.deepEqual([offers.status, offers.body.items], [200, []])
    }
  })
})

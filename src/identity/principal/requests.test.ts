import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { ref } from '#kernel'
import type { Act, Instant } from '#kernel'
import { sql, violated } from '#db'
import { databaseUnavailable, testDatabase } from '../../db/database-in-test.ts'
import { decideIdentityRequest } from './decide-request.ts'
import { identifyPrincipal } from './identify.ts'
import { registerPrincipal } from './register.ts'
import { requestIdentity, withdrawIdentityRequest } from './request-identity.ts'
import { person, personOf, rollInTest } from './roll-in-test.ts'
import type { RollInTest } from './roll-in-test.ts'
import { activatePrincipal } from './activate.ts'

const LATER = '2027-01-01T00:00:00.000Z' as Instant

describe('a new identity is asked for and approved', { skip: databaseUnavailable() }, () => {
  let roll: RollInTest
  let count = 0
  const asked = async (act: Act = roll.act('ada'), more = {}): Promise<string> =>
    (
      await requestIdentity(roll.identity, act, {
        kind: 'service_account',
        system: 'aws',
        name: 'invoice-export',
        externalId: `arn:aws:iam::111122223333:user/invoice-${count++}`,
        owner: person('ada'),
        purpose: 'exports invoices',
        expiresAt: LATER,
        ...more,
      })
    ).id
  const decide = (requestId: string, who: string | Act, decision: 'approve' | 'deny' = 'approve') =>
    decideIdentityRequest(roll.identity, typeof who === 'string' ? roll.act(who) : who, {
      requestId,
      decision,
      reason: 'as agreed',
    })

  before(async () => {
    roll = await rollInTest(testDatabase)
    for (const feedId of ['ada', 'ben']) await roll.addPerson(feedId)
    await roll.addPerson('leo', { status: 'leaver' })
  })
  after(async () => {
    assert.deepEqual(await roll.versionsWithoutTheirEntry(), [])
    await roll.close()
  })

  test('an approval makes the principal, registered and ready to be active, with where it came from', async () => {
    const requestId = await asked()
    const { request, principal } = await decide(requestId, 'ben')
    assert.equal(request.data.principalId, principal?.id)
    assert.deepEqual(
      [principal?.data.state, principal?.data.provenance.how, principal?.data.provenance.source],
      ['registered', 'requested', requestId],
    )
    const active = await activatePrincipal(roll.identity, roll.act('ada'), { id: principal?.id ?? '' })
    assert.equal(active.data.state, 'active')
    assert.deepEqual(await roll.entriesOf(requestId), ['identity.requested', 'identity.request_approved'])
  })

  test('who asked cannot decide, not through an API client either, and PostgreSQL refuses it too', async () => {
    const requestId = await asked()
    await assert.rejects(decide(requestId, 'ada'), { code: 'forbidden' })
    const client = await registerPrincipal(roll.identity, roll.act('ada'), {
      kind: 'api_client',
      system: 'oidc',
      name: 'portal',
      owner: person('ada'),
    })
    await assert.rejects(decide(requestId, roll.act('x', { actor: { id: client.id } })), { code: 'forbidden' })
    await assert.rejects(decide(requestId, roll.act('x', { actor: { id: 'bootstrap' } })), { code: 'forbidden' })
    const byClient = await asked(roll.act('x', { actor: { id: client.id } }))
    await assert.rejects(decide(byClient, 'ada'), { code: 'forbidden' })
    await assert.rejects(
      roll.identity.db.transaction((tx) =>
        tx.execute(sql`
          update identity.request
          set data = data || jsonb_build_object('state', 'approved', 'decidedBehind', data -> 'requestedBehind')
          where id = ${requestId}`),
      ),
      (error) => violated(error)?.constraint === 'request_four_eyes',
    )
    assert.equal((await decide(requestId, 'ben', 'deny')).principal, undefined)
  })

  test('a request is decided once, also by two at once, and a withdrawn one never', async () => {
    const requestId = await asked()
    const both = await Promise.allSettled([decide(requestId, 'ben'), decide(requestId, 'ben')])
    assert.deepEqual(both.map(({ status }) => status).sort(), ['fulfilled', 'rejected'])
    const other = await asked()
    await assert.rejects(withdrawIdentityRequest(roll.identity, roll.act('ben'), { requestId: other }), {
      code: 'forbidden',
    })
    await withdrawIdentityRequest(roll.identity, roll.act('ada'), { requestId: other })
    await assert.rejects(decide(other, 'ben'), { code: 'conflict' })
    await assert.rejects(decide('irq_x', 'ben'), { code: 'not_found' })
  })

  test('an identifier that was taken meanwhile makes the approval a conflict, and nothing is half made', async () => {
    const externalId = 'arn:aws:iam::111122223333:user/taken'
    const requestId = await asked(roll.act('ada'), { externalId })
    await registerPrincipal(roll.identity, roll.act('ben'), { kind: 'workload', system: 'aws', name: 'x', externalId })
    await assert.rejects(decide(requestId, 'ben'), { code: 'conflict' })
    assert.deepEqual(await roll.entriesOf(requestId), ['identity.requested'])
    await assert.rejects(asked(roll.act('ada'), { externalId }), { code: 'conflict' })
  })

  test('a leaver as owner, an expiry that has passed and an empty purpose are refused when it is asked', async () => {
    for (const more of [
      { owner: person('leo') },
      { expiresAt: roll.now() },
      { purpose: ' ' },
      { backup: person('ada') },
    ]) {
      await assert.rejects(asked(roll.act('ada'), more), { code: 'unprocessable' })
    }
    roll.pass(0)
    const requestId = await asked(roll.act('ada'), { expiresAt: '2026-03-02T00:00:00.000Z' })
    roll.pass(3)
    await assert.rejects(decide(requestId, 'ben'), { code: 'conflict' })
  })

  test('what was asked for before its identifier was known is given it once', async () => {
    const { id } = await registerPrincipal(roll.identity, roll.act('ada'), {
      kind: 'workload',
      system: 'aws',
      name: 'later',
      owner: { kind: 'person', id: personOf('ada') },
    })
    const externalId = 'arn:aws:iam::111122223333:role/Later'
    const made = await identifyPrincipal(roll.identity, roll.act('ada'), { id, externalId })
    assert.deepEqual(made.data.refs, [ref('aws', externalId)])
    await assert.rejects(identifyPrincipal(roll.identity, roll.act('ada'), { id, externalId: 'another' }), {
      code: 'conflict',
    })
    await assert.rejects(
      registerPrincipal(roll.identity, roll.act('ada'), { kind: 'workload', system: 'aws', name: 'x', externalId }),
      { code: 'conflict' },
    )
  })
})

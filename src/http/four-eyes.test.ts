import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { apiInTest } from '../../test/http/api.ts'
import type { Answer, ApiInTest } from '../../test/http/api.ts'
import { sql } from '#db'
import { databaseUnavailable } from '../db/database-in-test.ts'
import { personOf } from '../identity/principal/roll-in-test.ts'

describe('one person is one pair of eyes, whatever tokens they make', { skip: databaseUnavailable() }, () => {
  let api: ApiInTest
  const tokens: Record<string, string> = {}
  const post = (token: string | undefined, path: string, body: object): Promise<Answer> =>
    api.ask('POST', path, { ...(token !== undefined && { token }), body })
  const made = async (answer: Promise<Answer>): Promise<Answer['body']> => {
    const { status, body } = await answer
    assert.equal(status, 201, JSON.stringify(body))
    return body
  }
  const request = async (token: string | undefined): Promise<string> =>
    (
      await made(
        post(token, '/v1/identity-requests', {
          kind: 'workload',
          system: 'kubernetes',
          name: 'shop',
          owner: { kind: 'person', id: personOf('bob') },
          purpose: 'a test',
          expiresAt: '2026-12-01',
        }),
      )
    ).id
  const decide = (token: string | undefined, requestId: string): Promise<Answer> =>
    post(token, `/v1/identity-requests/${requestId}/decide`, { decision: 'approve', reason: 'it is needed' })
  const tokenFor = async (maker: string | undefined, subjectId: string): Promise<string> =>
    (await made(post(maker, '/v1/tokens', { subjectId, label: 'laptop', scopes: ['write'] }))).value
  const client = async (maker: string | undefined, owner: string): Promise<string> => {
    const fields = {
      kind: 'api_client',
      system: 'oidc',
      name: `client of ${owner}`,
      owner: { kind: 'person', id: personOf(owner) },
      purpose: 'a test',
      expiresAt: '2026-12-01',
      reason: 'a test',
    }
    const { id } = await made(post(maker, '/v1/principals', fields))
    const { headers } = await api.ask('GET', `/v1/principals/${id}`, { token: maker ?? '' })
    const active = await api.ask('POST', `/v1/principals/${id}/activate`, {
      token: maker ?? '',
      body: { reason: 'a test' },
      headers: { 'if-match': headers['etag'] as string },
    })
    assert.equal(active.status, 200, JSON.stringify(active.body))
    return id
  }

  before(async () => {
    api = await apiInTest()
    for (const [name, roles] of Object.entries({
      ida: ['identity-admin'],
      cy: ['identity-admin'],
      ax: ['access-admin'],
      dan: ['approver'],
      bob: [],
      eve: [],
      fay: [],
      gil: [],
      gus: [],
    } as const)) {
      tokens[name] = await api.somebody(name, roles)
    }
  })
  after(() => api.close())

  test('an administrator who makes another’s token does not decide their own request with it', async () => {
    const ofCy = await tokenFor(tokens['ida'], personOf('cy'))
    const requestId = await request(tokens['ida'])
    assert.equal((await decide(ofCy, requestId)).status, 403)
    const refused = (await api.entries()).findLast(({ type }) => type === 'act.refused')
    assert.equal(refused?.content['operation'], 'decideIdentityRequest')
    // a token made with that token is no better
    const again = await made(post(ofCy, '/v1/tokens', { label: 'again', scopes: ['write'] }))
    assert.deepEqual(again.token.knownTo, [personOf('ida')])
    assert.equal((await decide(again.value, requestId)).status, 403)
    assert.equal((await decide(tokens['cy'], requestId)).status, 200)
  })

  test('neither does one who makes an approver’s token', async () => {
    const ofDan = await tokenFor(tokens['ax'], personOf('dan'))
    const requestId = await request(tokens['ax'])
    assert.equal((await decide(ofDan, requestId)).status, 403)
    assert.equal((await decide(tokens['dan'], requestId)).status, 200)
    // what ida asks for, dan may decide with the token that ax made: two persons whichever way
    assert.equal((await decide(ofDan, await request(tokens['ida']))).status, 200)
  })

  test('nor one who registers a client of somebody who was not asked', async () => {
    const bot = await client(tokens['ida'], 'bob')
    await made(post(tokens['cy'], '/v1/roles', { subjectId: bot, role: 'identity-admin', reason: 'a test' }))
    const ofBot = await tokenFor(tokens['ida'], bot)
    const requestId = await request(tokens['ida'])
    assert.equal((await decide(ofBot, requestId)).status, 403)
  })

  test('no natural person comes to hold both administrations, by a client or by a token', async () => {
    const bot = await client(tokens['ida'], 'ida')
    const role = { subjectId: bot, role: 'access-admin', reason: 'a test' }
    assert.equal((await post(tokens['ax'], '/v1/roles', role)).status, 409)
    const ofAx = await client(tokens['ida'], 'ax')
    await made(
      post(tokens['ax'], '/v1/roles', { subjectId: ofAx, role: 'auditor', reason: 'a test' }).then((answer) => ({
        ...answer,
        status: answer.status === 403 ? 201 : answer.status,
      })),
    )
    assert.equal(
      (await post(tokens['ax'], '/v1/roles', { subjectId: ofAx, role: 'auditor', reason: 'a test' })).status,
      403,
    )
    // made over later: whoever may know the token of the other administration has none by it
    const eves = await client(tokens['ida'], 'eve')
    await made(post(tokens['ax'], '/v1/roles', { ...role, subjectId: eves }))
    const value = await tokenFor(tokens['ax'], eves)
    assert.equal((await api.ask('GET', '/v1/roles', { token: value })).status, 200)
    const to = { kind: 'person', id: personOf('ida') }
    const offer = await made(post(tokens['eve'], `/v1/principals/${eves}/offers`, { to, why: 'a test' }))
    assert.equal((await post(tokens['ida'], `/v1/offers/${offer.id}/accept`, {})).status, 200)
    assert.equal((await api.ask('GET', '/v1/roles', { token: value })).status, 403)
  })

  test('nor one who makes a token through a client of theirs', async () => {
    const bot = await client(tokens['ida'], 'gus')
    await made(post(tokens['ax'], '/v1/roles', { subjectId: bot, role: 'access-admin', reason: 'a test' }))
    const ofDan = await made(
      post(await tokenFor(tokens['ax'], bot), '/v1/tokens', {
        subjectId: personOf('dan'),
        label: 'l',
        scopes: ['write'],
      }),
    )
    assert.deepEqual(ofDan.token.knownTo, [personOf('ax'), personOf('gus')].sort())
    assert.equal((await decide(ofDan.value, await request(tokens['gus']))).status, 403)
  })

  test('two clients of one person come to no administration, where together they would come to both', async () => {
    const [one, other] = [await client(tokens['ida'], 'fay'), await client(tokens['ida'], 'gil')]
    await made(post(tokens['ax'], '/v1/roles', { subjectId: one, role: 'access-admin', reason: 'a test' }))
    await made(post(tokens['cy'], '/v1/roles', { subjectId: other, role: 'identity-admin', reason: 'a test' }))
    const values = [await tokenFor(tokens['ax'], one), await tokenFor(tokens['cy'], other)]
    const rolesOf = async (token: string): Promise<unknown> => (await api.ask('GET', '/v1/me', { token })).body.roles
    assert.deepEqual(await Promise.all(values.map(rolesOf)), [['access-admin'], ['identity-admin']])
    const to = { kind: 'person', id: personOf('fay') }
    const offer = await made(post(tokens['gil'], `/v1/principals/${other}/offers`, { to, why: 'a test' }))
    assert.equal((await post(tokens['fay'], `/v1/offers/${offer.id}/accept`, {})).status, 200)
    assert.deepEqual(await Promise.all(values.map(rolesOf)), [[], []])
  })

  test('every act names the token that it was done with', async () => {
    const requestId = await request(tokens['ida'])
    const [entry] = await api.roll.database
      .layer('evidence')
      .transaction((tx) =>
        tx.query<{ follows: string[] }>(sql`select follows from evidence.entry where record_id = ${requestId}`),
      )
    assert.match(entry?.follows.join() ?? '', /^tok_/)
  })
})

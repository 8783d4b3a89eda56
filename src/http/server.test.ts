import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { apiInTest } from '../../test/http/api.ts'
import type { ApiInTest } from '../../test/http/api.ts'
import { databaseUnavailable } from '../db/database-in-test.ts'
import { personOf } from '../identity/principal/roll-in-test.ts'

describe('the server', { skip: databaseUnavailable() }, () => {
  let api: ApiInTest
  let admin = ''
  let olga = ''
  let mallory = ''
  let auditor = ''
  const principal = { kind: 'service_account', system: 'aws', name: 'payments-deploy', purpose: 'deploys payments' }
  before(async () => {
    api = await apiInTest()
    admin = await api.somebody('ada', ['identity-admin'])
    auditor = await api.somebody('otto', ['auditor'])
    olga = await api.somebody('olga')
    mallory = await api.somebody('mallory')
  })
  after(() => api.close())

  const register = async (name: string, owner?: string) =>
    await api.ask('POST', '/v1/principals', {
      token: admin,
      body: { ...principal, name, ...(owner === undefined ? {} : { owner: { kind: 'person', id: personOf(owner) } }) },
    })

  test('a principal is registered, read, changed under If-Match, and its history tells', async () => {
    const made = await register('first', 'olga')
    assert.equal(made.status, 201, JSON.stringify(made.body))
    assert.equal(made.headers.etag, '"1"')
    const path = `/v1/principals/${made.body.id}`
    const read = await api.ask('GET', path, { token: admin })
    assert.equal(read.status, 200)
    assert.equal(read.body.data.name, 'first')
    assert.ok(!('searchText' in read.body.data), 'what is not declared does not leave')

    const body = { purpose: 'deploys payments to production', reason: 'said in review' }
    const without = await api.ask('POST', `${path}/purpose`, { token: admin, body })
    assert.equal(without.status, 428)
    const wrong = await api.ask('POST', `${path}/purpose`, { token: admin, body, headers: { 'if-match': '"7"' } })
    assert.equal(wrong.status, 412)
    const malformed = await api.ask('POST', `${path}/purpose`, { token: admin, body, headers: { 'if-match': '7' } })
    assert.equal(malformed.status, 400)
    const changed = await api.ask('POST', `${path}/purpose`, { token: olga, body, headers: { 'if-match': '"1"' } })
    assert.equal(changed.status, 200, JSON.stringify(changed.body))
    assert.equal(changed.headers.etag, '"2"')
    const any = await api.ask('POST', `${path}/purpose`, { token: olga, body, headers: { 'if-match': '*' } })
    assert.equal(any.status, 200)

    const history = await api.ask('GET', `${path}/history`, { token: olga })
    assert.equal(history.status, 200)
    assert.deepEqual(
      history.body.items
        .map((item: { version: number; actor: string; reason: string | null }) => [
          item.version,
          item.actor,
          item.reason,
        ])
        .slice(-2),
      [
        [2, personOf('olga'), 'said in review'],
        [1, personOf('ada'), null],
      ],
    )
  })

  test('what is not theirs is answered as if it were not there, word for word', async () => {
    const { body } = await register('hidden', 'olga')
    const absent = `prn_${'0'.repeat(26)}`
    for (const [method, rest, asked] of [
      ['GET', '', {}],
      ['GET', '/history', {}],
      ['POST', '/purpose', { body: { purpose: 'mine now' }, headers: { 'if-match': '*' } }],
      [
        'POST',
        '/owner',
        { body: { owner: { kind: 'person', id: personOf('mallory') } }, headers: { 'if-match': '*' } },
      ],
    ] as const) {
      const there = await api.ask(method, `/v1/principals/${body.id}${rest}`, { token: mallory, ...asked })
      const not = await api.ask(method, `/v1/principals/${absent}${rest}`, { token: mallory, ...asked })
      assert.equal(there.status, 404)
      assert.deepEqual({ ...there.body, instance: '' }, { ...not.body, instance: '' })
      const lengths = [there, not].map(({ headers }) => headers['content-length'])
      assert.equal(lengths[0], lengths[1])
    }
    const listed = await api.ask('GET', '/v1/principals', { token: mallory })
    assert.deepEqual(listed.body.items, [])
  })

  test('who may see but not act is told so, and the try is in the log', async () => {
    const { body } = await register('seen', 'olga')
    const path = `/v1/principals/${body.id}`
    const asked = { body: { owner: { kind: 'person', id: personOf('mallory') } }, headers: { 'if-match': '*' } }
    for (const token of [olga, auditor]) {
      assert.equal((await api.ask('GET', path, { token })).status, 200)
      assert.equal((await api.ask('POST', `${path}/owner`, { token, ...asked })).status, 403)
    }
    const refusals = (await api.entries()).filter(({ type }) => type === 'act.refused')
    assert.deepEqual(
      refusals.slice(-2).map(({ actor, content }) => [actor, content.operation, content.code]),
      [
        [personOf('olga'), 'assignOwner', 'forbidden'],
        [personOf('otto'), 'assignOwner', 'forbidden'],
      ],
    )
  })

  test('allowedActions says what the same caller is then let do', async () => {
    const { body } = await register('acts', 'olga')
    const path = `/v1/principals/${body.id}`
    const forOlga = (await api.ask('GET', path, { token: olga })).body.allowedActions
    assert.ok(forOlga.includes('setPurpose'))
    assert.ok(!forOlga.includes('assignOwner'))
    assert.deepEqual((await api.ask('GET', path, { token: auditor })).body.allowedActions, [])
  })

  test('one idempotency key is one change; another request under it is refused', async () => {
    const headers = { 'idempotency-key': 'deploy-42' }
    const one = await api.ask('POST', '/v1/principals', { token: admin, body: principal, headers })
    const two = await api.ask('POST', '/v1/principals', { token: admin, body: principal, headers })
    assert.equal(one.status, 201)
    assert.equal(two.body.id, one.body.id)
    const other = await api.ask('POST', '/v1/principals', { token: admin, body: { ...principal, name: 'x' }, headers })
    assert.equal(other.status, 422)
    assert.equal(other.body.type, 'urn:reeve:problem:idempotency_reused')
    const bad = await api.ask('POST', '/v1/principals', {
      token: admin,
      body: principal,
      headers: { 'idempotency-key': 'a b' },
    })
    assert.equal(bad.status, 400)
  })

  test('a list is read page by page, each principal once', async () => {
    for (let at = 0; at < 7; at++) await register(`page-${at}`)
    const names: string[] = []
    let cursor: string | undefined
    do {
      const page = await api.ask(
        'GET',
        `/v1/principals?q=page&limit=3${cursor === undefined ? '' : `&cursor=${encodeURIComponent(cursor)}`}`,
        { token: auditor },
      )
      assert.equal(page.status, 200)
      names.push(...page.body.items.map((item: { data: { name: string } }) => item.data.name))
      cursor = page.body.next
    } while (cursor !== undefined)
    assert.deepEqual(
      // a search comes in its own order
      names.sort(),
      Array.from({ length: 7 }, (_, at) => `page-${at}`),
    )
    const wrong = await api.ask('GET', '/v1/principals?q=other&cursor=AAAA', { token: auditor })
    assert.equal(wrong.status, 400)
  })

  test('each part of a request that is wrong is named, and nothing that was sent is repeated', async () => {
    const answer = await api.ask('POST', '/v1/principals', {
      token: admin,
      body: { kind: 'ghost', system: 'aws', name: '', labels: { a: 1 }, surprise: 'ghp_secret' },
    })
    assert.equal(answer.status, 400)
    assert.equal(answer.headers['content-type'], 'application/problem+json; charset=utf-8')
    const pointers = new Set(answer.body.errors.map(({ pointer }: { pointer: string }) => pointer))
    for (const pointer of ['/kind', '/name', '/labels/a', '/surprise']) assert.ok(pointers.has(pointer), pointer)
    assert.ok(!JSON.stringify(answer.body).includes('ghp_secret'))
    const query = await api.ask('GET', '/v1/principals?colour=red', { token: admin })
    assert.equal(query.status, 400)
    assert.equal(query.body.errors[0].pointer, '?colour')
  })

  test('bodies that are no JSON, or too large, are refused by name', async () => {
    const form = await api.server.inject({
      method: 'POST',
      url: '/v1/principals',
      headers: {
        host: 'localhost',
        authorization: `Bearer ${admin}`,
        'content-type': 'application/x-www-form-urlencoded',
      },
      payload: 'a=b',
    })
    assert.equal(form.statusCode, 415)
    const broken = await api.server.inject({
      method: 'POST',
      url: '/v1/principals',
      headers: { host: 'localhost', authorization: `Bearer ${admin}`, 'content-type': 'application/json' },
      payload: '{"a":',
    })
    assert.equal(broken.statusCode, 400)
    const large = await api.ask('POST', '/v1/principals', {
      token: admin,
      body: { ...principal, purpose: 'x'.repeat(2_000_000) },
    })
    assert.equal(large.status, 413)
    const proto = await api.server.inject({
      method: 'POST',
      url: '/v1/principals',
      headers: { host: 'localhost', authorization: `Bearer ${admin}`, 'content-type': 'application/json' },
      payload: '{"__proto__":{"admin":true}}',
    })
    assert.equal(proto.statusCode, 400)
  })

  test('without a token that is in force there is one answer, whatever the reason', async () => {
    const answers = await Promise.all([
      api.ask('GET', '/v1/me'),
      api.ask('GET', '/v1/me', { token: 'x' }),
      api.ask('GET', '/v1/me', { token: `${admin.slice(0, -1)}${admin.endsWith('a') ? 'b' : 'a'}` }),
      api.ask('GET', '/v1/me', { headers: { authorization: `Basic ${admin}` } }),
    ])
    for (const { status, headers, body } of answers) {
      assert.equal(status, 401)
      assert.match(String(headers['www-authenticate']), /^Bearer/)
      assert.deepEqual({ ...body, instance: '' }, { ...answers[0]?.body, instance: '' })
    }
  })

  test('a foreign Host gets nothing, and no header lets another site read', async () => {
    const rebound = await api.ask('GET', '/healthz', { headers: { host: 'evil.example' } })
    assert.equal(rebound.status, 400)
    const answer = await api.ask('GET', '/v1/me', { token: admin, headers: { origin: 'https://evil.example' } })
    assert.equal(answer.status, 200)
    assert.equal(answer.headers['access-control-allow-origin'], undefined)
    assert.equal(answer.headers['cache-control'], 'no-store')
    assert.equal(answer.headers['x-content-type-options'], 'nosniff')
    assert.match(String(answer.headers['content-security-policy']), /default-src 'none'/)
    assert.ok(String(answer.headers['x-request-id']).length > 8)
  })

  test('health, readiness, metrics and the document answer', async () => {
    assert.equal((await api.ask('GET', '/healthz')).status, 200)
    assert.equal((await api.ask('GET', '/readyz')).status, 200)
    const metrics = await api.ask('GET', '/metrics')
    assert.equal(metrics.status, 200)
    assert.match(metrics.body, /reeve_http_request_duration_seconds_count\{method="GET",route="\/v1\/me"/)
    assert.equal((await api.ask('GET', '/metrics', { token: admin })).status, 403)
    const document = await api.ask('GET', '/openapi.json')
    assert.equal(document.body.openapi, '3.1.1')
    const page = await api.ask('GET', '/docs/')
    assert.equal(page.status, 200)
    assert.match(String(page.headers['content-security-policy']), /script-src 'self' 'sha256-/)
    assert.ok(
      !/https?:\/\/(?!127)/.test(String(page.body).replaceAll('http://www.w3.org', '')),
      'nothing from elsewhere',
    )
    assert.equal((await api.ask('GET', '/docs/js/scalar.js')).status, 200)
  })

  test('no token and no query is in the log', () => {
    const lines = api.log.join('')
    assert.ok(lines.includes('/v1/principals'))
    for (const token of [admin, olga, mallory, auditor]) assert.ok(!lines.includes(token.slice(8)))
    assert.ok(!lines.includes('colour=red'))
  })

  test('nobody is given both administrations, and neither makes the other', async () => {
    const keeper = await api.somebody('kim', ['access-admin'])
    const told = async (type: string) => (await api.entries()).filter((entry) => entry.type === type).length
    const first = await told('role.assigned')
    const give = async (token: string, who: string, role: string) =>
      await api.ask('POST', '/v1/roles', { token, body: { subjectId: personOf(who), role, reason: 'needed' } })
    assert.equal((await give(keeper, 'mallory', 'identity-admin')).status, 403)
    assert.equal((await give(admin, 'mallory', 'access-admin')).status, 403)
    assert.equal((await give(admin, 'mallory', 'identity-admin')).status, 201)
    assert.equal((await give(keeper, 'mallory', 'access-admin')).status, 409)
    assert.equal((await give(keeper, 'kim', 'auditor')).status, 403, 'not to oneself')
    assert.equal((await give(keeper, 'olga', 'approver')).status, 201)
    assert.equal((await give(keeper, 'olga', 'approver')).status, 409)
    assert.equal((await give(keeper, 'nobody', 'approver')).status, 404)
    const listed = await api.ask('GET', `/v1/roles?subjectId=${personOf('olga')}`, { token: keeper })
    const ended = await api.ask('POST', `/v1/roles/${listed.body.items[0].id}/end`, {
      token: keeper,
      body: { reason: 'done' },
    })
    assert.equal(ended.status, 200, JSON.stringify(ended.body))
    assert.equal(await told('role.assigned'), first + 2)
    assert.equal(await told('role.ended'), 1)
  })
})

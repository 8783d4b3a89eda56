import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { certificationState } from '../../access/authzen/certification-in-test.ts'
import { facts, HOUR, NOON, principalId } from '../../access/decide/state-in-test.ts'
import { pointInTest } from './point-in-test.ts'
import type { PointInTest } from './point-in-test.ts'

const ONE = '/access/v1/evaluation'
const JSON_TYPE = { 'content-type': 'application/json' }
const complete = {
  subject: { type: 'user', id: 'alice' },
  action: { name: 'read' },
  resource: { type: 'record', id: 'record-1' },
}
const text = JSON.stringify(complete)

describe('what the decision point refuses', () => {
  let point: PointInTest
  before(async () => {
    point = await pointInTest(await certificationState())
  })
  after(async () => point.close())

  const detailOf = async (sent: string | Buffer, status = 400): Promise<string> => {
    const told = await point.ask('POST', ONE, sent, JSON_TYPE)
    assert.equal(told.status, status, JSON.stringify(told.body))
    assert.match(told.headers['content-type'] ?? '', /^application\/problem\+json/)
    return told.body.detail
  }

  test('a key that is given twice, whichever of the two would count', async () => {
    const twice = text.replace('{', '{"subject":{"type":"user","id":"bob"},')
    assert.match(await detailOf(twice), /twice/)
    assert.match(await detailOf(text.replace('"id":"alice"', '"id":"bob","\\u0069d":"alice"')), /twice/)
    // what looks like a key within a text is none
    const quoted = { ...complete, context: { note: 'a": "b" \\', 'x"': '":' } }
    assert.equal((await point.post(ONE, quoted)).body.decision, true)
  })

  test('nesting that no stack should hold', async () => {
    const deep = (levels: number): string =>
      text.replace(/}$/, `,"context":${'{"a":'.repeat(levels)}1${'}'.repeat(levels)}}`)
    for (const levels of [70, 10_000, 100_000]) assert.match(await detailOf(deep(levels)), /nested deeper than 64/)
    const told = await point.ask('POST', ONE, deep(40), JSON_TYPE)
    assert.deepEqual([told.status, told.body.context.reason], [200, 'invalid_request'])
  })

  test('more than a MiB, said or not', async () => {
    const long = text.replace(/}$/, `,"context":{"a":"${'x'.repeat(1024 * 1024)}"}}`)
    await detailOf(long, 413)
    const chunked = await point.ask('POST', ONE, long, { ...JSON_TYPE, 'transfer-encoding': 'chunked' })
    assert.equal(chunked.status, 413)
    assert.equal((await point.post(ONE, complete)).status, 200)
  })

  test('what is no text: bytes that are not UTF-8, half of a surrogate pair, numbers beyond reason', async () => {
    assert.match(await detailOf(Buffer.from(text.replace('alice', 'al\u00e9ce'), 'latin1')), /UTF-8/)
    assert.match(await detailOf(text.replace('alice', '\\ud800')), /surrogate/)
    assert.match(await detailOf(text.replace('alice', '')), /`subject.id`: a text is needed/)
    assert.match(await detailOf(text.replace('alice', 'a'.repeat(5000))), /`subject.id`: at most/)
    for (const number of ['1e400', '-1e400', '9007199254740993', '0.123456789']) {
      const told = await point.ask('POST', ONE, text.replace(/}$/, `,"context":{"n":${number}}}`), JSON_TYPE)
      assert.equal(told.body.context.reason, 'invalid_request', number)
      assert.equal(told.body.decision, false)
      if (number.includes('e')) assert.match(told.body.context.error.message, /`n`: the number is too large/)
    }
    for (const number of ['NaN', 'Infinity', '01']) await detailOf(text.replace(/}$/, `,"context":{"n":${number}}}`))
  })

  test('a prototype is nothing but a name', async () => {
    const polluted = `{"__proto__":${text},"constructor":{"prototype":${text}}}`
    assert.match(await detailOf(polluted), /`subject`: it is missing/)
    const inner = text.replace('"type":"user"', '"__proto__":{"type":"user"}')
    assert.match(await detailOf(inner), /`subject.type`/)
    const many = await point.ask('POST', '/access/v1/evaluations', `{"evaluations":[{"__proto__":${text}}]}`, JSON_TYPE)
    assert.equal(many.body.evaluations[0].decision, false)
    assert.equal(({} as { subject?: unknown }).subject, undefined)
  })

  test('who acts, with what and until when: named where it is wrong, and judged where it is right', async () => {
    const asked = async (context: object): Promise<string> => {
      const { status, body } = await point.post(ONE, { ...complete, context })
      return status === 200 ? body.context.reason : body.detail
    }
    const bob = { type: 'user', id: 'bob' }
    assert.equal(await asked({ actor: bob }), 'granted')
    assert.equal(await asked({ actor: { type: 'user', id: 'alice' } }), 'chain_repeats')
    assert.equal(await asked({ actor: { ...bob, actor: { type: 'user', id: 'eve' } } }), 'unknown_principal')
    assert.match(await asked({ actor: 'bob' }), /`context.actor`: an object/)
    assert.match(await asked({ actor: { ...bob, actor: { type: 'user' } } }), /`context.actor.actor.id`/)
    let long: object = bob
    for (let level = 0; level < 20; level++) long = { ...bob, actor: long }
    assert.match(await asked({ actor: long }), /at most 16 actors/)
    assert.equal(await asked({ delegated_until: new Date(NOON - 1).toISOString() }), 'chain_expired')
    assert.equal(await asked({ delegated_until: '2026-03-01T13:00:01+01:00' }), 'granted')
    for (const wrong of ['tomorrow', 5, '2026-13-01T00:00:00Z', '2026-02-30T12:00:00Z', '2026-03-01']) {
      assert.match(await asked({ delegated_until: wrong }), /`context.delegated_until`/)
    }
    assert.equal(await asked({ credential: { id: 'cred_x' } }), 'credential_unknown')
    assert.match(await asked({ credential: 'cred_x' }), /`context.credential`/)
    point.state.setEnded('ses_1', true, 1)
    assert.equal(await asked({ session: { id: 'ses_1' } }), 'session_ended')
    // whoever keeps sessions names them as they like, and never as something else that is denied
    assert.equal(await asked({ session: { id: '1' } }), 'session_ended')
    point.state.setEnded('ses_0f/8e+6c=', true, 1)
    point.state.setEnded('psn_nobody', true, 1)
    assert.equal(await asked({ session: { id: '0f/8e+6c=' } }), 'session_ended')
    assert.equal(await asked({ session: { id: 'psn_nobody' } }), 'granted')
  })

  test('the outermost actor is who acts now, and what it was granted is what is told', async () => {
    const { body } = await point.post(ONE, { ...complete, context: { actor: { type: 'user', id: 'bob' } } })
    assert.equal(body.context.grant_id, 'grt_bob')
    assert.ok(!JSON.stringify(body).includes('grt_alice'))
  })
})

describe('who may ask the decision point', () => {
  let point: PointInTest
  before(async () => {
    point = await pointInTest(await certificationState(), { settings: { failuresPerAddressPerMinute: 1000 } })
  })
  after(async () => point.close())
  const statusOf = async (token: string): Promise<number> =>
    (await point.post(ONE, complete, { authorization: `Bearer ${token}` })).status

  test('a token with the scope, of an active client; the answer to others says nothing of why', async () => {
    assert.equal(await statusOf(point.token), 200)
    assert.equal(await statusOf(point.tokenOf('reader', ['read'])), 403)
    assert.equal(await statusOf(point.tokenOf('writer', ['write'])), 200)
    const refused = await point.post(ONE, complete, { authorization: 'Bearer nothing' })
    assert.equal(refused.headers['www-authenticate'], 'Bearer realm="reeve"')
    const ended = point.tokenOf('held')
    assert.equal(await statusOf(ended), 200)
    point.state.putPrincipal(facts('held', { kind: 'api_client', system: 'reeve', version: 2, state: 'quarantined' }))
    const held = await point.post(ONE, complete, { authorization: `Bearer ${ended}` })
    assert.equal(held.status, 401)
    assert.deepEqual({ ...held.body, instance: '' }, { ...refused.body, instance: '' })
    const last = ended.at(-1) === 'a' ? 'b' : 'a'
    assert.equal(await statusOf(ended.slice(0, -1) + last), 401)
  })

  test('no longer when it is revoked, denied or over, or its client is denied, expired or of another kind', async () => {
    const cases: readonly (readonly [name: string, end: (name: string) => void])[] = [
      ['denied', (name) => point.state.setEnded(principalId(name), true, 1)],
      ['expired', (name) => point.state.putPrincipal(facts(name, { ...client, version: 2, expiresAt: NOON }))],
      ['registered', (name) => point.state.putPrincipal(facts(name, { ...client, version: 2, state: 'registered' }))],
      ['another', (name) => point.state.putPrincipal(facts(name, { version: 2, kind: 'workload' }))],
    ]
    const client = { kind: 'api_client', system: 'reeve' } as const
    for (const [name, end] of cases) {
      const token = point.tokenOf(name)
      assert.equal(await statusOf(token), 200, name)
      end(name)
      assert.equal(await statusOf(token), 401, name)
    }
  })

  test('what was revoked stays revoked, whatever is told late', () => {
    const token = {
      id: 'tok_1',
      hash: 'aa',
      subjectId: 'prn_x',
      scopes: ['decide'],
      expiresAt: NOON + HOUR,
      revoked: false,
    }
    const { tokens } = point.state
    tokens.put(token)
    tokens.put({ ...token, revoked: true })
    tokens.put(token)
    assert.equal(tokens.byHash('aa')?.revoked, true)
  })

  test('one that asks or fails too often waits, and other hosts are not answered', async (t) => {
    const slow = await pointInTest(point.state, {
      settings: { decisionsPerTokenPerMinute: 3, failuresPerAddressPerMinute: 2 },
    })
    t.after(async () => slow.close())
    for (const expected of [200, 200, 200, 429]) assert.equal((await slow.post(ONE, complete)).status, expected)
    const other = { authorization: `Bearer ${slow.tokenOf('other')}` }
    assert.equal((await slow.post(ONE, complete, other)).status, 200)
    for (const expected of [401, 401, 429]) {
      assert.equal((await slow.post(ONE, complete, { authorization: 'Bearer x' })).status, expected)
    }
    // what others behind the same address fail at is not held against who is good
    assert.equal((await slow.post(ONE, complete, other)).status, 200)
    assert.equal((await slow.post(ONE, complete)).headers['retry-after'], '60')
    const rebound = await point.post(ONE, complete, { host: 'evil.example' })
    assert.equal(rebound.status, 400)
  })

  test('each answer carries the headers that keep a browser out, and is kept by nobody', async () => {
    for (const { headers } of [await point.post(ONE, complete), await point.post(ONE, {})]) {
      assert.equal(headers['cache-control'], 'no-store')
      assert.equal(headers['x-content-type-options'], 'nosniff')
      assert.match(String(headers['content-security-policy']), /default-src 'none'/)
    }
  })

  test('the first use of a token on a day is told, once', async (t) => {
    const used: string[] = []
    let now = NOON
    const counting = await pointInTest(await certificationState(), {
      door: { now: () => now, onTokenUsed: (id) => void used.push(id) },
    })
    t.after(async () => counting.close())
    for (let time = 0; time < 3; time++) assert.equal((await counting.post(ONE, complete)).status, 200)
    assert.equal(used.length, 1)
    now += 13 * HOUR
    await counting.post(ONE, complete)
    assert.equal(used.length, 1, 'its token is over by then')
  })

  test('a decision that must be written and cannot be is a denial', async (t) => {
    const told: string[] = []
    const strict = await pointInTest(await certificationState(), {
      door: {
        onDecided: ({ id, decision }) => {
          told.push(id)
          return decision.allowed ? Promise.resolve(told.length > 1) : undefined
        },
      },
    })
    t.after(async () => strict.close())
    const first = await strict.post(ONE, complete)
    assert.deepEqual([first.body.decision, first.body.context.reason], [false, 'evidence_unavailable'])
    assert.equal((await strict.post(ONE, complete)).body.decision, true)
    const denied = await strict.post('/access/v1/evaluations', {
      ...complete,
      evaluations: [{}, { action: { name: 'x' } }],
    })
    assert.deepEqual(
      denied.body.evaluations.map(({ decision }: { decision: boolean }) => decision),
      [true, false],
    )
    assert.equal(told.length, 4)
  })

  test('in a batch each item is denied where its own writing failed, and no other', async (t) => {
    let made = 0
    const together = Promise.resolve(true)
    const strict = await pointInTest(await certificationState(), {
      door: { onDecided: () => (made++ === 1 ? Promise.resolve(false) : together) },
    })
    t.after(async () => strict.close())
    const { body } = await strict.post('/access/v1/evaluations', { ...complete, evaluations: [{}, {}, {}, 7] })
    const reasons = body.evaluations.map(({ context }: { context: { reason: string } }) => context.reason)
    const [allowed] = reasons
    assert.deepEqual(reasons, [allowed, 'evidence_unavailable', allowed, 'invalid_request'])
    assert.deepEqual(
      body.evaluations.map(({ decision }: { decision: boolean }) => decision),
      [true, false, true, false],
    )
  })
})

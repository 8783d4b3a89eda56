import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import type { Decided } from '#access/decisions'
import { facts, grant, HOUR, NOON, principalId, stateWith } from '../../access/decide/state-in-test.ts'
import { pointInTest } from './point-in-test.ts'
import type { PointInTest } from './point-in-test.ts'

const ISSUE = '/v1/authorize-issue'
const orders = { type: 'table', id: 'pg://main/shop/public.orders' }
const app = { type: 'kubernetes', id: 'app' }
const bot = { type: 'kubernetes', id: 'bot' }
const SCOPES = ['pg:SELECT', 'pg:INSERT', 'pg:DELETE']
const asked = { subject: app, resource: orders, scopes: SCOPES, ttl_seconds: 7200 }
const iso = (at: number): string => new Date(at).toISOString()

describe('what a token may be issued for, over HTTP', () => {
  let point: PointInTest
  const decided: Decided[] = []
  let written = true
  before(async () => {
    const state = await stateWith(
      [facts('app'), facts('bot', { kind: 'ai_agent' }), facts('held', { state: 'quarantined' })],
      [
        grant('g1', 'app', { actions: ['pg:SELECT', 'pg:INSERT'], until: NOON + HOUR / 2 }),
        grant('g2', 'bot', { actions: ['pg:SELECT', 'pg:DELETE'], until: NOON + HOUR / 4 }),
        grant('g3', 'held', { actions: ['*'] }),
      ],
    )
    const onDecided = async (one: Decided): Promise<boolean> => {
      decided.push(one)
      return await Promise.resolve(written || !one.decision.allowed)
    }
    point = await pointInTest(state, { door: { onDecided } })
  })
  after(async () => point.close())

  test('a subset of what is asked for, until the first end of what it rests on, and each scope is on record', async () => {
    decided.length = 0
    const { status, body } = await point.post(ISSUE, asked)
    assert.equal(status, 200)
    assert.deepEqual(body.scopes, ['pg:SELECT', 'pg:INSERT'])
    assert.equal(body.expires_at, iso(NOON + HOUR / 2))
    assert.deepEqual(
      body.denied.map(({ scope, reason }: { scope: string; reason: string }) => [scope, reason]),
      [['pg:DELETE', 'nothing_permits']],
    )
    assert.deepEqual(
      decided.map(({ question, decision }) => [question.action.name, decision.allowed]),
      [
        ['pg:SELECT', true],
        ['pg:INSERT', true],
        ['pg:DELETE', false],
      ],
    )
  })

  test('who acts for the subject gets what both may, no longer than the delegation lasts', async () => {
    const chain = await point.post(ISSUE, { ...asked, context: { actor: bot } })
    assert.deepEqual([chain.body.scopes, chain.body.expires_at], [['pg:SELECT'], iso(NOON + HOUR / 4)])
    const delegated_until = iso(NOON + 60_000)
    const short = await point.post(ISSUE, { ...asked, context: { actor: bot, delegated_until } })
    assert.deepEqual([short.body.scopes, short.body.expires_at], [['pg:SELECT'], delegated_until])
    const held = await point.post(ISSUE, { ...asked, context: { actor: { type: 'kubernetes', id: 'held' } } })
    assert.deepEqual(held.body.scopes, [])
    assert.equal(held.body.expires_at, undefined)
    assert.equal(held.body.denied[0].reason, 'quarantined')
  })

  test('a pattern is never issued, nor what had to be written down and was not', async () => {
    const wide = await point.post(ISSUE, { ...asked, scopes: ['pg:*', '*', 'pg:SELECT'] })
    assert.deepEqual(wide.body.scopes, ['pg:SELECT'])
    const everywhere = await point.post(ISSUE, { ...asked, resource: { type: 'table', id: 'pg://main/*' } })
    assert.deepEqual(everywhere.body.scopes, [])
    written = false
    const unwritten = await point.post(ISSUE, asked)
    written = true
    assert.deepEqual(unwritten.body.scopes, [])
    assert.equal(unwritten.body.denied[0].reason, 'evidence_unavailable')
  })

  test('what cannot be read is refused by name, and nothing is decided', async () => {
    decided.length = 0
    const bad: readonly (readonly [more: object, field: string])[] = [
      [{ scopes: [] }, 'scopes'],
      [{ scopes: 'pg:SELECT' }, 'scopes'],
      [{ scopes: ['pg:SELECT', 7] }, 'scopes[1]'],
      [{ scopes: Array.from({ length: 101 }, (_, at) => `pg:${at}`) }, 'scopes'],
      [{ scopes: ['x'.repeat(501)] }, 'scopes[0]'],
      [{ ttl_seconds: 0 }, 'ttl_seconds'],
      [{ ttl_seconds: 1.5 }, 'ttl_seconds'],
      [{ ttl_seconds: undefined }, 'ttl_seconds'],
      [{ subject: { type: 'kubernetes' } }, 'subject.id'],
      [{ context: { reeve: { enforced: false } } }, 'context.reeve.enforced'],
    ]
    for (const [more, field] of bad) {
      const { status, body } = await point.post(ISSUE, { ...asked, ...more })
      assert.equal(status, 400, JSON.stringify(more))
      assert.ok(String(body.detail).startsWith(`\`${field}\``), `${body.detail} names ${field}`)
    }
    assert.deepEqual(decided, [])
  })

  test('a token without the scope `decide` is told nothing', async () => {
    const authorization = `Bearer ${point.tokenOf('reader', ['read'])}`
    assert.equal((await point.post(ISSUE, asked, { authorization })).status, 403)
    assert.equal((await point.post(ISSUE, asked, { authorization: 'Bearer nothing' })).status, 401)
    assert.ok(point.state.principal(principalId('reader')) !== undefined)
  })
})

import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { createToken } from '#access/records'
import type { Instant } from '#kernel'
import { ROUTE_CASES } from '../../../test/http/route-cases.ts'
import type { World } from '../../../test/http/route-cases.ts'
import { worldInTest } from '../../../test/http/world.ts'
import { databaseUnavailable } from '../../db/database-in-test.ts'
import { personOf } from '../../identity/principal/roll-in-test.ts'
import { changes } from '../endpoint.ts'
import type { AnyEndpoint } from '../endpoint.ts'
import { ENDPOINTS } from './index.ts'

describe('the route table', { skip: databaseUnavailable() }, () => {
  let world: World & { close(): Promise<void> }
  let scopeless = ''
  before(async () => {
    world = await worldInTest()
    const made = await createToken(
      world.api.doors.access,
      { actor: { id: 'bootstrap' }, at: world.api.roll.now() },
      {
        subject: { kind: 'person', personId: personOf('ada') },
        label: 'metrics only',
        scopes: ['metrics'],
        expiresAt: '2026-05-01T00:00:00.000Z' as Instant,
      },
    )
    scopeless = made.value
  })
  after(() => world.close())

  test('every endpoint has a case, and no case is left of one that went', () => {
    assert.deepEqual(Object.keys(ROUTE_CASES).sort(), ENDPOINTS.map(({ operationId }) => operationId).sort())
  })

  const tokenOf = (name: string): string =>
    name === 'bootstrap' ? world.bootstrap : (world.tokens[name as keyof World['tokens']] ?? '')

  async function ask(endpoint: AnyEndpoint, token: string | undefined) {
    const { path = {}, query = '', ...asked } = (await ROUTE_CASES[endpoint.operationId]?.ask(world)) ?? {}
    const url = endpoint.path.replaceAll(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(path[name] ?? 'absent'))
    const before_ = (await world.api.entries()).length
    const answer = await world.api.ask(endpoint.method, `${url}${query}`, {
      ...asked,
      ...(token === undefined ? {} : { token }),
    })
    const entries = (await world.api.entries()).slice(before_)
    return { ...answer, entries }
  }

  for (const endpoint of ENDPOINTS) {
    const { operationId, who } = endpoint
    const right = ROUTE_CASES[operationId]
    describe(operationId, () => {
      test('401 without a token, and nothing happens', async () => {
        const { status, entries } = await ask(endpoint, undefined)
        assert.equal(status, 401)
        assert.deepEqual(entries, [])
      })

      test('403 with a token that lacks the scope, and the try is in the log', async () => {
        const { status, entries } = await ask(endpoint, scopeless)
        assert.equal(status, 403)
        assert.deepEqual(
          entries.map(({ type, actor, content }) => [type, actor, content['operation'], content['code']]),
          [['act.refused', personOf('ada'), operationId, 'forbidden']],
        )
      })

      test('403 or 404 for who has no right to it, and the try is in the log', async () => {
        const open = who.anyone === true || who.self === true
        if (open && who.bootstrap === true) return
        const { status, entries } = await ask(endpoint, tokenOf(open ? 'bootstrap' : 'mallory'))
        const masked = !open && endpoint.path.includes('{principalId}')
        assert.equal(status, masked ? 404 : 403)
        assert.deepEqual(
          entries.map(({ type, content }) => [type, content['operation'], content['code']]),
          [['act.refused', operationId, masked ? 'not_found' : 'forbidden']],
        )
      })

      test('an auditor changes nothing', async () => {
        if (!changes(endpoint) || (endpoint.tag === 'administration' && who.self === true)) return
        const { status, entries } = await ask(endpoint, tokenOf('otto'))
        assert.equal(status, 403)
        assert.deepEqual(
          entries.map(({ type }) => type),
          ['act.refused'],
        )
      })

      test(`2xx for ${right?.by ?? 'ada'}, and the entry of it`, async () => {
        const { status, body, headers, entries } = await ask(endpoint, tokenOf(right?.by ?? 'ada'))
        assert.equal(status, endpoint.status ?? 200, JSON.stringify(body))
        if (endpoint.versioned !== undefined) assert.equal(headers.etag, `"${body.version}"`)
        const types = entries.map(({ type }) => type)
        if (right?.entry === undefined) assert.deepEqual(types, [], 'what only reads leaves no entry')
        else assert.ok(types.includes(right.entry), `${right.entry}: ${types.join(', ')}`)
      })
    })
  }
})

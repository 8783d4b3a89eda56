// The real frameworks behind one guard: the same guarantees for each.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { request as send } from 'node:http'
import type { IncomingHttpHeaders, IncomingMessage, Server } from 'node:http'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { after, before, describe, test } from 'node:test'
import { createAdaptorServer } from '@hono/node-server'
import type { HttpBindings } from '@hono/node-server'
import express from 'express'
import Fastify from 'fastify'
import { Hono } from 'hono'
import { evaluate } from '#access/decisions'
import type { Ask, DecisionState, RouteFile } from '#access/decisions'
import { facts, grant, NOON, stateWith } from '../../src/access/decide/state-in-test.ts'
import { pointInTest } from '../../src/http/decisions/point-in-test.ts'
import { askDecisionPoint } from './ask-decision-point.ts'
import { guardExpress, guardFastify, guardHono } from './frameworks.ts'
import { enforcedOf, guardOf } from './guard.ts'
import type { GuardOptions } from './guard.ts'

const ROUTES: RouteFile = {
  name: 'shop',
  subject: { header: 'x-client-id', type: 'kubernetes' },
  routes: [
    { method: 'GET', path: '/health', public: true },
    { method: 'GET', path: '/orders/{id}', action: 'shop:read', resource: 'order://shop/{id}' },
  ],
}

/** Answers with the decision that it was told, at every path; the server as it listens. */
type Framework = (options: GuardOptions) => Promise<Server>
const decisionOf = (request: IncomingMessage): string => enforcedOf(request)?.decisionId ?? 'none'
let arrived = 0

const FRAMEWORKS: Readonly<Record<string, Framework>> = {
  Express: async (options) => {
    const app = express()
    app.use(guardExpress(options))
    app.use('/orders', (request, response) => {
      arrived++
      response.send(decisionOf(request))
    })
    app.use((_request, response) => {
      arrived++
      response.send('else')
    })
    const server = app.listen(0, '127.0.0.1')
    await once(server, 'listening')
    return server
  },
  Fastify: async (options) => {
    const app = Fastify({
      routerOptions: { caseSensitive: false, ignoreTrailingSlash: true, ignoreDuplicateSlashes: true },
    })
    app.addHook('onRequest', guardFastify(options))
    app.all('/*', (request, reply) => {
      arrived++
      return reply.send(decisionOf(request.raw))
    })
    await app.listen({ host: '127.0.0.1', port: 0 })
    return app.server
  },
  Hono: async (options) => {
    const app = new Hono<{ Bindings: HttpBindings }>()
    app.use(guardHono(options))
    app.all('*', (context) => {
      arrived++
      return context.text(decisionOf(context.env.incoming))
    })
    const server = createAdaptorServer({ fetch: app.fetch }) as Server
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    return server
  },
}

interface Told {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly text: string
}

async function get(
  server: Server,
  path: string,
  headers: Record<string, string | string[]>,
  method = 'GET',
): Promise<Told> {
  const { port } = server.address() as AddressInfo
  return await new Promise((resolve, reject) => {
    const sent = send({ host: '127.0.0.1', port, path, method, headers, agent: false }, (response) => {
      let text = ''
      response.on('data', (data: Buffer) => (text += data.toString()))
      response.on('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, text }))
    })
    sent.on('error', reject)
    sent.end()
  })
}

const AS_APP = { 'x-client-id': 'app' }

for (const [name, framework] of Object.entries(FRAMEWORKS)) {
  describe(`the guard in ${name}`, () => {
    let state: DecisionState
    const servers: Server[] = []
    let ask: Ask
    const started = async (more: Partial<GuardOptions> = {}): Promise<Server> => {
      const server = await framework({ routes: ROUTES, ask, trustedProxies: ['127.0.0.0/8'], ...more })
      servers.push(server)
      return server
    }
    let server: Server
    before(async () => {
      const right = { actions: ['shop:read'], resources: ['order://shop/*'] }
      state = await stateWith([facts('app'), facts('other')], [grant('grt_1', 'app', right)])
      ask = (body) => evaluate({ state: () => state, now: () => NOON }, body)
      server = await started()
    })
    after(() => {
      for (const one of servers) {
        one.closeAllConnections()
        one.close()
      }
    })

    test('lets pass what is granted, with its decision', async () => {
      const { status, text, headers } = await get(server, '/orders/7?page=2', AS_APP)
      assert.equal(status, 200)
      assert.match(text, /^dec_/)
      assert.equal(headers['x-reeve-would-deny'], undefined)
      assert.equal((await get(server, '/health', {})).status, 200)
    })

    test('denies what is not, and the handler is not called', async () => {
      const count = arrived
      const cases: readonly (readonly [string, Record<string, string | string[]>, number, string?])[] = [
        ['/orders/7', { 'x-client-id': 'other' }, 403],
        ['/orders/7', {}, 401],
        ['/orders/7', { 'x-client-id': ['app', 'app'] }, 401],
        ['/orders/7', { ...AS_APP, 'x-http-method-override': 'DELETE' }, 403],
        ['/orders/7', AS_APP, 403, 'DELETE'],
        ['/admin', AS_APP, 403],
        ['/ORDERS/7', AS_APP, 403],
        ['/orders/7/', AS_APP, 403],
        ['//orders/7', AS_APP, 403],
        ['/health/../orders/7', AS_APP, 403],
        ['/health/%2e%2e/orders/7', AS_APP, 403],
        ['/orders%2F7', AS_APP, 403],
        ['/orders/7;a', AS_APP, 403],
      ]
      for (const [path, headers, status, method] of cases) {
        const told = await get(server, path, headers, method)
        assert.equal(told.status, status, path)
        assert.match(String(told.headers['content-type']), /problem\+json/)
        assert.ok(!told.text.includes('reason'), 'why is not for the client')
      }
      assert.equal(arrived, count)
    })

    test('a word that is sent encoded is not the route of that word, whatever the framework makes of it', async () => {
      const open = { method: 'GET', path: '/orders/mine', public: true } as const
      const guarded = await started({ routes: { ...ROUTES, routes: [open, ...(ROUTES.routes ?? [])] } })
      const count = arrived
      assert.equal((await get(guarded, '/orders/mine', {})).status, 200)
      for (const path of ['/orders/%6dine', '/orders/min%65', '/orders/%6Dine', '/%6frders/mine', '/%68ealth'])
        assert.equal((await get(guarded, path, {})).status, 403, path)
      assert.equal(arrived, count + 1)
      assert.equal((await get(guarded, '/orders/%37', AS_APP)).status, 200, 'what a hole holds may be encoded')
    })

    test('takes the word of a trusted proxy only', async () => {
      const nobodyTrusted = await started({ trustedProxies: ['10.0.0.0/8', '2001:db8::/32'] })
      assert.equal((await get(nobodyTrusted, '/orders/7', AS_APP)).status, 401)
    })

    test('takes who was authenticated before, and a failure of that is nobody', async () => {
      const { subject: _, ...routes } = ROUTES
      const known = await started({ routes, subject: () => ({ type: 'kubernetes', id: 'app' }) })
      assert.equal((await get(known, '/orders/7', { 'x-client-id': 'other' })).status, 200)
      const failing = await started({
        routes,
        subject: () => {
          throw new Error('no token')
        },
      })
      assert.equal((await get(failing, '/orders/7', AS_APP)).status, 401)
    })

    test('denies in time where the decision point is slow, and where it fails', async () => {
      const slow = await started({ ask: async () => await new Promise<never>(() => undefined), timeLimitMs: 50 })
      assert.equal((await get(slow, '/orders/7', AS_APP)).status, 503)
      const failing = await started({ ask: () => Promise.reject(new Error('down')) })
      assert.equal((await get(failing, '/orders/7', AS_APP)).status, 503)
    })

    test('denies a held identity at its next request', async () => {
      state.putPrincipal(facts('app', { version: 2, state: 'quarantined' }))
      assert.equal((await get(server, '/orders/7', AS_APP)).status, 403)
      state.putPrincipal(facts('app', { version: 3 }))
      assert.equal((await get(server, '/orders/7', AS_APP)).status, 200)
    })

    test('lets everything pass while it observes, and marks what would be denied', async () => {
      const said: string[] = []
      const routes = { ...ROUTES, mode: 'observe' } as const
      const observing = await started({ routes, say: (event) => said.push(event) })
      const other = await get(observing, '/orders/7', { 'x-client-id': 'other' })
      assert.deepEqual([other.status, other.headers['x-reeve-would-deny']], [200, 'nothing_permits'])
      assert.match(said[0] ?? '', /^would deny \(nothing_permits\): dec_/)
      assert.equal((await get(observing, '/orders/7', AS_APP)).headers['x-reeve-would-deny'], undefined)
      const down = await started({
        routes,
        ask: () => Promise.reject(new Error('down')),
        say: (event) => said.push(event),
      })
      const { status, headers } = await get(down, '/orders/7', AS_APP)
      assert.deepEqual([status, headers['x-reeve-would-deny']], [200, 'no_answer'])
      assert.match(said.at(-1) ?? '', /no_answer/)
    })
  })
}

describe('a decision point that is asked over HTTP', () => {
  const body = {
    subject: { type: 'kubernetes', id: 'app' },
    action: { name: 'pg:SELECT' },
    resource: { type: 'table', id: 'pg://main/shop/a' },
  }

  test('decides, and is no answer where it refuses, is away or is silent', async () => {
    const point = await pointInTest(await stateWith([facts('app')], [grant('grt_1', 'app')]))
    try {
      const good = askDecisionPoint({ address: point.url, token: () => point.token })
      assert.equal((await good(body)).decision, true)
      const wrong = askDecisionPoint({ address: point.url, token: () => 'wrong' })
      await assert.rejects(async () => await wrong(body), /did not decide \(401\)/)
    } finally {
      await point.close()
    }
    await assert.rejects(async () => await askDecisionPoint({ address: point.url })(body), { code: 'ECONNREFUSED' })
    const silent = createServer().listen(0, '127.0.0.1')
    await once(silent, 'listening')
    const address = `http://127.0.0.1:${(silent.address() as AddressInfo).port}`
    await assert.rejects(async () => await askDecisionPoint({ address, timeLimitMs: 50 })(body), { name: 'AbortError' })
    silent.close()
  })

  test('what cannot be meant is refused when the guard is made', () => {
    assert.throws(() => askDecisionPoint({ address: 'ftp://a' }), /decision point is at/)
    const ask: Ask = () => Promise.reject(new Error('down'))
    assert.throws(() => guardOf({ routes: ROUTES, ask, trustedProxies: ['10.0.0.0/33'] }), /no address/)
    assert.throws(() => guardOf({ routes: ROUTES, ask, subject: () => undefined }), /not by both/)
    assert.throws(() => guardOf({ routes: { ...ROUTES, name: 'A B' }, ask }), /`name`/)
  })
})

import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import type { Server, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, before, beforeEach, describe, test } from 'node:test'
import { openDecisionPoint } from './decision-point.ts'
import type { LocalDecisionPoint } from './decision-point.ts'
import { facts, grant, policies, stateWith } from '../src/access/decide/state-in-test.ts'
import { readPolicyText } from '../src/access/policy-writing/index.ts'

const TOKEN = 'reeve_c_x'
const FORBID = 'forbid(principal, action, resource) when { context.request has never };'
const ASKED = {
  subject: { type: 'kubernetes', id: 'app' },
  action: { name: 'pg:SELECT' },
  resource: { type: 'table', id: 'pg://main/shop/public.orders' },
}

describe('following a server that may say anything', () => {
  let server: Server
  let url: string
  let streams: ServerResponse[] = []
  let changes: object[] = []
  let point: LocalDecisionPoint
  let said: string[] = []

  before(async () => {
    await policies(await stateWith([], []), FORBID)
    const { written } = await readPolicyText({ policies: FORBID })
    const now = Date.now()
    changes = [
      { kind: 'policies', versionId: 'pol_1', policies: written?.policies.map(({ id, json }) => ({ id, json })) },
      { kind: 'principal', facts: facts('app') },
      { kind: 'grant', version: 1, grant: grant('grt_1', 'app', { from: now - 60_000, until: now + 3_600_000 }) },
    ]
    server = createServer((request, response) => {
      if (request.headers.authorization !== `Bearer ${TOKEN}`) {
        response.writeHead(401).end()
        return
      }
      response.writeHead(200, { 'content-type': 'text/event-stream' })
      streams.push(response)
    })
    await new Promise<void>((resolve) => server.listen({ host: '127.0.0.1', port: 0 }, resolve))
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  })
  after(() => {
    server.closeAllConnections()
    server.close()
  })
  beforeEach(async (t) => {
    streams = []
    said = []
    point = await openDecisionPoint({
      server: url,
      token: async () => await Promise.resolve(TOKEN),
      staleAfterMs: 2000,
      say: (event) => void said.push(event),
    })
    if ('after' in t) t.after(async () => point.stop())
  })

  const stream = async (number: number): Promise<ServerResponse> => {
    await until(() => streams.length > number)
    return streams[number] ?? assert.fail('it was waited for')
  }
  const tell = (to: ServerResponse, change: object): boolean => to.write(`data: ${JSON.stringify(change)}\n\n`)
  const position = (to: ServerResponse, count: number, knownAt = Date.now(), silentMs = 0): boolean =>
    to.write(
      `event: position\ndata: ${JSON.stringify({ kind: 'position', position: 'a:1', knownAt, silentMs, count, sentAt: Date.now() })}\n\n`,
    )
  const whole = (to: ServerResponse): void => {
    for (const change of changes) tell(to, change)
    position(to, changes.length)
  }
  const reason = async (): Promise<string> => (await point.evaluate(ASKED)).context.reason

  test('half of the state decides nothing; the whole does', async () => {
    const first = await stream(0)
    for (const change of changes) tell(first, change)
    await new Promise((resolve) => setTimeout(resolve, 100))
    assert.equal(await reason(), 'stale')
    position(first, changes.length)
    await point.ready
    assert.equal(await reason(), 'granted')
  })

  test('a lost change is found at the next position: the whole is asked for anew, and denials in it count at once', async () => {
    const first = await stream(0)
    whole(first)
    await point.ready
    position(first, 1)
    const second = await stream(1)
    assert.ok(said.some((event) => event.includes('1 changes were told and 0 arrived')))
    assert.equal(await reason(), 'granted')
    tell(second, { kind: 'held', principalId: facts('app').id, version: 2, state: 'quarantined' })
    await until(async () => (await reason()) === 'quarantined')
  })

  test('where the server has another database nothing decides that was known, until the whole of it is', async () => {
    const first = await stream(0)
    whole(first)
    await point.ready
    assert.equal(await reason(), 'granted')
    tell(first, { kind: 'anew' })
    await until(async () => (await reason()) === 'stale')
    assert.equal(point.isFresh(), false)
    const second = await stream(1)
    const rest = changes.slice(0, -1)
    for (const change of rest) tell(second, change)
    position(second, rest.length)
    await until(async () => (await reason()) === 'nothing_permits')
  })

  test('what cannot be applied is never passed over: what is known decides until it is stale', async () => {
    const first = await stream(0)
    whole(first)
    await point.ready
    tell(first, { kind: 'something newer' })
    await stream(1)
    assert.equal(await reason(), 'granted')
    assert.ok(said.some((event) => event.includes('unknown kind')))
    await until(async () => (await reason()) === 'stale')
    assert.equal(point.isFresh(), false)
  })

  test('a clock that was ahead or is set back makes nothing young: old is what was told long ago by a clock that nobody sets', async (t) => {
    const first = await stream(0)
    const hourAhead = Date.now() + 3_600_000
    for (const change of changes) tell(first, change)
    position(first, changes.length, hourAhead)
    await point.ready
    assert.equal(await reason(), 'granted')
    const machine = Date.now
    t.after(() => (Date.now = machine))
    Date.now = () => machine() - 330_000
    await until(async () => (await reason()) === 'stale')
    // the server says it again to who asks anew, and how long it has been silent itself
    position(first, 0, hourAhead, 5000)
    await new Promise((resolve) => setTimeout(resolve, 100))
    assert.equal(await reason(), 'stale')
    position(first, 0, machine())
    await until(async () => (await reason()) === 'granted')
  })

  test('a server whose own view is old makes the point stale, however often it says so', async () => {
    const first = await stream(0)
    whole(first)
    await point.ready
    const old = Date.now()
    await until(async () => {
      position(first, 0, old)
      return (await reason()) === 'stale'
    })
  })
})

async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  for (const end = Date.now() + 6000; Date.now() < end; await new Promise((resolve) => setTimeout(resolve, 10))) {
    if (await holds()) return
  }
  assert.fail('it did not come true within six seconds')
}

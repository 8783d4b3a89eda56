import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect } from 'node:net'
import type { Socket } from 'node:net'
import { after, before, describe, test } from 'node:test'
import { setImmediate, setTimeout as sleep } from 'node:timers/promises'
import * as fc from 'fast-check'
import { certificationState } from '../../access/authzen/certification-in-test.ts'
import { principalId } from '../../access/decide/state-in-test.ts'
import type { DecisionsDoor } from './door.ts'
import type { PlainDesk } from './plain-connection.ts'
import { pointInTest } from './point-in-test.ts'
import type { PointInTest } from './point-in-test.ts'

const text = JSON.stringify({
  subject: { type: 'user', id: 'alice' },
  action: { name: 'read' },
  resource: { type: 'record', id: 'record-1' },
})
const PATH = '/access/v1/evaluation'

/** Where this process was kept waiting the timer is over before what came meanwhile was read and answered. */
async function passed(ms: number): Promise<void> {
  await sleep(ms)
  for (let turn = 0; turn < 20; turn++) await setImmediate()
}

interface Sent {
  readonly line?: string
  readonly headers?: readonly string[]
  readonly body?: string
}

describe('requests that are read from the socket', () => {
  let point: PointInTest
  let parsed: PointInTest
  let late: readonly PointInTest[] = []
  let plain = 0
  const counting = (own: PlainDesk | undefined): PlainDesk => ({
    answer: (asked) => {
      const answer = own?.answer(asked)
      if (answer !== undefined) plain++
      return answer
    },
  })
  before(async () => {
    const state = await certificationState()
    const settings = { failuresPerAddressPerMinute: 1_000_000 }
    point = await pointInTest(state, { settings, plain: counting })
    parsed = await pointInTest(state, { settings, plain: () => undefined })
    const door: Partial<DecisionsDoor> = {
      onDecided: async () => await sleep(3, true),
    }
    late = [
      await pointInTest(state, { door, settings, plain: counting }),
      await pointInTest(state, { door, settings, plain: () => undefined }),
    ]
  })
  after(async () => {
    for (const each of [point, parsed, ...late]) await each.close()
  })

  const bytesOf = ({ token }: PointInTest, { line = `POST ${PATH} HTTP/1.1`, headers, body = text }: Sent): string => {
    const standing = ['Host: localhost', 'Content-Type: application/json', `Authorization: Bearer ${token}`]
    const lines = headers?.map((header) => header.replace('TOKEN', token)) ?? [
      ...standing,
      `Content-Length: ${Buffer.byteLength(body)}`,
    ]
    return `${[line, ...lines].join('\r\n')}\r\n\r\n${body}`
  }

  /** Everything that is answered to these pieces until the other side closes or is silent. */
  async function heard({ url }: PointInTest, pieces: readonly (string | Buffer)[], silentMs = 60): Promise<string> {
    const socket: Socket = connect(Number(new URL(url).port), '127.0.0.1')
    socket.setNoDelay(true)
    socket.on('error', () => undefined)
    let answer = ''
    socket.on('data', (chunk: Buffer) => (answer += chunk.toString('utf8')))
    await once(socket, 'connect')
    for (const piece of pieces) {
      socket.write(piece)
      await passed(5)
    }
    for (let was = -1; was !== answer.length && !socket.closed;) {
      was = answer.length
      await passed(silentMs)
    }
    socket.destroy()
    return answer
  }

  /** What differs between any two answers. */
  const withoutChance = (answer: string): string =>
    answer
      .replaceAll(/dec_[0-9a-z]{26}/g, 'dec_')
      .replaceAll(/[0-9a-f]{8}-[0-9a-f-]{27}/g, 'uuid')
      .replaceAll(/^Date: .*$/gm, 'Date: now')

  /** Where a parser stumbles, how many of the requests before are still answered depends on what came in one piece. */
  function assertAlike(here: string, there: string, sent: string): void {
    if (here === there) return
    const [mine, theirs] = [here, there].map((answer) => {
      const last = answer.lastIndexOf('HTTP/1.1 ')
      return { before: answer.slice(0, last), last: answer.slice(last) }
    })
    assert.match(here, /"message":"Client Error"/, sent)
    assert.equal(mine?.last, theirs?.last, sent)
    const [shorter = '', longer = ''] = [mine?.before ?? '', theirs?.before ?? ''].toSorted(
      (a, b) => a.length - b.length,
    )
    assert.ok(longer.startsWith(shorter), sent)
  }

  const whole = (bytes: string): readonly string[] => [bytes]

  async function alike(
    sent: readonly Sent[],
    cut: (bytes: string) => readonly (string | Buffer)[],
    pair: readonly PointInTest[] = [point, parsed],
  ): Promise<string> {
    const told = async (one: PointInTest, silentMs?: number): Promise<string> =>
      withoutChance(await heard(one, cut(sent.map((each) => bytesOf(one, each)).join('')), silentMs))
    const plainBefore = plain
    let [here, there] = await Promise.all(pair.map(async (one) => told(one)))
    if (here !== there) {
      // on a busy machine an answer may come later than the silence that ends it
      await passed(1000)
      plain = plainBefore
      ;[here, there] = await Promise.all(pair.map(async (one) => told(one, 1000)))
    }
    assert.match(here ?? '', /^HTTP\/1\.1 \d/)
    assertAlike(here ?? '', there ?? '', JSON.stringify(sent))
    return here ?? ''
  }

  test('are answered like those that go through the parser', async () => {
    const before_ = plain
    const answer = await alike([{}], whole)
    assert.match(answer, /^HTTP\/1\.1 200 OK\r\n/)
    assert.match(answer, /"decision":true/)
    assert.equal(plain, before_ + 1)
    const said = bytesOf(parsed, {}).replace('Content-Length', 'X-Request-ID: mine-1\r\nCOOKIE: a=b\r\ncontent-length')
    assert.match(await heard(point, [said.replaceAll(parsed.token, point.token)]), /X-Request-ID: mine-1\r\n/)
    assert.equal(plain, before_ + 2)
  })

  test('also where the body comes after the head, and again and again', async () => {
    const before_ = plain
    const { length } = bytesOf(point, {})
    await alike([{}], (bytes) => [bytes.slice(0, length - text.length), bytes.slice(length - text.length)])
    await alike([{}, {}, {}], (bytes) => [
      bytes.slice(0, length),
      bytes.slice(length, 2 * length),
      bytes.slice(-length),
    ])
    assert.equal(plain, before_ + 4)
  })

  const odd: readonly (readonly [what: string, sent: readonly Sent[]])[] = [
    ['asked in advance', [{}, {}, {}]],
    ['another path behind', [{}, { line: 'GET /healthz HTTP/1.1', headers: ['Host: localhost'], body: '' }]],
    ['HTTP/1.0', [{ line: `POST ${PATH} HTTP/1.0` }]],
    ['no HTTP', [{ line: 'hello' }]],
    ['another method', [{ line: `PUT ${PATH} HTTP/1.1` }]],
    ['a query', [{ line: `POST ${PATH}?a HTTP/1.1` }]],
    ['an absolute target', [{ line: `POST http://localhost${PATH} HTTP/1.1` }]],
    ['a body that is no JSON', [{ body: '{"subject":' }]],
    ['a field that is missing', [{ body: '{}' }]],
    ['an empty body', [{ body: '' }]],
  ]
  for (const [what, sent] of odd)
    test(`are answered like parsed ones: ${what}`, async () => void (await alike(sent, whole)))

  const HEADERS = ['Host: localhost', 'Content-Type: application/json', 'Authorization: Bearer TOKEN']
  const LENGTH = `Content-Length: ${text.length}`
  const framed: readonly (readonly string[])[] = [
    HEADERS,
    [...HEADERS, LENGTH, LENGTH],
    [...HEADERS, LENGTH, `Content-Length: ${text.length - 1}`],
    [...HEADERS, `Content-Length: +${text.length}`],
    [...HEADERS, `Content-Length: ${text.length},${text.length}`],
    [...HEADERS, `Content-Length: 0x${text.length.toString(16)}`],
    [...HEADERS, LENGTH, 'Transfer-Encoding: chunked'],
    [...HEADERS, LENGTH, 'Transfer-Encoding : chunked'],
    [...HEADERS, LENGTH, ' folded'],
    [...HEADERS, LENGTH, 'X-A: 1\r\n\tfolded'],
    [...HEADERS, LENGTH, 'X-A: a\nTransfer-Encoding: chunked'],
    [...HEADERS, LENGTH, 'X-A: a\rb'],
    [...HEADERS, LENGTH, 'X-A: a\u0000b'],
    [...HEADERS, LENGTH, 'X A: b'],
    [...HEADERS, LENGTH, ': b'],
    [...HEADERS, LENGTH, 'X-A: \u00e4'],
    [...HEADERS, LENGTH, 'Connection: close'],
    [...HEADERS, LENGTH, 'Connection: keep-alive, close'],
    [...HEADERS, LENGTH, 'Expect: 100-continue'],
    [...HEADERS, LENGTH, 'Upgrade: websocket', 'Connection: Upgrade'],
    [...HEADERS, LENGTH, 'Host: other'],
    [...HEADERS, LENGTH, `X-Long: ${'x'.repeat(20_000)}`],
    [...HEADERS.slice(1), LENGTH],
    ['Host: elsewhere.example', ...HEADERS.slice(1), LENGTH],
    [...HEADERS.slice(0, 2), LENGTH],
    [...HEADERS.slice(0, 2), LENGTH, 'Authorization: Bearer reeve_c_nobody'],
    [...HEADERS, LENGTH, 'Authorization: Bearer reeve_c_nobody'],
    ['Host: localhost', 'Content-Type: text/plain', ...HEADERS.slice(2), LENGTH],
  ]
  for (const headers of framed) {
    test(`are framed as the parser frames them: ${JSON.stringify(headers.slice(2)).slice(0, 90)}`, async () => {
      await alike([{ headers }, { line: 'GET /smuggled HTTP/1.1', headers: ['Host: localhost'], body: '' }], whole)
    })
  }

  test('wherever a request is cut, whatever stands in its head', { timeout: 100_000 }, async () => {
    const harmless = ['X-B: c', 'Accept: */*', 'connection: Keep-Alive', 'X-Request-ID: a']
    const header = fc.constantFrom(...framed.flat(), ...harmless)
    const headers = fc.array(header, { minLength: 3, maxLength: 7 }).map((more) => HEADERS.slice(0, 1).concat(more))
    // of what follows a request Node's parser may complain before or after that is answered: only the last one is odd
    const good = fc.array(fc.constantFrom(...harmless), { maxLength: 3 }).map((more) => HEADERS.concat(LENGTH, more))
    const some = fc.array(good, { maxLength: 2 })
    const property = fc.asyncProperty(some, headers, fc.nat(), async (earlier, last, at) => {
      const asked = [...earlier, last].map((each) => ({ headers: each }))
      const cut = (bytes: string): string[] => [bytes.slice(0, at % bytes.length), bytes.slice(at % bytes.length)]
      await alike(asked, cut)
      await alike(asked, cut, late)
    })
    await fc.assert(property, { numRuns: 60 })
  })

  test('a token that is revoked is refused at the next request of a connection that is open', async () => {
    const { state, url } = point
    const value = point.tokenOf('brief')
    const socket = connect(Number(new URL(url).port), '127.0.0.1')
    const ask = async (): Promise<string> => {
      socket.write(bytesOf({ ...point, token: value }, {}))
      const [answer] = (await once(socket, 'data')) as [Buffer]
      return answer.toString('utf8')
    }
    const plainBefore = plain
    assert.match(await ask(), /"decision":true/)
    assert.match(await ask(), /"decision":true/)
    assert.equal(plain, plainBefore + 2)
    state.setEnded(principalId('brief'), true, 1)
    assert.match(await ask(), /^HTTP\/1\.1 401 /)
    socket.destroy()
  })

  test('a server that stops waits for no connection that asks nothing, and for what was asked', async () => {
    const stopping = await pointInTest(await certificationState(), {
      door: { onDecided: async () => await sleep(200, true) },
    })
    const sockets = [0, 1].map(() => connect(Number(new URL(stopping.url).port), '127.0.0.1'))
    const [idle, busy] = sockets
    assert.ok(idle !== undefined && busy !== undefined)
    await Promise.all(sockets.map(async (socket) => await once(socket, 'connect')))
    busy.write(bytesOf(stopping, {}))
    await passed(50)
    const heardLast = once(busy, 'data')
    const began = performance.now()
    const closed = Promise.all(sockets.map(async (socket) => await once(socket, 'close')))
    for (const socket of sockets) socket.on('end', () => socket.end()).resume()
    await stopping.close()
    assert.ok(performance.now() - began < 5000)
    assert.match(String((await heardLast)[0]), /"decision":true/)
    await closed
  })
})

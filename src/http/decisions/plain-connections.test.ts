import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import { connect } from 'node:net'
import type { AddressInfo } from 'node:net'
import { test } from 'node:test'
import { setTimeout as passed } from 'node:timers/promises'
import { answerPlainly } from './plain-connections.ts'

/** A busy machine keeps nobody from asking for so long. */
const IDLE_MS = 1000
const ASKED =
  'POST /access/v1/evaluation HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}'

test('a connection on which nothing comes any more is closed, and one that goes on asking is not', async (t) => {
  const server = createServer(() => assert.fail('nothing here is for the parser'))
  server.keepAliveTimeout = IDLE_MS
  answerPlainly(server, { answer: () => ({ text: 'HTTP/1.1 204 No Content\r\n\r\n', encoding: 'latin1' }) })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => server.close())
  const { port } = server.address() as AddressInfo
  const [silent, asking] = [connect(port, '127.0.0.1'), connect(port, '127.0.0.1')]
  const closed = once(silent, 'close')
  silent.write(ASKED)
  silent.resume()
  let heard = 0
  let timer: NodeJS.Timeout | undefined
  // one after another: what is asked in advance is for the parser
  asking.on('data', () => {
    heard++
    timer = setTimeout(() => asking.write(ASKED), 30)
  })
  asking.write(ASKED)
  const began = performance.now()
  await closed
  const took = performance.now() - began
  assert.ok(took > IDLE_MS * 0.9 && took < IDLE_MS * 10, `closed after ${took} ms`)
  await passed(IDLE_MS * 2.5)
  clearTimeout(timer)
  assert.equal(asking.closed, false)
  assert.ok(heard > 5)
  asking.destroy()
})

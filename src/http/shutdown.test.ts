import assert from 'node:assert/strict'
import { connect } from 'node:net'
import type { AddressInfo, Socket } from 'node:net'
import { after, before, describe, test } from 'node:test'
import { apiInTest } from '../../test/http/api.ts'
import type { ApiInTest } from '../../test/http/api.ts'
import { databaseUnavailable } from '../db/database-in-test.ts'
import { stopServer } from './server.ts'

describe('a server on a socket', { skip: databaseUnavailable() }, () => {
  let api: ApiInTest
  let port = 0
  before(async () => {
    api = await apiInTest()
    await api.server.listen({ host: '127.0.0.1', port: 0 })
    port = (api.server.server.address() as AddressInfo).port
  })
  after(() => api.close())

  async function heard(bytes: string): Promise<string> {
    const socket = connect(port, '127.0.0.1')
    socket.end(bytes)
    let answer = ''
    for await (const chunk of socket) answer += String(chunk)
    return answer
  }

  test('headers beyond the limit are refused', async () => {
    const answer = await heard(`GET /healthz HTTP/1.1\r\nHost: localhost\r\nX-Long: ${'x'.repeat(20_000)}\r\n\r\n`)
    assert.match(answer, /^HTTP\/1\.1 431 /)
  })

  test('what is no HTTP is refused', async () => {
    assert.match(await heard('hello\r\n\r\n'), /^HTTP\/1\.1 400 /)
  })

  test('a stop waits for no request that never ends', async () => {
    const stuck: Socket = connect(port, '127.0.0.1')
    stuck.on('error', () => undefined)
    stuck.write(
      'POST /v1/principals HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 50\r\n\r\n{',
    )
    await new Promise((resolve) => setTimeout(resolve, 100))
    const began = performance.now()
    await stopServer(api.server, 300)
    assert.ok(performance.now() - began < 5000)
    await assert.rejects(heard('GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n'), /ECONNREFUSED/)
    stuck.destroy()
  })
})

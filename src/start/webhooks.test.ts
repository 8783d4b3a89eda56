import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { openKeys } from '#keys'
import { systemClock } from '#kernel'
import { databaseUnavailable, testDatabase } from '../db/database-in-test.ts'
import { layerInTest, passOver, planFor, targetNamed } from '../effect/effect-in-test.ts'
import { TargetInTest } from '../effect/target-in-test.ts'
import { Undo } from './undo.ts'
import { startWebhooks } from './webhooks.ts'

interface Received {
  readonly headers: IncomingHttpHeaders
  readonly body: string
}

describe('alarms at a webhook', { skip: databaseUnavailable(), timeout: 60_000 }, () => {
  test('what a person has to know is told, signed, again until it is taken, and once', async (t) => {
    const base = await testDatabase()
    t.after(() => base.close())
    const folder = await mkdtemp(join(tmpdir(), 'reeve-webhook-'))
    t.after(() => rm(folder, { recursive: true }))
    const keys = await openKeys(join(folder, 'keys'), systemClock)
    const received: Received[] = []
    const server = createServer((request, response) => {
      const chunks: Buffer[] = []
      request.on('data', (chunk: Buffer) => chunks.push(chunk))
      request.on('end', () => {
        received.push({ headers: request.headers, body: Buffer.concat(chunks).toString() })
        response.statusCode = received.length === 1 ? 503 : 204
        response.end()
      })
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    t.after(() => server.close())
    const target = new TargetInTest()
    target.accounts.set('app', { mayLogIn: true, sessions: 0, password: 'x' })
    const receivers = [`http://127.0.0.1:${(server.address() as AddressInfo).port}/reeve`]
    const effect = layerInTest(base, target.adapter, { receivers })
    await targetNamed(effect, 'main')
    const { id } = await planFor(effect, { credential: undefined as never })
    await passOver(base, effect)

    const undo = new Undo(() => undefined)
    startWebhooks({ opened: base, effect, keys, undo, say: () => undefined })
    t.after(async () => undo.all())
    for (let tries = 0; received.length < 2 && tries < 200; tries++) await sleep(50)
    // long enough for a third, where there were one
    await sleep(2500)
    assert.equal(received.length, 2)
    const [first, second] = received
    assert.equal(first?.body, second?.body)
    assert.equal(first?.headers['webhook-id'], second?.headers['webhook-id'])
    for (const { headers, body } of received) {
      const signed = `${String(headers['webhook-id'])}.${String(headers['webhook-timestamp'])}.${body}`
      const expected = keys.keyInUse('webhook').mac(signed).toString('base64')
      assert.equal(headers['webhook-signature'], `v1,${expected}`)
      const told = JSON.parse(body) as { type: string; data: { planId: string; detail: string } }
      assert.deepEqual([told.type, told.data.planId], ['plan_unproven', id])
      assert.match(told.data.detail, /changed, not probed/)
    }
  })
})

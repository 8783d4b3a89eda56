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
import { listAlarms, sendAlarms } from '#effect'
import { systemClock } from '#kernel'
import type { Instant } from '#kernel'
import { databaseUnavailable, testDatabase } from '../../db/database-in-test.ts'
import { entriesOf, layerInTest, passOver, planFor, targetNamed } from '../../effect/effect-in-test.ts'
import { TargetInTest } from '../../effect/target-in-test.ts'
import { Undo } from '../undo.ts'
import { alarmReceivers, startAlarms, testAlarms } from './send-alarms.ts'
import { opensslMissing, startMailServer } from './smtp-in-test.ts'

interface Received {
  readonly headers: IncomingHttpHeaders
  readonly body: string
}

describe('alarms', { skip: databaseUnavailable() || opensslMissing(), timeout: 60_000 }, () => {
  test('what a person has to know is told by webhook, signed, and by e-mail; again until it is taken, and once', async (t) => {
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
    const { port } = server.address() as AddressInfo
    const mail = await startMailServer(t, { authOptional: true })
    const caller = { server: mail.at, ca: `file:${mail.ca}`, from: 'reeve@example.com', to: ['oncall@example.com'] }
    const webhooks = [`http://127.0.0.1:${port}/a-secret-path`]
    const receivers = alarmReceivers({ webhooks, mail: caller }, keys)
    const effect = layerInTest(base, target.adapter, { receivers: receivers.map(({ name }) => name) })
    await targetNamed(effect, 'main')
    const { id } = await planFor(effect, { credential: undefined as never })
    await passOver(base, effect)

    const undo = new Undo(() => undefined)
    startAlarms({ opened: base, effect, receivers, undo, say: () => undefined })
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
    assert.equal(mail.received.length, 1)
    assert.match(mail.received[0]?.source ?? '', new RegExp(`^Subject: Reeve: plan ${id} is unproven\\r$`, 'm'))
    const entries = await entriesOf(base, id)
    assert.equal(entries.filter((type) => type === 'alarm.taken').length, 2)
    const [alarm, ...more] = await listAlarms(effect, { state: 'taken', limit: 10 })
    assert.ok(alarm)
    assert.deepEqual(more, [])
    assert.ok(!JSON.stringify(alarm).includes('a-secret-path'))
    const tries = alarm.receivers.map(
      ({ receiver, state, attempts }) => `${receiver.split(':')[0]} ${state} ${attempts}`,
    )
    assert.deepEqual(tries, ['mail taken 1', 'webhook taken 2'])
    assert.deepEqual(await listAlarms(effect, { limit: 10 }), [])
  })

  test('a receiver that never takes it is given up after days, is listed, and the log says so', async (t) => {
    const base = await testDatabase()
    t.after(() => base.close())
    let now = Date.now() + 60_000
    const target = new TargetInTest()
    target.accounts.set('app', { mayLogIn: true, sessions: 0, password: 'x' })
    const clock = (): Instant => new Date(now).toISOString() as Instant
    const effect = layerInTest(base, target.adapter, { clock, receivers: ['mail:oncall@example.com'] })
    await targetNamed(effect, 'main')
    const { id } = await planFor(effect, { credential: undefined as never })
    await passOver(base, effect)
    let tries = 0
    const refuse = async (): Promise<void> => {
      tries += 1
      throw new Error('it answered 550 no such user')
    }
    for (let first = 0; first < 39; first++, now += 3_600_000) await sendAlarms(effect, 'mail', refuse)
    const [waiting] = await listAlarms(effect, { limit: 10 })
    assert.equal(waiting?.receivers[0]?.state, 'waiting')
    for (let more = 0; more < 5; more++, now += 3_600_000) await sendAlarms(effect, 'mail', refuse)
    assert.equal(tries, 40)
    const [given] = await listAlarms(effect, { limit: 10 })
    assert.deepEqual([given?.about, given?.receivers[0]?.state], [id, 'given_up'])
    assert.equal(given?.receivers[0]?.failure, 'it answered 550 no such user')
    assert.ok((await entriesOf(base, id)).includes('alarm.given_up'))
  })

  test('a mail server that is slow holds up no webhook', async (t) => {
    const base = await testDatabase()
    t.after(() => base.close())
    const target = new TargetInTest()
    target.accounts.set('app', { mayLogIn: true, sessions: 0, password: 'x' })
    const slow = Promise.withResolvers<string>()
    const mailed: unknown[] = []
    const hooked: unknown[] = []
    const receivers = [
      {
        name: 'mail:oncall@example.com',
        send: async () => {
          mailed.push(1)
          return await slow.promise
        },
      },
      {
        name: 'webhook:example.com:1',
        send: async ({ planId }: { planId?: string }) => {
          hooked.push(planId)
          return 'it answered 204'
        },
      },
    ]
    const effect = layerInTest(base, target.adapter, { receivers: receivers.map(({ name }) => name) })
    await targetNamed(effect, 'main')
    const unproven = async (): Promise<string> => {
      const { id } = await planFor(effect, { credential: undefined as never })
      await passOver(base, effect)
      return id
    }
    const undo = new Undo(() => undefined)
    startAlarms({ opened: base, effect, receivers, undo, say: () => undefined })
    t.after(async () => {
      slow.resolve('it answered 250')
      await undo.all()
    })
    const first = await unproven()
    for (let tries = 0; (mailed.length < 1 || hooked.length < 1) && tries < 200; tries++) await sleep(50)
    assert.equal(mailed.length, 1)
    const second = await unproven()
    for (let tries = 0; hooked.length < 2 && tries < 100; tries++) await sleep(50)
    assert.deepEqual(hooked, [first, second])
    assert.equal(mailed.length, 1)
  })

  test('a webhook is signed under each key that a receiver may still know, and a redirect is named and not followed', async (t) => {
    const folder = await mkdtemp(join(tmpdir(), 'reeve-alarm-'))
    t.after(() => rm(folder, { recursive: true }))
    const keys = await openKeys(join(folder, 'keys'), systemClock)
    const received: { headers: IncomingHttpHeaders; url: string | undefined }[] = []
    const server = createServer((request, response) => {
      received.push({ headers: request.headers, url: request.url })
      request.resume()
      if (request.url === '/') response.writeHead(307, { location: '/elsewhere' })
      response.end()
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    t.after(() => server.close())
    const at = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    const told = async (): Promise<string> => {
      const [answer] = await testAlarms(alarmReceivers({ webhooks: [`${at}/`] }, keys), systemClock)
      assert.match(answer?.detail ?? '', /it answered 307: a redirect is not followed/)
      return String(received.at(-1)?.headers['webhook-signature'])
    }
    const { keyId } = keys.keyInUse('webhook')
    assert.match(await told(), /^v1,[\w+/]{43}=$/)
    await keys.rotateKey('webhook')
    assert.match(await told(), /^v1,[\w+/]{43}= v1,[\w+/]{43}=$/)
    await keys.retireKey('webhook', keyId)
    assert.match(await told(), /^v1,[\w+/]{43}=$/)
    assert.deepEqual(new Set(received.map(({ url }) => url)), new Set(['/']))
  })

  test('a test alarm says of each receiver whether it took it, or why not', async (t) => {
    const folder = await mkdtemp(join(tmpdir(), 'reeve-alarm-'))
    t.after(() => rm(folder, { recursive: true }))
    const keys = await openKeys(join(folder, 'keys'), systemClock)
    const mail = await startMailServer(t, { authOptional: true })
    const rest = { ca: `file:${mail.ca}`, from: 'reeve@example.com', to: ['oncall@example.com'] }
    const receivers = alarmReceivers({ webhooks: ['http://127.0.0.1:1/'], mail: { server: mail.at, ...rest } }, keys)
    const [hook, mailed] = await testAlarms(receivers, systemClock)
    assert.deepEqual([hook?.delivered, mailed?.delivered], [false, true])
    assert.match(hook?.detail ?? '', /could not be reached/)
    assert.match(mailed?.detail ?? '', /it answered 250/)
    assert.match(mail.received[0]?.source ?? '', /^Subject: Reeve: a test alarm\r$/m)
    assert.equal((await testAlarms(receivers, systemClock, 'mail:oncall@example.com')).length, 1)
    await assert.rejects(testAlarms(receivers, systemClock, 'mail:other@example.com'), /no receiver has this name/)
    assert.throws(() => alarmReceivers({ webhooks: ['http://example.com/'] }, keys), /is not this machine: write https/)
    assert.throws(() => alarmReceivers({ webhooks: ['https://u:p@example.com/'] }, keys), /holds a password/)
  })
})

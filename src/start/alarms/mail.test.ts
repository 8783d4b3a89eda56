import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { loadConfig } from '#config'
import { Fault, newId } from '#kernel'
import type { Instant } from '#kernel'
import { mailReceivers } from './mail.ts'
import type { MailSettings } from './mail.ts'
import type { AlarmMessage, AlarmReceiver } from './receiver.ts'
import { opensslMissing, PASSWORD, startMailServer, USER } from './smtp-in-test.ts'
import type { MailServer } from './smtp-in-test.ts'
import { readFileSync } from 'node:fs'

const message = (more: Partial<AlarmMessage> = {}): AlarmMessage => ({
  id: newId('alarm'),
  at: '2026-11-28T10:00:00.000Z' as Instant,
  type: 'plan_unproven',
  title: 'Reeve: plan pln_1 is unproven',
  planId: 'pln_1',
  detail: 'the role may still log in',
  next: 'reeve plan run pln_1',
  ...more,
})

function receiver(server: MailServer, more: Partial<MailSettings> = {}, password = PASSWORD): AlarmReceiver {
  const settings = {
    server: server.at,
    user: USER,
    password: 'env:PASSWORD',
    ca: 'file:/ca',
    from: 'reeve@example.com',
  }
  const secretOf = async (reference: string): Promise<string> =>
    reference === 'env:PASSWORD' ? password : readFileSync(server.ca, 'utf8')
  const [made] = mailReceivers({ ...settings, to: ['oncall@example.com'], ...more }, secretOf)
  assert.ok(made)
  return made
}

const headersOf = (source: string): string[] =>
  source
    .slice(0, source.indexOf('\r\n\r\n'))
    .split(/\r\n(?![ \t])/)
    .map((line) => line.slice(0, line.indexOf(':')).toLowerCase())
    .sort()

const HEADERS = [
  'auto-submitted',
  'content-transfer-encoding',
  'content-type',
  'date',
  'from',
  'message-id',
  'mime-version',
  'subject',
  'to',
]

const refusal = async (sending: Promise<string>): Promise<string> => {
  const error = await sending.then(
    () => assert.fail('it was taken'),
    (thrown: unknown) => thrown,
  )
  assert.ok(error instanceof Error)
  assert.ok(!error.message.includes(PASSWORD), error.message)
  return error.message
}

describe('alarms by e-mail', { skip: opensslMissing(), timeout: 60_000 }, () => {
  for (const tls of ['starttls', 'implicit'] as const)
    test(`arrive over ${tls}, from who signed in, with what to do`, async (t) => {
      const server = await startMailServer(t, tls === 'implicit' ? { secure: true } : {})
      const sent = message()
      assert.match(await receiver(server, { tls }).send(sent), /it answered 250/)
      const [mail] = server.received
      assert.ok(mail)
      assert.deepEqual(
        [mail.from, mail.to, mail.user, mail.secure],
        ['reeve@example.com', ['oncall@example.com'], USER, true],
      )
      assert.deepEqual(headersOf(mail.source), HEADERS)
      assert.match(mail.source, /^Subject: Reeve: plan pln_1 is unproven\r$/m)
      assert.match(mail.source, new RegExp(`^Message-ID: <${sent.id}@example\\.com>\\r$`, 'im'))
      assert.match(mail.source, /the role may still log in[^]*What to do: reeve plan run pln_1/)
    })

  test("a target's words become no header, no recipient and no second message", async (t) => {
    const server = await startMailServer(t)
    const hostile =
      'gone\r\nBcc: evil@example.net\r\n\r\n.\r\nMAIL FROM:<a@example.net>\r\nRCPT TO:<evil@example.net>\r\n'
    const more = { detail: hostile, next: `${hostile}\n.\n`, title: `Reeve: a test alarm\r\nBcc: evil@example.net` }
    await receiver(server).send(message(more))
    assert.equal(server.received.length, 1)
    const [mail] = server.received
    assert.deepEqual(mail?.to, ['oncall@example.com'])
    assert.deepEqual(headersOf(mail?.source ?? ''), HEADERS)
  })

  test('where TLS cannot be had, or not with a certificate that is trusted, nothing is said, and no password', async (t) => {
    const asked: string[] = []
    const clear = await startMailServer(t, {
      hideSTARTTLS: true,
      disabledCommands: ['STARTTLS'],
      allowInsecureAuth: true,
      onAuth: (auth, _session, done) => {
        asked.push(String(auth.password))
        done(null, { user: 'x' })
      },
    })
    await refusal(receiver(clear).send(message()))
    assert.deepEqual([asked, clear.received], [[], []])
    const unknown = await startMailServer(t)
    const trusted = await startMailServer(t)
    await refusal(receiver({ ...unknown, ca: trusted.ca }).send(message()))
    assert.deepEqual(unknown.received, [])
  })

  test('a password that is refused is not in the reason, though the server repeats it', async (t) => {
    const server = await startMailServer(t)
    const wrong = 'of-another-server-55d2'
    const why = await refusal(receiver(server, {}, wrong).send(message()))
    assert.match(why, /it answered 535/)
    assert.ok(!why.includes(wrong))
  })

  test('a server that is away is asked once, not once for each that is due; one that refuses a message is asked again', async (t) => {
    const away = await startMailServer(t, { onConnect: (_session, done) => done(new Error('closed today')) })
    const receiving = receiver(away)
    for (let sent = 0; sent < 20; sent++) await refusal(receiving.send(message()))
    assert.equal(away.connections(), 1)

    let first = true
    const grey = await startMailServer(t, {
      onRcptTo: (_address, _session, done) => {
        done(first ? Object.assign(new Error('come again'), { responseCode: 451 }) : null)
        first = false
      },
    })
    const again = receiver(grey)
    assert.match(await refusal(again.send(message())), /451/)
    await again.send(message())
    assert.equal(grey.received.length, 1)
  })

  test('settings that would tell it in clear, make a header or hold a password are refused', () => {
    const mail = { server: 'smtp.example.com:587', from: 'reeve@example.com', to: ['oncall@example.com'] }
    assert.throws(
      () => mailReceivers({ ...mail, tls: 'off' }, async () => ''),
      /smtp\.example\.com` is not this machine/,
    )
    assert.equal(mailReceivers({ ...mail, server: '127.0.0.1:25', tls: 'off' }, async () => '').length, 1)
    const load = (given: object): unknown =>
      loadConfig(JSON.stringify({ server: { alarms: { mail: { ...mail, ...given } } } }), 'reeve.yaml')
    load({})
    const secret = 'hunter2-and-longer'
    for (const wrong of [
      { from: 'reeve@example.com\r\nBcc: evil@example.net' },
      { to: ['Oncall <oncall@example.com>'] },
      { to: ['a@example.com, b@example.com'] },
      { to: [] },
      { server: 'smtp.example.com' },
      { user: 'reeve' },
      { user: 'reeve', password: secret },
    ])
      assert.throws(
        () => load(wrong),
        (error) => error instanceof Fault && !error.detail.includes(secret),
        JSON.stringify(wrong),
      )
  })
})

// Servers that are not who they say they are: what they get of a password, and what is said of them.
import assert from 'node:assert/strict'
import { after, before, beforeEach, describe, test } from 'node:test'
import { systemClock } from '#kernel'
import type { TargetCall, TargetSettings } from '#connectors/target'
import { asAdministrator } from './administrator.ts'
import { md5Answer, ROUNDS_BY_DEFAULT, startHostile } from './hostile-in-test.ts'
import type { Asks, Hostile } from './hostile-in-test.ts'
import { offered } from './postgres-in-test.ts'
import type { PlaceAnswer } from './probe-answer.ts'
import { probe } from './probe.ts'
import { TargetError } from './target-error.ts'
import { tryCredentialAfter } from './try-credential.ts'

const PASSWORD = 'the-admin-pw-81f3'
const SECRET = 'leaked-pw-902b'

describe('a server that is not the one that was meant', { timeout: 60_000 }, () => {
  let hostile: Hostile
  before(async () => {
    hostile = await startHostile(PASSWORD)
  })
  beforeEach(() => {
    hostile.answers.splice(0)
    hostile.rounds = ROUNDS_BY_DEFAULT
  })
  after(async () => await hostile?.close())

  const callWith = (more: Partial<TargetSettings> = {}): TargetCall => ({
    settings: {
      system: 'postgresql',
      name: 'mine',
      address: hostile.address,
      database: 'postgres',
      administrator: { user: 'reeve_admin', password: 'file:main' },
      tls: 'off',
      entrances: [],
      ...more,
    },
    secretOf: async () => PASSWORD,
    signal: new AbortController().signal,
    clock: systemClock,
  })
  const refusedBy = async (asks: Asks): Promise<string> => {
    hostile.asks = asks
    const error: unknown = await asAdministrator(callWith(), { for: 'asking' }, async () => 'in').catch(
      (thrown: unknown) => thrown,
    )
    assert.ok(error instanceof TargetError, `${asks}: ${String(error)}`)
    return error.message
  }
  const told = (): string => Buffer.concat(hostile.answers).toString('latin1')
  const probed = async (asks: Asks, more: Partial<TargetSettings> = {}): Promise<PlaceAnswer> => {
    hostile.asks = asks
    const { places } = await probe(callWith(more), { user: 'app', credential: offered(SECRET), milliseconds: 3000 })
    return places[0] ?? assert.fail()
  }

  test('the password of the administrative role is given to none that asks in clear or as MD5', async () => {
    assert.match(await refusedBy('in clear'), /asks for the password in clear, which is not answered.*scram-sha-256/)
    assert.match(await refusedBy('as md5'), /asks for the password as MD5, which is not answered/)
    assert.deepEqual(hostile.answers, [])
    assert.match(await refusedBy('scram, then in clear'), /asks for the password in clear/)
    assert.ok(!told().includes(PASSWORD))
  })

  test('a server that does not prove that it knows the password is left', async () => {
    for (const asks of ['nothing', 'scram without its proof'] as const)
      assert.match(await refusedBy(asks), /lets in without a proof that it knows the password/)
    assert.match(await refusedBy('scram with a wrong proof'), /cannot be reached/)
    assert.ok(!told().includes(PASSWORD))
  })

  test('a proof that could be guessed at for next to nothing is given to none, of either password', async () => {
    for (const rounds of ['1', '4095', '4096,i=1', '1,i=4096']) {
      hostile.rounds = rounds
      const few = rounds === '4095' ? 4095 : 1
      assert.match(
        await refusedBy('scram'),
        new RegExp(`asks for ${few} rounds of SCRAM, which is not answered: 4096 to 2000000 are; set the password`),
      )
      const { outcome, answer } = await probed('scram')
      assert.equal(outcome, 'unproven')
      assert.match(answer, new RegExp(`asks for ${few} rounds of SCRAM, which is not answered`))
    }
    assert.ok(hostile.answers.length > 0)
    // of each exchange the first message alone, which has no proof in it
    assert.doesNotMatch(told(), /,p=/)
  })

  test('more rounds than a second of work are refused in words, and fewer are answered', async () => {
    hostile.rounds = '2000001'
    assert.match(await refusedBy('scram'), /asks for 2000001 rounds of SCRAM/)
    assert.match((await probed('scram')).answer, /asks for 2000001 rounds of SCRAM/)
    assert.doesNotMatch(told(), /,p=/)
    hostile.rounds = '200000'
    assert.equal(await asAdministrator(callWith(), { for: 'asking' }, async () => 'in'), 'in')
    assert.match(told(), /,p=/)
  })

  test('what cannot be read ends the connection and not the process', async () => {
    assert.match(await refusedBy('gss'), /did not speak as a server of PostgreSQL does/)
  })

  test('a server that sends without end is left, before somebody is in and after', async () => {
    hostile.asks = 'scram'
    const held = process.memoryUsage().arrayBuffers
    try {
      hostile.floods = 'at once'
      assert.match(await refusedBy('scram'), /it said more than 1 MiB at once/)
      assert.equal((await probed('scram')).answer, 'it did not speak as a server of PostgreSQL does')
      hostile.floods = 'once somebody is in'
      assert.match(await refusedBy('scram'), /it said more than 64 MiB at once/)
      // what is not whole yet is copied where it outgrows its buffer
      assert.ok(process.memoryUsage().arrayBuffers - held < 300 * 1024 * 1024)
    } finally {
      delete hostile.floods
    }
  })

  test('what a server says is withheld where it holds a password that it may know', async () => {
    hostile.asks = 'scram'
    for (const [says, message] of [
      [`you are ${PASSWORD}`, /withheld/],
      [`they were told ${SECRET}`, /withheld/],
      ['no such thing', /no such thing/],
    ] as const) {
      hostile.says = says
      const call = { ...callWith(), credential: offered(SECRET) }
      await assert.rejects(
        asAdministrator(call, { for: 'asking' }, async ({ rows }) => await rows('select 1')),
        (error: TargetError) => message.test(error.message) && !/pw-/.test(error.message),
      )
    }
  })

  test('the prober gives what leaked to none that asks otherwise: unproven, with what to do', async () => {
    for (const asks of ['in clear', 'as md5', 'scram without its proof', 'gss'] as const) {
      const { outcome, answer } = await probed(asks)
      assert.equal(outcome, 'unproven', `${asks}: ${answer}`)
    }
    assert.ok(!told().includes(SECRET))
    assert.ok(!told().includes(md5Answer('app', SECRET)))
    hostile.asks = 'in clear'
    const whole = { ...callWith(), planId: 'pln_1', subject: { account: 'app' }, before: null, earlier: {} }
    const verdict = await tryCredentialAfter.verify({ ...whole, credential: offered(SECRET) })
    assert.equal(verdict.effect, 'unproven')
    assert.match(verdict.reason, /asks for the password in clear, which is not answered/)
    assert.match(verdict.next, /scram-sha-256.*probeInClear/)
  })

  test('where the target says so the prober answers, and the administrator still does not', async () => {
    assert.equal((await probed('in clear', { probeInClear: true })).outcome, 'accepted')
    assert.ok(told().includes(SECRET))
    await probed('as md5', { probeInClear: true })
    assert.ok(told().includes(md5Answer('app', SECRET)))
    // and who was told it cannot have it written down
    hostile.names = `${SECRET}!`
    const named = await probed('in clear', { probeInClear: true })
    delete hostile.names
    assert.deepEqual([named.outcome, named.answer], ['accepted', 'the login was accepted, as somebody else'])
    hostile.answers.splice(0)
    hostile.asks = 'in clear'
    await assert.rejects(
      asAdministrator(callWith({ probeInClear: true }), { for: 'asking' }, async () => 'in'),
      /asks for the password in clear/,
    )
    assert.deepEqual(hostile.answers, [])
  })
})

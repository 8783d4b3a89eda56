import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { after, before, describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import type { StepCall, StepVerdict, TargetSettings } from '#connectors/target'
import { accountsOf } from './accounts-of.ts'
import { between } from './places-in-test.ts'
import type { Between, Manner } from './places-in-test.ts'
import { offered, postgresMissing, startPostgres } from './postgres-in-test.ts'
import type { TestPostgres } from './postgres-in-test.ts'
import { judgeLogin, relayed } from './probe-answer.ts'
import type { PlaceAnswer } from './probe-answer.ts'
import { probe } from './probe.ts'
import { factsIn } from './steps-in-test.ts'
import { tryCredentialAfter, tryCredentialBefore } from './try-credential.ts'

const SECRET = 'leaked-5b20aa'

const contentOf = (pid: string, what: string): string => {
  try {
    return readFileSync(`/proc/${pid}/${what}`, 'latin1')
  } catch {
    // it ended meanwhile
    return ''
  }
}

describe('the prober', { skip: postgresMissing(18), timeout: 120_000 }, () => {
  let server: TestPostgres
  let proxy: Between
  before(async () => {
    server = await startPostgres(18)
    await server.sql(`create role app login password '${SECRET}'; create role held nologin password '${SECRET}'`)
    await server.sql('create database closed')
    await server.sql('revoke connect on database closed from public')
    proxy = await between(server.port)
  })
  after(async () => {
    await proxy?.close()
    await server?.stop()
  })

  const tried = async (user: string, more: Partial<TargetSettings> = {}, database?: string): Promise<PlaceAnswer[]> => {
    const call = server.call({ address: proxy.address, ...more })
    return [...(await probe(call, { user, credential: offered(SECRET, database), milliseconds: 1500 })).places]
  }
  const judged = async (user: string, more: Partial<TargetSettings> = {}): Promise<StepVerdict> => {
    const call = server.call({ address: proxy.address, ...more })
    const whole = { ...call, planId: 'pln_1', subject: { account: user }, before: null, earlier: {} }
    return await tryCredentialAfter.verify({ ...whole, credential: offered(SECRET) })
  }

  test('a real login is tried, and the password is really asked for', async () => {
    proxy.manner = 'forwards'
    const [logins, proofs] = [proxy.logins.length, proxy.proofs()]
    assert.deepEqual((await tried('app'))[0]?.outcome, 'accepted')
    const [held] = await tried('held')
    assert.deepEqual([held?.outcome, held?.sqlstate], ['refused', '28000'])
    assert.deepEqual(proxy.logins.slice(logins), ['app', 'held'])
    assert.ok(proxy.proofs() - proofs >= 2)
  })

  const here = process.platform === 'linux' ? false : '/proc is not here'
  test(
    'the process that has the secret leaves no core file, whatever its parent may leave',
    { skip: here },
    async () => {
      await promisify(execFile)('prlimit', ['--pid', String(process.pid), '--core=unlimited:'])
      proxy.manner = 'black hole'
      const trying = tried('app')
      const limits = new Set<string>()
      for (let looks = 0; looks < 100 && limits.size === 0; looks++, await sleep(10))
        for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name)))
          if (
            /^\/.*node\0.*probe-process\.ts\0$/.test(contentOf(pid, 'cmdline')) &&
            contentOf(pid, 'status').includes(`PPid:\t${process.pid}\n`)
          )
            limits.add(
              /^Max core file size.*$/m.exec(contentOf(pid, 'limits'))?.[0].replaceAll(/\s+/g, ' ').trim() ?? '',
            )
      await trying
      assert.deepEqual([...limits], ['Max core file size 0 0 bytes'])
    },
  )

  test('what is no refusal of this login is unproven with its reason, never verified', async () => {
    const cases: readonly (readonly [Manner, RegExp])[] = [
      ['closes', /closed the connection without an answer/],
      [{ sqlstate: '57P03', message: 'the database system is starting up' }, /starting or stopping/],
      [{ sqlstate: '28P01', message: 'password authentication failed' }, /before it asked/],
      [{ sqlstate: '08P01', message: 'server login has been failing', asks: true }, /the pooler has no session/],
      [{ sqlstate: 'XX000', message: `you said ${SECRET}`, asks: true }, /withheld/],
    ]
    for (const [manner, reason] of cases) {
      proxy.manner = manner
      const [place] = await tried('held')
      assert.equal(place?.outcome, 'unproven', JSON.stringify(manner))
      assert.match(place?.answer ?? '', reason)
      assert.ok(!JSON.stringify(place).includes(SECRET))
    }
    proxy.manner = 'resets'
    const verdict = await judged('held')
    assert.equal(verdict.effect, 'unproven')
    assert.match(verdict.effect === 'unproven' ? verdict.reason : '', /not seen refused: .* was reset/)
  })

  test('an entrance that lets it in makes it unproven, though the server itself refuses', async () => {
    proxy.manner = { sqlstate: '08P01', message: 'SASL authentication failed', asks: true }
    const direct = { address: { host: '127.0.0.1', port: server.port } }
    assert.equal((await judged('held', { ...direct, entrances: [proxy.address] })).effect, 'verified')
    proxy.manner = 'closes'
    assert.equal((await judged('held', { ...direct, entrances: [proxy.address] })).effect, 'unproven')
    // it took the password: that the server refuses this login says nothing of those that it sends on as somebody else
    const cached =
      'server login has been failing, cached error: role "held" is not permitted to log in (server_login_retry)'
    proxy.manner = { sqlstate: '08P01', message: cached, asks: true }
    const took = await judged('held', { ...direct, entrances: [proxy.address] })
    assert.equal(took.effect, 'unproven')
    assert.match(took.next, /take the role out of the list of the pooler/)
    proxy.manner = 'forwards'
    assert.equal((await judged('app', { ...direct, entrances: [proxy.address] })).effect, 'unproven')
  })

  test('a refusal of the password proves something of the right one only, whoever refuses it', async () => {
    const of = (user: string, secret: string): StepCall => ({
      ...server.call({ address: proxy.address }),
      planId: 'pln_1',
      subject: { account: user },
      before: null,
      earlier: {},
      credential: offered(secret),
    })
    const beforeAndAfter = async (call: StepCall, then: Manner): Promise<StepVerdict> => {
      const earlier = { try_credential_before: await tryCredentialBefore.verify(call) }
      proxy.manner = then
      return await tryCredentialAfter.verify({ ...call, earlier })
    }
    const pooler: Manner = { sqlstate: '08P01', message: 'SASL authentication failed', asks: true }
    proxy.manner = pooler
    const never = await beforeAndAfter(of('app', SECRET), pooler)
    assert.equal(never.effect, 'unproven')
    assert.match(never.reason, /never seen to be its password.*SASL authentication failed/)
    proxy.manner = 'forwards'
    assert.equal((await beforeAndAfter(of('app', SECRET), pooler)).effect, 'verified')
    proxy.manner = 'forwards'
    assert.equal((await beforeAndAfter(of('app', 'another'), 'forwards')).effect, 'unproven')
    // the server says so to who has the right password only
    assert.equal((await beforeAndAfter(of('held', SECRET), pooler)).effect, 'verified')
    proxy.manner = 'resets'
    assert.equal((await beforeAndAfter(of('held', SECRET), 'forwards')).effect, 'verified')
    proxy.manner = 'resets'
    assert.equal((await beforeAndAfter(of('held', 'another'), 'forwards')).effect, 'unproven')
  })

  test('a login that passed and found the database closed or gone is no refusal of the credential', async () => {
    proxy.manner = 'forwards'
    for (const [database, sqlstate] of [
      ['closed', '42501'],
      ['gone', '3D000'],
    ] as const) {
      const [place] = await tried('app', {}, database)
      assert.deepEqual([place?.outcome, place?.sqlstate], ['unproven', sqlstate])
      assert.match(place?.answer ?? '', /the login itself passed/)
    }
  })

  test('a right is really tried, and what was tried is not kept', async () => {
    proxy.manner = 'forwards'
    await server.sql('create table bills (id int); create table notes (id int); grant insert on notes to app')
    const call = server.call({ address: proxy.address })
    const answers = await Promise.all(
      ['insert into bills values (1)', 'insert into notes values (1)', 'commit; select 1'].map(
        async (attempt) => (await probe(call, { user: 'app', credential: offered(SECRET), attempt })).places[0],
      ),
    )
    assert.deepEqual(
      answers.map((one) => [one?.outcome, one?.sqlstate]),
      [
        ['refused', '42501'],
        ['accepted', undefined],
        ['unproven', '42601'],
      ],
    )
    assert.deepEqual(await server.sql('select * from notes'), [])
  })

  test('without a credential nothing is verified, and before says whether it had been accepted', async () => {
    proxy.manner = 'forwards'
    const call = { ...server.call(), planId: 'pln_1', subject: { account: 'held' }, before: null, earlier: {} }
    const none = await tryCredentialAfter.verify(call)
    assert.deepEqual(
      [none.effect, none.effect === 'unproven' && none.reason],
      ['unproven', 'changed, not probed: no credential was offered'],
    )
    const never = await tryCredentialBefore.verify({ ...call, credential: offered(SECRET) })
    const later = await tryCredentialAfter.verify({
      ...call,
      credential: offered(SECRET),
      earlier: { try_credential_before: never },
    })
    assert.equal(later.effect, 'verified')
    assert.equal(factsIn(later)['acceptedBefore'], false)
  })

  test('a secret alone finds the roles whose password it is, and none that was let in unasked', async () => {
    await server.sql(`create role twin login password '${SECRET}'; create role other login password 'x'`)
    await server.sql('create role open login')
    await server.hba('host all open 127.0.0.1/32 trust')
    const found = await accountsOf(server.call(), offered(SECRET), ['app', 'other', 'held', 'open', 'twin', 'nobody'])
    assert.deepEqual(found, ['app', 'twin'])
    assert.deepEqual(await accountsOf(server.call(), offered(SECRET, 'closed'), ['app', 'other']), ['app'])
    proxy.manner = 'resets'
    await assert.rejects(
      accountsOf(server.call({ address: proxy.address }), offered(SECRET), ['app']),
      /no answer.*reset/,
    )
    proxy.manner = 'forwards'
    await server.hba('')
  })

  test('a server that asks nobody for a password is said to', async () => {
    proxy.manner = 'forwards'
    await server.hba('host all app 127.0.0.1/32 trust')
    const [place] = await tried('app')
    assert.deepEqual([place?.outcome, place?.unasked], ['accepted', true])
    // any password would have done, so this one was not seen accepted
    const call = { ...server.call(), planId: 'pln_1', subject: { account: 'app' }, before: null, earlier: {} }
    const verdict = await tryCredentialBefore.verify({ ...call, credential: offered('anything') })
    assert.equal(factsIn(verdict)['acceptedBefore'], false)
    // and a line that turns the prober away says nothing of the credential
    await server.hba('host all app 127.0.0.1/32 reject')
    const [away] = await tried('app')
    assert.deepEqual([away?.outcome, away?.sqlstate], ['unproven', '28000'])
    await server.hba('')
  })
})

test("of a password that is nobody's a pooler that quotes the refusal that the server itself gave speaks for it", () => {
  const at = '2026-01-01T00:00:00.000Z'
  const said = 'role "app" is not permitted to log in'
  const server = { place: 'a', at, outcome: 'refused', sqlstate: '28000', answer: said } as const
  const quoting = (text: string): PlaceAnswer => {
    const answer = judgeLogin(
      { sqlstate: '08P01', routine: undefined, text: `server login has been failing, cached error: ${text}` },
      true,
    )
    return relayed([server, { place: 'b', at, ...answer }])[1] ?? assert.fail()
  }
  assert.equal(quoting(said).outcome, 'refused')
  assert.equal(quoting('password authentication failed for user "pgbouncer"').outcome, 'unproven')
})

// What goes wrong while it acts: each is either tried again or said, and no secret is in any of it.
import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import type { StepCall, TargetStep } from '#connectors/target'
import { scramVerifier } from '#kernel'
import { denyNewLogins } from './deny-new-logins.ts'
import { endSessions } from './end-sessions.ts'
import { between } from './places-in-test.ts'
import { offered, postgresMissing, startPostgres } from './postgres-in-test.ts'
import type { TestPostgres } from './postgres-in-test.ts'
import { probe } from './probe.ts'
import { carriedOut } from './steps-in-test.ts'
import { TargetError } from './target-error.ts'

const SECRET = 'leaked-d04c5e-planted'

describe('while it acts', { skip: postgresMissing(18), timeout: 180_000 }, () => {
  let server: TestPostgres
  before(async () => {
    server = await startPostgres(18)
    await server.sql(`create role app login password '${SECRET}'; create role boss superuser login`)
    await server.administered(['app'])
  })
  after(async () => await server?.stop())
  const callFor = (account: string): StepCall => ({
    ...server.call(),
    planId: 'pln_1',
    subject: { account },
    earlier: {},
    before: null,
  })
  const thrownBy = async (step: TargetStep, call: StepCall): Promise<TargetError> => {
    const error: unknown = await step.act(call).then(
      () => assert.fail('it did not throw'),
      (thrown: unknown) => thrown,
    )
    assert.ok(error instanceof TargetError, String(error))
    return error
  }

  test('the administrative password rotated under us, the server read-only or down: tried again, with what to do', async () => {
    await server.sql("alter role reeve_admin password 'another'")
    const rotated = await thrownBy(denyNewLogins, callFor('app'))
    assert.equal(rotated.sqlstate, '28P01')
    assert.match(rotated.message, /its password was changed: put the present one behind the reference/)
    await server.sql("alter role reeve_admin password 'only in this test'")
    await server.sql('alter role reeve_admin set default_transaction_read_only = on')
    const readOnly = await thrownBy(denyNewLogins, callFor('app'))
    assert.match(readOnly.message, /25006.*point the target at the primary/)
    await server.sql('alter role reeve_admin reset default_transaction_read_only')
    const gone = { ...callFor('app'), settings: server.call({ address: { host: '127.0.0.1', port: 1 } }).settings }
    assert.match((await thrownBy(denyNewLogins, gone)).message, /127\.0\.0\.1:1 cannot be reached/)
  })

  test('rights that were withdrawn are said with the statement that gives them back', async () => {
    await server.sql('revoke app from reeve_admin')
    const call = callFor('app')
    assert.match(
      (await denyNewLogins.look(call)).blocked?.next ?? '',
      /GRANT "app" TO "reeve_admin" WITH ADMIN TRUE, INHERIT FALSE, SET FALSE/,
    )
    assert.equal((await thrownBy(denyNewLogins, call)).sqlstate, '42501')
    const verdict = await denyNewLogins.verify(call)
    assert.equal(verdict.effect, 'failed')
    await server.administered(['app'])
  })

  test('a superuser, a role that is not there and the administrative role itself are not touched', async () => {
    for (const [account, why] of [
      ['boss', /only a superuser may change/],
      ['nobody', /no role/],
      ['reeve_admin', /itself signs in/],
    ] as const) {
      assert.match((await denyNewLogins.look(callFor(account))).blocked?.reason ?? '', why)
    }
  })

  test('a server that hangs is left within a bound, and the call can be ended', async () => {
    const hole = await between(server.port)
    hole.manner = 'black hole'
    const ended = new AbortController()
    const call = { ...callFor('app'), settings: server.call({ address: hole.address }).settings, signal: ended.signal }
    const began = Date.now()
    await assert.rejects(endSessions.act(call), /cannot be reached/)
    assert.ok(Date.now() - began < 15_000)
    ended.abort()
    await assert.rejects(endSessions.act(call), { name: 'AbortError' })
    await hole.close()
  })

  test('a session that keeps coming back is unproven, not ended', async () => {
    const stop = new AbortController()
    const coming = (async () => {
      while (!stop.signal.aborted) {
        const one = await server.session('app', SECRET).catch(() => undefined)
        await one?.query('select pg_sleep(5)').catch(() => undefined)
      }
    })()
    const open = "select from pg_stat_activity where usename = 'app'"
    await until(async () => (await server.sql(open)).length > 0, 'it has come')
    // logins are still allowed here
    const verdict = await endSessions.verify(callFor('app'))
    assert.equal(verdict.effect, 'unproven')
    assert.match(
      verdict.effect === 'unproven' ? verdict.reason : '',
      /sessions are left or come again: client backend \d+/,
    )
    stop.abort()
    await server.sql("select pg_terminate_backend(pid) from pg_stat_activity where usename = 'app'")
    await coming
  })

  test('the secret is in no argument and no environment of any process, and in nothing that comes back', async () => {
    const hole = await between(server.port)
    hole.manner = 'black hole'
    const call = server.call({ address: hole.address })
    const running = probe(call, { user: 'app', credential: offered(SECRET), milliseconds: 4000 })
    await until(() => hole.logins.length > 0, 'the prober is at work')
    const seen = processes()
    assert.ok(seen.some((text) => text.includes('probe-process')))
    assert.deepEqual(
      seen.filter((text) => text.includes(SECRET)),
      [],
    )
    const answers = [await running]
    await hole.close()
    const { verdicts, looked } = await carriedOut('contain', server.call(), 'app', offered(SECRET))
    assert.ok(!JSON.stringify([answers, verdicts, looked]).includes(SECRET))
  })
})

describe('on a server that audits everything', { skip: pgauditMissing(), timeout: 120_000 }, () => {
  test('what was done is in its log under the plan, and the secret is not', async () => {
    const server = await startPostgres(15, {
      shared_preload_libraries: 'pgaudit',
      'pgaudit.log': 'all',
      'pgaudit.log_parameter': 'on',
      log_statement: 'all',
      log_line_prefix: '%a|',
      logging_collector: 'on',
      log_directory: '../log',
    })
    try {
      await server.sql('create extension pgaudit; create role app login')
      await server.sql(`alter role app password '${scramVerifier(SECRET)}'`)
      await server.administered(['app'])
      for (const operation of ['contain', 'restore', 'revoke'] as const) {
        const { verdicts } = await carriedOut(operation, server.call(), 'app', offered(SECRET))
        const bad = Object.entries(verdicts).filter(([, { effect }]) => effect !== 'verified')
        assert.deepEqual(bad, [], operation)
      }
      const folder = join(server.socketFolder, 'log')
      let log = ''
      const isWritten = (): boolean => {
        const texts = readdirSync(folder).map((name) => readFileSync(join(folder, name), 'utf8'))
        return (log = texts.join('')).includes('DROP ROLE ""app""')
      }
      // by a process of its own
      await until(isWritten, 'the log is written')
      assert.match(log, /reeve plan pln_test\|.*AUDIT: SESSION.*ALTER ROLE ""app"" NOLOGIN CONNECTION LIMIT 0/)
      assert.match(log, /AUDIT: SESSION.*DROP ROLE ""app""/)
      assert.ok(!log.includes(SECRET))
    } finally {
      await server.stop()
    }
  })
})

async function until(holds: () => boolean | Promise<boolean>, what: string): Promise<void> {
  for (const end = Date.now() + 30_000; !(await holds()); await sleep(20)) assert.ok(Date.now() < end, what)
}

function pgauditMissing(): string | false {
  if (!existsSync('/usr/lib/postgresql/15/lib/pgaudit.so')) return 'pgaudit is not here'
  return postgresMissing(15)
}

/** Arguments and environment of every process that we may see. */
function processes(): string[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) =>
      ['cmdline', 'environ'].map((file) => {
        try {
          return readFileSync(`/proc/${pid}/${file}`, 'utf8')
        } catch {
          // gone, or not ours to see
          return ''
        }
      }),
    )
}

// `reeve run` as a process, against a decision point on a socket.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { chmod } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import type { Decided, DecisionState } from '#access/decisions'
import { facts, grant, stateWith } from '../src/access/decide/state-in-test.ts'
import { pointInTest } from '../src/http/decisions/point-in-test.ts'
import type { PointInTest } from '../src/http/decisions/point-in-test.ts'
import { onlyWhileAllowed, refusalOf } from './run/only-while-allowed.ts'
import { COMMAND, folderOf, reeve } from '../test/scan/run-reeve.ts'

interface Started {
  readonly child: ChildProcess
  readonly ended: Promise<unknown[]>
  readonly said: () => string
  readonly first: string
}

const NAMES = ['--action', 'pg:SELECT', '--resource', 'table:pg://main/shop/public.orders']
/** Says that it runs, with what it was given; ends by TERM alone. */
const WAITS = 'process.stdout.write("runs\\n"); setInterval(() => undefined, 1000)'
const SAYS =
  'process.stdout.write(JSON.stringify([process.argv.slice(1), process.env.REEVE_TOKEN ?? null])); process.exitCode = 5'

/** Gone, or dead where nobody has taken note of it yet. */
function isOver(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return process.platform === 'linux' && /\) Z /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'))
  } catch {
    // no such process
    return true
  }
}

test('without an answer the last one counts until it is over', async () => {
  const first = { decision: true, context: { reason: 'granted', expires_at: new Date(Date.now() + 300).toISOString() } }
  const since = performance.now()
  const silent = onlyWhileAllowed({ ask: () => Promise.reject(new Error('down')), first, everyMs: 20 })
  assert.match(await silent.lost, /nobody answers/)
  assert.ok(performance.now() - since >= 280)
})

test('an allowance with an obligation, which nobody fulfils here, ends what runs', async () => {
  const first = {
    decision: true,
    context: { reason: 'granted', expires_at: new Date(Date.now() + 9000).toISOString() },
  }
  assert.equal(refusalOf(first), undefined)
  const obliged = { decision: true, context: { reason: 'granted', obligations: [{ name: 'record_screen' }] } }
  assert.equal(refusalOf(obliged), 'obligation_unknown')
  const watched = onlyWhileAllowed({ ask: async () => await Promise.resolve(obliged), first, everyMs: 20 })
  assert.match(await watched.lost, /obligation_unknown/)
})

describe('reeve run', { timeout: 120_000 }, () => {
  let state: DecisionState
  let point: PointInTest
  let env: Record<string, string>
  const decided: Decided[] = []
  before(async () => {
    const principals = [facts('app'), facts('other'), facts('short'), facts('stubborn')]
    state = await stateWith(principals, [grant('grt_1', 'app'), grant('grt_2', 'short'), grant('grt_3', 'stubborn')])
    point = await pointInTest(state, { door: { onDecided: (one): undefined => void decided.push(one) } })
    env = { REEVE_URL: point.url, REEVE_TOKEN: point.token }
  })
  after(async () => await point.close())

  const run = async (who: string, code: string, ...more: string[]): ReturnType<typeof reeve> =>
    await reeve(
      ['run', '--subject', `kubernetes:${who}`, ...NAMES, ...more, '--', process.execPath, '-e', code, 'a', '--b'],
      { env },
    )

  test('runs what is allowed, hands on its code and its words, and keeps the token to itself', async () => {
    const { code, stdout, stderr } = await run('app', SAYS, '--purpose', 'a report')
    assert.equal(stderr, '')
    assert.equal(code, 5)
    assert.deepEqual(JSON.parse(stdout), [['a', '--b'], null])
    const asked = decided.at(-1)?.question
    assert.deepEqual(asked?.context, { purpose: 'a report' })
    assert.deepEqual([asked?.point, asked?.enforced], ['reeve-run', true])
  })

  test('does not start what is denied', async () => {
    const { code, stdout, stderr } = await run('other', SAYS)
    assert.deepEqual([code, stdout], [77, ''])
    assert.match(stderr, /denied \(nothing_permits\)/)
  })

  test('does not start it without an answer', async () => {
    const away = { ...env, REEVE_URL: 'http://127.0.0.1:1' }
    const args = ['run', '--subject', 'kubernetes:app', ...NAMES, '--', process.execPath, '-e', SAYS]
    const { code, stdout } = await reeve(args, { env: away })
    assert.deepEqual([code, stdout], [75, ''])
    const observed = await reeve(args.toSpliced(1, 0, '--observe'), { env: away })
    assert.equal(observed.code, 5)
    assert.match(observed.stderr, /would not start it: nobody answers/)
  })

  test('starts it while it observes, and says what would be denied', async () => {
    const { code, stderr } = await run('other', SAYS, '--observe')
    assert.equal(code, 5)
    assert.match(stderr, /would not start it: denied \(nothing_permits\)/)
    const asked = decided.at(-1)?.question
    assert.deepEqual([asked?.point, asked?.enforced], ['reeve-run', false])
  })

  test('a command that is not there is 127', async () => {
    const { code } = await reeve(['run', '--subject', 'kubernetes:app', ...NAMES, '--', 'there-is-no-such-command'], {
      env,
    })
    assert.equal(code, 127)
  })

  test('a folder of PATH that may not be searched, or that has a folder of its name, makes no command of it', async (t) => {
    const folder = await folderOf(t, { 'shut/x': '', 'open/there-is-no-such-command/x': '' })
    await chmod(join(folder, 'shut'), 0)
    const PATH = [join(folder, 'shut'), join(folder, 'open'), process.env['PATH']].join(':')
    const words = ['run', '--subject', 'kubernetes:app', ...NAMES, '--', 'there-is-no-such-command']
    const { code } = await reeve(words, { env: { ...env, PATH } })
    // so that it can be removed
    await chmod(join(folder, 'shut'), 0o700)
    assert.equal(code, 127)
  })

  const started = async (who: string, code = WAITS): Promise<Started> => {
    const words = ['run', '--subject', `kubernetes:${who}`, ...NAMES, '--check-every', '0.2']
    const child = spawn(process.execPath, [COMMAND, ...words, '--', process.execPath, '-e', code], {
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    let said = ''
    child.stderr.on('data', (data: Buffer) => (said += data.toString()))
    const ended = once(child, 'close')
    const [first] = (await once(child.stdout, 'data')) as [Buffer]
    return { child, ended, said: () => said, first: first.toString() }
  }

  test('ends it when its access ends', async () => {
    const { ended, said } = await started('short')
    state.putPrincipal(facts('short', { version: 2, state: 'quarantined' }))
    assert.deepEqual(await ended, [77, null])
    assert.match(said(), /its access ended \(quarantined\)/)
  })

  test('what ignores TERM is killed, with what it started', async () => {
    const stubborn = `process.on('SIGTERM', () => undefined); setInterval(() => undefined, 1000)`
    const parent = `const { pid } = require('node:child_process').spawn(process.execPath, ['-e', ${JSON.stringify(stubborn)}], { stdio: 'ignore' })
      ${stubborn}; process.stdout.write(String(pid))`
    const { ended, first } = await started('stubborn', parent)
    state.putPrincipal(facts('stubborn', { version: 2, state: 'quarantined' }))
    assert.deepEqual(await ended, [77, null])
    assert.ok(isOver(Number(first)))
  })

  test('passes signals on, and says which one ended it', async () => {
    const { child, ended } = await started('app')
    child.kill('SIGTERM')
    assert.deepEqual(await ended, [128 + 15, null])
  })
})

import assert from 'node:assert/strict'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import type { TestContext } from 'node:test'
import type { Id } from '#kernel'
import type { Decided } from '../authzen/index.ts'
import { decide } from '../decide/index.ts'
import { facts, grant, NOON, question, stateWith } from '../decide/state-in-test.ts'
import { DecisionLog } from './decision-log.ts'
import type { DecisionLine } from './decision-line.ts'
import type { SendLines } from './send-spool.ts'

async function folderOf(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'reeve-spool-'))
  t.after(async () => rm(folder, { recursive: true, force: true }))
  return folder
}

/** Break-glass for `app`; who else is asked about is unknown. */
async function deciding(): Promise<(name: string) => Decided> {
  const state = await stateWith([facts('app')], [grant('grt_1', 'app', { kind: 'break_glass' }), grant('grt_2', 'low')])
  return (name) => ({
    id: `dec_${name}` as Id<'decision'>,
    question: question(name),
    decision: decide(state, question(name), NOON),
  })
}

test('an act of high risk is allowed when it was taken, and denied and said to be so where it was not', async (t) => {
  const folder = await folderOf(t)
  const taken: DecisionLine[] = []
  let reachable = false
  const log = await DecisionLog.open({
    folder,
    say: () => undefined,
    everyMs: 600_000,
    send: async (_id, lines) => {
      await Promise.resolve()
      if (!reachable) throw new Error('no server')
      taken.push(...lines.map(({ text }) => JSON.parse(text) as DecisionLine))
      return { taken: lines.length, lastSeq: lines.at(-1)?.seq ?? 0 }
    },
  })
  const decided = await deciding()
  const risky = decided('app')
  assert.deepEqual([risky.decision.allowed, risky.decision.highRisk], [true, true])
  assert.equal(await log.onDecided(risky), false)
  // a denial waits for nobody
  assert.equal(await log.onDecided(decided('low')), true)
  reachable = true
  assert.equal(await log.onDecided(risky), true)
  await log.close()
  assert.deepEqual(
    taken.map(({ allowed, reason, insteadOf }) => [allowed, reason, insteadOf]),
    [
      [true, 'break_glass', undefined],
      [false, 'evidence_unavailable', 'break_glass'],
      [false, 'unknown_principal', undefined],
      [true, 'break_glass', undefined],
    ],
  )
})

/** Sends as `send` does, and holds back the first call until `go`. */
function heldBack(send: SendLines): {
  readonly send: SendLines
  readonly begun: Promise<void>
  readonly go: () => void
} {
  const [begun, going] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
  return {
    send: async (id, lines) => {
      begun.resolve()
      await going.promise
      return await send(id, lines)
    },
    begun: begun.promise,
    go: going.resolve,
  }
}

test('an act of high risk that the sending under way kept aside is denied', async (t) => {
  const folder = await folderOf(t)
  let asked = 0
  // somebody else sent two under the number of this spool, between what was asked and what was sent
  const held = heldBack(async () => Promise.resolve({ taken: 0, lastSeq: (asked += 1) === 2 ? 2 : 0 }))
  const log = await DecisionLog.open({ folder, say: () => undefined, everyMs: 20, send: held.send })
  const decided = await deciding()
  await log.onDecided(decided('low'))
  await held.begun
  const allowed = log.onDecided(decided('app'))
  setTimeout(held.go, 50)
  const answer = await allowed
  await log.close()
  assert.equal(answer, false)
  assert.match(await readFile(join(folder, 'aside.log'), 'utf8'), /break_glass/)
})

test('an act of high risk is allowed only when it was taken, whatever of the spool was damaged before', async (t) => {
  const folder = await folderOf(t)
  const taken: string[] = []
  const options = { folder, say: () => undefined, everyMs: 600_000, batchMax: 5 }
  const decided = await deciding()
  const before = await DecisionLog.open({ ...options, send: async () => Promise.reject(new Error('no server')) })
  for (let at = 0; at < 30; at++) await before.onDecided(decided('low'))
  await before.close()
  const segment = join(folder, '0000000000000001.log')
  await writeFile(segment, (await readFile(segment, 'utf8')).replace('unknown_principal', 'unknown_prinzipal'))
  const log = await DecisionLog.open({
    ...options,
    send: async (_id, lines) => {
      taken.push(...lines.map(({ text }) => (JSON.parse(text) as DecisionLine).reason))
      return Promise.resolve({ taken: lines.length, lastSeq: lines.at(-1)?.seq ?? 0 })
    },
  })
  const allowed = await log.onDecided(decided('app'))
  await log.close()
  assert.deepEqual([allowed, taken], [true, ['break_glass']])
})

test('what was decided while others were being sent is sent before the log is closed', async (t) => {
  const sent: string[] = []
  const held = heldBack(async (_id, lines) => {
    sent.push(...lines.map(({ text }) => (JSON.parse(text) as DecisionLine).id))
    await Promise.resolve()
    return { taken: lines.length, lastSeq: lines.at(-1)?.seq ?? 0 }
  })
  const log = await DecisionLog.open({
    folder: await folderOf(t),
    say: () => undefined,
    everyMs: 20,
    batchMax: 1,
    ...held,
  })
  const decided = await deciding()
  await log.onDecided(decided('first'))
  await held.begun
  await log.onDecided(decided('second'))
  const closed = log.close()
  held.go()
  await closed
  assert.deepEqual(sent, ['dec_first', 'dec_second'])
})

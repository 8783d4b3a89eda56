import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import type { Id } from '#kernel'
import type { Decided } from '../authzen/index.ts'
import { decide } from '../decide/index.ts'
import { facts, grant, NOON, question, stateWith } from '../decide/state-in-test.ts'
import { DecisionLog } from './decision-log.ts'
import type { DecisionLine } from './decision-line.ts'

test('an act of high risk is allowed when it was taken, and denied and said to be so where it was not', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'reeve-spool-'))
  t.after(async () => rm(folder, { recursive: true, force: true }))
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
  const state = await stateWith([facts('app')], [grant('grt_1', 'app', { kind: 'break_glass' }), grant('grt_2', 'low')])
  const decided = (name: string): Decided => ({
    id: `dec_${name}` as Id<'decision'>,
    question: question(name),
    decision: decide(state, question(name), NOON),
  })
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

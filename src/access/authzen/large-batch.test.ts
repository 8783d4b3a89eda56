// A batch that costs much keeps nobody else waiting.
import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import { NOON } from '../decide/state-in-test.ts'
import { certificationState } from './certification-in-test.ts'
import { evaluateAll } from './evaluate-all.ts'
import type { DecisionPoint } from './evaluate.ts'

const asked = {
  subject: { type: 'user', id: 'alice' },
  action: { name: 'read' },
  resource: { type: 'record', id: 'record-1' },
}

void suite('a large batch', () => {
  void test('a context that its items share is read once', async () => {
    const state = await certificationState()
    let read = 0
    const list = new Proxy(
      {},
      {
        ownKeys: () => {
          read += 1
          return []
        },
      },
    )
    const point: DecisionPoint = { state: () => state, now: () => NOON }
    const answer = await evaluateAll(point, {
      ...asked,
      context: { list },
      evaluations: Array.from({ length: 100 }, () => ({})),
    })
    assert.ok('evaluations' in answer)
    assert.deepEqual(new Set(answer.evaluations.map(({ decision }) => decision)), new Set([true]))
    assert.equal(read, 1)
  })

  void test('others have their turn between its items', async () => {
    const state = await certificationState()
    let decided = 0
    const point: DecisionPoint = {
      state: () => state,
      now: () => NOON,
      onDecided: () => {
        decided += 1
        for (const end = performance.now() + 5; performance.now() < end;);
        return undefined
      },
    }
    const whole = evaluateAll(point, { ...asked, evaluations: Array.from({ length: 40 }, () => ({})) })
    const seen = new Set<number>()
    for (let turn = 0; turn < 12; turn++) {
      await setImmediate()
      seen.add(decided)
    }
    await whole
    assert.equal(decided, 40)
    assert.ok(seen.size > 3, `others had ${seen.size} turns`)
  })
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { decide } from '../decide/index.ts'
import { facts, grant, HOUR, NOON, question, stateWith } from '../decide/state-in-test.ts'
import { answerOf } from './answer.ts'
import { AnswersLately } from './answers-lately.ts'

test('an answer says the same, whatever was answered for its grant before', async () => {
  const soon = { until: NOON + HOUR }
  const states = await Promise.all([
    stateWith([facts('app')], [grant('grt_1', 'app')]),
    stateWith([facts('app', { owned: false, nextReviewAt: NOON + 1 })], [grant('grt_1', 'app', soon)]),
    stateWith([facts('app', { nextReviewAt: NOON + HOUR })], [grant('grt_1', 'app', soon)]),
    stateWith([facts('app')], [grant('grt_1', 'app', { kind: 'break_glass' })]),
    stateWith([facts('app')], [grant('grt_1', 'app')], '@obligation_tell("x") permit (principal, action, resource);'),
    stateWith([facts('app')], [grant('grt_the id of the decision', 'app')]),
    stateWith([facts('app', { state: 'quarantined' })], [grant('grt_1', 'app')]),
  ])
  const hints = [undefined, undefined, { evaluation_id: 'dec_1' }, { evaluation_id: 'dec_2', next_action: 'request' }]
  let [kept, denials] = [0, 0]
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.nat(states.length - 1), fc.nat(3), fc.constantFrom('pg:SELECT', 'pg:INSERT'), fc.nat(3)), {
        minLength: 5,
      }),
      (all) => {
        const lately = new AnswersLately()
        for (const [place, later, action, hint] of all) {
          const state = states[place] ?? assert.fail()
          const decision = decide(state, question('app', { action: { name: action } }), NOON + later)
          const more = hints[hint]
          const said = lately.textOf('dec_7', decision, more)
          if (said === undefined) continue
          if (decision.allowed) kept += 1
          else denials += 1
          assert.equal(said.text, JSON.stringify(answerOf('dec_7', decision, more)))
          assert.equal(said.byteLength, Buffer.byteLength(said.text))
        }
      },
    ),
    { numRuns: 200 },
  )
  assert.ok(kept > 200 && denials > 500, `${kept} ${denials}`)
})

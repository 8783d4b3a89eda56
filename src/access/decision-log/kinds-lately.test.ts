import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { newId } from '#kernel'
import type { Decided } from '../authzen/index.ts'
import { decide } from '../decide/index.ts'
import { facts, grant, NOON, question, stateWith } from '../decide/state-in-test.ts'
import { lineOf } from './decision-line.ts'
import { KindsLately } from './kinds-lately.ts'

test('what is recorded of a decision is the same, whatever was decided for its principal before', async () => {
  const app = [facts('app'), facts('other')]
  const states = await Promise.all([
    stateWith(app, [grant('grt_1', 'app'), grant('grt_2', 'other')]),
    stateWith(app, [grant('grt_3', 'app')]),
    stateWith(
      app,
      [grant('grt_1', 'app')],
      '@id("fails") permit (principal, action, resource) when { context.request.no };',
    ),
    stateWith([facts('app', { state: 'quarantined' })], []),
  ])
  const asked = fc.record({
    name: fc.constantFrom('app', 'other', 'nobody'),
    action: fc.constantFrom('pg:SELECT', 'pg:*', 'x'.repeat(400)),
    type: fc.constantFrom('table', 'view'),
    id: fc.constantFrom('pg://main/shop/public.orders', 'orders', '\u0001'.repeat(300)),
    point: fc.constantFrom(undefined, 'edge'),
    enforced: fc.constantFrom(undefined, false, true),
    state: fc.nat(states.length - 1),
  })
  fc.assert(
    fc.property(fc.array(asked, { minLength: 2, maxLength: 40 }), (all) => {
      const kinds = new KindsLately()
      for (const { name, action, type, id, point, enforced, state } of all) {
        const about = question(name, {
          action: { name: action },
          resource: { type, id },
          ...(point !== undefined && { point }),
          ...(enforced !== undefined && { enforced }),
        })
        const known = states[state] ?? assert.fail()
        const decided: Decided = { id: newId('decision'), question: about, decision: decide(known, about, NOON) }
        const { kind, text } = kinds.of(decided)
        const line = lineOf(decided)
        assert.equal(`{"id":"${decided.id}","at":${decided.decision.decidedAt},${text}`, JSON.stringify(line))
        assert.deepEqual({ id: line.id, at: line.at, ...kind }, line)
      }
    }),
    { numRuns: 300 },
  )
})

test('what is asked in few letters is kept for the next time, and what is asked in many is not', async () => {
  const state = await stateWith([facts('app')], [grant('grt_1', 'app')])
  const kinds = new KindsLately()
  const recordOf = (id: string): object => {
    const about = question('app', { resource: { type: 'table', id } })
    return kinds.of({ id: newId('decision'), question: about, decision: decide(state, about, NOON) })
  }
  assert.equal(recordOf('orders'), recordOf('orders'))
  const long = 'x'.repeat(4096)
  assert.notEqual(recordOf(long), recordOf(long))
})

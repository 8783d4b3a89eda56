// Whoever evaluates in this process keeps the objects that it asks with, and may change them before it asks again.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { statedTypes } from '../decide/index.ts'
import { facts, grant, NOON, stateWith } from '../decide/state-in-test.ts'
import { evaluateAll } from './evaluate-all.ts'
import { evaluate } from './evaluate.ts'

const FORBIDS =
  'forbid (principal, action, resource) when { context.request has amount && context.request.amount > 10 };'
const SCHEMA = {
  '': {
    entityTypes: { Principal: {}, Resource: {} },
    actions: {
      'pg:SELECT': {
        appliesTo: {
          principalTypes: ['Principal'],
          resourceTypes: ['Resource'],
          context: {
            type: 'Record',
            attributes: { request: { type: 'Record', attributes: { amount: { type: 'Long', required: false } } } },
          },
        },
      },
    },
  },
}

test('a context that was changed and is asked with again is read again', async () => {
  const state = await stateWith([facts('app')], [grant('grt_1', 'app')], FORBIDS)
  const point = { state: () => state, now: () => NOON }
  const context: { amount: unknown } = { amount: 1 }
  const body = {
    subject: { type: 'kubernetes', id: 'app' },
    action: { name: 'pg:SELECT' },
    resource: { type: 'table', id: 'pg://main/shop/public.orders' },
    context,
  }
  const { context: _, ...item } = body
  const ways = {
    evaluate: async () => evaluate(point, body),
    'a default of a batch': async () => evaluateAll(point, { ...body, evaluations: [{}] }),
    'an item of a batch': async () => evaluateAll(point, { evaluations: [{ ...item, context }] }),
  }
  for (const types of [undefined, statedTypes(SCHEMA)])
    for (const [way, ask] of Object.entries(ways)) {
      if (state.policies !== undefined && types !== undefined) state.policies.stated = types
      const told: unknown[] = []
      for (const amount of [1, 100, 1, ...(types === undefined ? [] : ['100'])]) {
        context.amount = amount
        const answer = await ask()
        const one = 'evaluations' in answer ? answer.evaluations[0] : answer
        told.push(one?.context.reason)
      }
      const expected = ['granted', 'policy_forbids', 'granted', ...(types === undefined ? [] : ['invalid_request'])]
      assert.deepEqual(told, expected, way)
    }
})

import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { simulate } from './simulate.ts'
import type { SimulatedTuple } from './simulate.ts'
import { facts, grant, HOUR, NOON, policies, principalId, stateWith } from './state-in-test.ts'

const orders = 'pg://main/shop/public.orders'
const tuple = (name: string, rest: Partial<SimulatedTuple> = {}): SimulatedTuple => ({
  principalId: principalId(name),
  action: 'pg:SELECT',
  resource: orders,
  ...rest,
})

void suite('a simulation', () => {
  void test('ending a grant flips what nothing else covers, and the state is as it was', async () => {
    const grants = [
      grant('grt_1', 'app'),
      grant('grt_2', 'batch'),
      grant('grt_3', 'batch', { resources: [orders], until: NOON + 2 * HOUR }),
    ]
    const state = await stateWith([facts('app'), facts('batch')], grants)
    const tuples = [tuple('app'), tuple('batch'), tuple('app', { action: 'pg:DELETE' })]
    const one = simulate(state, { kind: 'grant_ended', grantId: 'grt_1' }, tuples, NOON)
    assert.deepEqual(one, {
      flips: [
        {
          tuple: tuples[0],
          before: { allowed: true, reason: 'granted' },
          after: { allowed: false, reason: 'grant_ended' },
        },
      ],
      replayed: 3,
    })
    assert.deepEqual(simulate(state, { kind: 'grant_ended', grantId: 'grt_2' }, tuples, NOON).flips, [])
    assert.deepEqual(simulate(state, { kind: 'grant_ended', grantId: 'grt_none' }, tuples, NOON).flips, [])
    assert.deepEqual(simulate(state, { kind: 'grant_ended', grantId: 'grt_1' }, tuples, NOON), one)
  })

  void test('holding a principal flips every chain that it is in', async () => {
    const state = await stateWith(
      [facts('person'), facts('agent')],
      ['person', 'agent'].map((n) => grant(`g_${n}`, n)),
    )
    const chain = tuple('person', { actorIds: [principalId('agent')] })
    const held = { kind: 'principal_held', principalId: principalId('agent'), state: 'quarantined' } as const
    const { flips } = simulate(state, held, [tuple('person'), chain, tuple('agent')], NOON)
    assert.deepEqual(
      flips.map(({ tuple: flipped, after }) => [flipped, after.reason]),
      [
        [chain, 'quarantined'],
        [tuple('agent'), 'quarantined'],
      ],
    )
    assert.equal(state.principal(principalId('agent'))?.state, 'active')
  })

  void test('other policies flip both ways, and those in force stay in force', async () => {
    const state = await stateWith([facts('app'), facts('batch')], [grant('grt_1', 'app')])
    const before = state.policies
    const other = await policies(
      state,
      `permit(principal == Principal::"${principalId('batch')}", action, resource);
       forbid(principal == Principal::"${principalId('app')}", action, resource);`,
      'pol_2',
    )
    const { flips } = simulate(
      state,
      { kind: 'policies_replaced', policies: other },
      [tuple('app'), tuple('batch')],
      NOON,
    )
    assert.deepEqual(
      flips.map(({ before: was, after }) => [was.reason, after.reason]),
      [
        ['granted', 'policy_forbids'],
        ['nothing_permits', 'policy_permits'],
      ],
    )
    assert.equal(state.policies, before)
  })

  void test('a recorded request is judged at its own time, whatever the age of what is known', async () => {
    const state = await stateWith([facts('app')], [grant('grt_1', 'app')])
    const late = NOON + 24 * HOUR
    const tuples = [tuple('app', { at: NOON }), tuple('app', { at: NOON + 5 * HOUR }), tuple('app')]
    const { flips } = simulate(state, { kind: 'grant_ended', grantId: 'grt_1' }, tuples, late)
    assert.deepEqual(
      flips.map(({ tuple: flipped }) => flipped.at),
      [NOON],
    )
    assert.equal(state.knownAt, NOON)
  })
})

import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { decide } from './decide.ts'
import { explain } from './explain.ts'
import type { ConsideredGrant } from './explain.ts'
import { CHAIN_STEPS, MEMBER_STEPS } from './steps.ts'
import { facts, grant, HOUR, NOON, question, stateWith } from './state-in-test.ts'

void suite('an explanation', () => {
  void test('goes through every step, says what each saw, and decides as the decision does', async () => {
    const state = await stateWith(
      [facts('app'), facts('agent')],
      [
        grant('grt_0', 'app'),
        grant('grt_1', 'agent', { until: NOON - 1 }),
        grant('grt_2', 'agent', { actions: ['pg:DELETE'] }),
        grant('grt_3', 'agent', { resources: ['pg://main/other/*'], ended: true }),
        grant('grt_4', 'agent'),
      ],
      '@id("broken") permit(principal, action, resource) when { context.request.missing == 1 };',
    )
    const asked = question('app', { actors: [{ type: 'kubernetes', id: 'agent' }] })
    const { decision, steps } = explain(state, asked, NOON)
    assert.deepEqual(decision, decide(state, asked, NOON))
    assert.deepEqual(
      steps.map(({ step, member }) => [step, member]),
      [
        ...CHAIN_STEPS.map(([name]) => [name, undefined]),
        ...[0, 1].flatMap((member) => MEMBER_STEPS.map(([name]) => [name, member])),
      ],
    )
    for (const { step, saw } of steps) assert.notDeepEqual(saw, {}, `\`${step}\` tells what it saw`)
    const grants = steps.findLast(({ step }) => step === 'which grants cover it')?.saw ?? {}
    assert.equal(grants['grantId'], 'grt_4')
    assert.deepEqual(
      (grants['considered'] as ConsideredGrant[]).map(({ id, whyNot }) => [id, whyNot]),
      [
        ['grt_4', undefined],
        ['grt_1', 'over'],
        ['grt_2', 'another action'],
        ['grt_3', 'another resource, ended'],
      ],
    )
    const skipped = steps.at(-1)?.saw['skippedWithErrors'] as { policyId: string }[]
    assert.deepEqual(
      skipped.map(({ policyId }) => policyId),
      ['broken'],
    )
  })

  void test('ends at the step that denied', async () => {
    const state = await stateWith([facts('app', { expiresAt: NOON - HOUR })], [grant('grt_1', 'app')])
    const { decision, steps } = explain(state, question('app'), NOON)
    assert.equal(decision.reason, 'expired')
    assert.deepEqual(steps.at(-1), {
      step: 'may the identity be trusted',
      member: 0,
      denied: 'expired',
      saw: {
        principalId: decision.chain[0]?.principalId,
        state: 'active',
        gone: false,
        expiresAt: '2026-03-01T11:00:00.000Z',
        deniedByAct: false,
      },
    })
  })
})

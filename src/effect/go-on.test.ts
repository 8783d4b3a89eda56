import assert from 'node:assert/strict'
import { after, before, beforeEach, describe, test } from 'node:test'
import { Fault } from '#kernel'
import type { Instant } from '#kernel'
import { databaseUnavailable, testDatabase } from '../db/database-in-test.ts'
import type { TestDatabase } from '../db/database-in-test.ts'
import { cancelPlan } from './decide-plan.ts'
import { actBy, entriesOf, layerInTest, passOver, planFor, targetNamed } from './effect-in-test.ts'
import type { EffectLayer } from './layer.ts'
import { getPlan, getReceipt } from './read-plans.ts'
import type { PlanRecord } from './records.ts'
import { TargetInTest } from './target-in-test.ts'

const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS

describe('a plan that goes on for a time', { skip: databaseUnavailable() }, () => {
  let base: TestDatabase
  let target: TargetInTest
  let layer: EffectLayer
  let later = 0
  before(async () => {
    base = await testDatabase()
    await targetNamed(layerInTest(base, new TargetInTest().adapter), 'main')
  })
  after(() => base.close())
  beforeEach(() => {
    target = new TargetInTest()
    target.accounts.set('app', { mayLogIn: true, sessions: 3, password: 'open sesame' })
    layer = layerInTest(base, target.adapter, { clock: () => at(later) })
  })
  const at = (milliseconds: number): Instant => new Date(Date.now() + milliseconds).toISOString() as Instant
  const looked = async (id: string): Promise<PlanRecord> => {
    await passOver(base, layer)
    return (await getPlan(layer, id)).data
  }

  test('it is looked at when it is due, what it saw is kept, and at its end there is a receipt', async () => {
    const { id } = await planFor(layer, { operation: 'observe', until: at(later + HOUR_MS) })
    const first = await looked(id)
    assert.equal(first.state, 'running')
    assert.deepEqual(first.steps[0]?.seen, [3])
    await looked(id)
    assert.deepEqual(target.calls.filter((call) => call === 'goOn observe').length, 1)
    later += 2 * MINUTE_MS
    target.accounts.set('app', { mayLogIn: true, sessions: 5, password: 'open sesame' })
    assert.deepEqual((await looked(id)).steps[0]?.seen, [3, 5])
    later += HOUR_MS
    assert.equal((await looked(id)).state, 'verified')
    const { data } = await getReceipt(layer, id)
    assert.deepEqual(
      data.steps.map(({ effect, answer }) => [effect, answer]),
      [['verified', 'seen 3, 5, 5']],
    )
    assert.ok((await entriesOf(base, id)).includes('plan.step_goes_on'))
  })

  test('a target that does not answer for a while ends nothing, and is asked later', { timeout: 60_000 }, async () => {
    const { id } = await planFor(layer, { operation: 'observe', until: at(later + HOUR_MS) })
    await looked(id)
    later += 2 * MINUTE_MS
    target.before = (call) => {
      if (call === 'goOn observe') throw new Error('it is down')
    }
    const down = await looked(id)
    assert.deepEqual([down.state, down.steps[0]?.seen], ['running', [3]])
    target.before = () => undefined
    later += 10 * MINUTE_MS
    assert.deepEqual((await looked(id)).steps[0]?.seen, [3, 3])
    await cancelPlan(layer, actBy(), { id })
  })

  test('it is in the way of nothing that acts on the account, and others take no time', async () => {
    const { id } = await planFor(layer, { operation: 'observe' })
    await looked(id)
    const held = await planFor(layer)
    assert.equal((await looked(held.id)).state, 'verified')
    assert.equal((await getPlan(layer, id)).data.state, 'running')
    for (const asked of [
      { operation: 'deny', until: at(later + HOUR_MS) },
      { operation: 'observe', until: at(-HOUR_MS) },
      { operation: 'observe', until: at(later + 91 * 24 * HOUR_MS) },
    ] as const)
      await assert.rejects(planFor(layer, asked), (error) => error instanceof Fault && error.code === 'unprocessable')
    await cancelPlan(layer, actBy(), { id })
    const { state, steps } = (await getPlan(layer, id)).data
    assert.deepEqual([state, steps[0]?.seen], ['cancelled', [3]])
  })
})

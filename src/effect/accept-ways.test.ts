import assert from 'node:assert/strict'
import { after, before, beforeEach, describe, test } from 'node:test'
import { Fault } from '#kernel'
import type { StepVerdict, TargetStep } from '#connectors/target'
import { databaseUnavailable, testDatabase } from '../db/database-in-test.ts'
import type { TestDatabase } from '../db/database-in-test.ts'
import { acceptWays } from './accept-ways.ts'
import { runPlan } from './decide-plan.ts'
import { actBy, entriesOf, layerInTest, passOver, planFor, targetNamed } from './effect-in-test.ts'
import type { EffectLayer } from './layer.ts'
import { getPlan, getReceipt } from './read-plans.ts'
import type { ReceiptRecord } from './records.ts'
import { everyPlan } from './standing.ts'
import { TargetInTest } from './target-in-test.ts'

const wayOf = (way: string, seen = 1): StepVerdict => ({
  effect: 'unproven',
  reason: way,
  next: 'take it away',
  facts: { otherWays: [way], seen },
  open: [way],
})

describe('other ways that a plan saw', { skip: databaseUnavailable() }, () => {
  let base: TestDatabase
  let target: TargetInTest
  let layer: EffectLayer
  /** What the target answers when it is asked for other ways; called each time. */
  let answer: () => StepVerdict

  before(async () => {
    base = await testDatabase()
    await targetNamed(layerInTest(base, new TargetInTest().adapter), 'main')
  })
  after(() => base.close())
  beforeEach(() => {
    target = new TargetInTest()
    target.accounts.set('app', { mayLogIn: true, sessions: 3, password: 'open sesame' })
    const [deny, end, drop] = target.adapter.operations.revoke
    assert.ok(deny !== undefined && end !== undefined && drop !== undefined)
    const around: TargetStep = {
      name: 'look_around',
      title: 'look around',
      asksOnly: true,
      look: async () => ({ already: false, statements: [], touches: [], before: null }),
      act: async () => undefined,
      verify: async () => answer(),
    }
    const operations = { ...target.adapter.operations, revoke: [deny, end, around, drop] }
    layer = layerInTest(base, { ...target.adapter, operations })
  })

  const pass = async (): Promise<void> => await passOver(base, layer)
  const dropped = (): boolean => target.calls.includes('act drop')
  const receiptOf = async (id: string): Promise<ReceiptRecord> => (await getReceipt(layer, id)).data
  const accept = async (
    id: string,
    who: string,
    receiptId?: string,
    behind = [actBy(who).actor.id],
  ): Promise<unknown> =>
    await acceptWays(layer, actBy(who, `${who} knows it`), {
      id,
      behind,
      receiptId: receiptId ?? (await getReceipt(layer, id)).id,
    })
  const refuses = async (accepting: Promise<unknown>, code: string): Promise<void> =>
    await assert.rejects(accepting, (error) => error instanceof Fault && error.code === code)
  const isAccepted = async (id: string): Promise<boolean | null | undefined> =>
    (await Array.fromAsync(everyPlan(layer.db))).find((plan) => plan.id === id)?.accepted

  test('stop what can not be put back, until another person accepts exactly what its newest receipt shows', async () => {
    answer = () => ({ effect: 'unproven', reason: 'it did not answer', next: 'ask again' })
    const { id } = await planFor(layer, { operation: 'revoke' })
    await pass()
    assert.equal(dropped(), false)
    const first = (await receiptOf(id)).reasons
    assert.deepEqual(
      first.map(({ step }) => step),
      ['look_around', 'drop'],
    )
    assert.match(first.at(-1)?.next ?? '', /reeve plan accept/)
    await runPlan(layer, actBy(), { id })
    await pass()
    assert.equal(dropped(), false)
    // what could not be asked was shown to nobody
    await refuses(accept(id, 'bob'), 'conflict')
    answer = () => wayOf('a view')
    await runPlan(layer, actBy(), { id })
    await refuses(accept(id, 'bob'), 'conflict')
    const { id: older } = await getReceipt(layer, id)
    await pass()
    await refuses(accept(id, 'bob', older), 'conflict')
    await refuses(accept(id, 'ada'), 'forbidden')
    await refuses(accept(id, 'carl', undefined, [actBy('ada').actor.id]), 'forbidden')
    await refuses(accept(id, 'carl', undefined, []), 'forbidden')
    assert.equal(dropped(), false)
  })

  test('that are others than those that were accepted stop it again, and the receipt says what is new and what is gone', async () => {
    answer = () => wayOf('a view')
    const { id } = await planFor(layer, { operation: 'revoke' })
    await pass()
    await accept(id, 'bob')
    answer = () => wayOf('another view')
    await pass()
    assert.equal(await isAccepted(id), false)
    assert.equal(dropped(), false)
    const { reason, next } = (await receiptOf(id)).reasons.at(-1) ?? {}
    const bob = actBy('bob').actor.id
    assert.equal(
      reason,
      `it was not done: what ${bob} accepted does not hold any more (new: another view; gone: a view)`,
    )
    assert.match(next ?? '', /reeve plan accept/)
    const { id: read } = await getReceipt(layer, id)
    await accept(id, 'bob')
    await pass()
    assert.equal(dropped(), true)
    assert.equal((await entriesOf(base, id)).filter((type) => type === 'plan.ways_accepted').length, 2)
    const { acceptedWays } = await receiptOf(id)
    assert.deepEqual(
      [acceptedWays?.by, acceptedWays?.because, acceptedWays?.receiptId, acceptedWays?.ways],
      [bob, 'bob knows it', read, [{ step: 'look_around', reason: 'another view', open: ['another view'] }]],
    )
    // it was done, and what is open stays in the receipt
    const last = await receiptOf(id)
    assert.equal(last.outcome, 'unproven')
    assert.deepEqual(
      last.reasons.map(({ step }) => step),
      ['look_around'],
    )
    assert.equal(await isAccepted(id), true)
  })

  test('stay accepted while only what was seen beside them changes', async () => {
    let seen = 22
    answer = () => wayOf('a view', seen++)
    const { id } = await planFor(layer, { operation: 'revoke' })
    await pass()
    await accept(id, 'bob')
    await pass()
    assert.equal((await getPlan(layer, id)).data.steps.find(({ name }) => name === 'look_around')?.state, 'unproven')
    assert.equal(seen > 23, true)
    assert.equal(dropped(), true)
  })

  test('that were accepted are nothing to be done about: `next` names who accepted them, and no statement', async () => {
    answer = () => wayOf('a view')
    const { id } = await planFor(layer, { operation: 'revoke' })
    await pass()
    assert.equal((await receiptOf(id)).reasons[0]?.next, 'take it away')
    await accept(id, 'bob')
    await pass()
    const { reasons, acceptedWays } = await receiptOf(id)
    assert.deepEqual(
      reasons.map(({ next }) => next),
      [`nothing for this plan: ${actBy('bob').actor.id} accepted it at ${acceptedWays?.at ?? ''}`],
    )
  })
})

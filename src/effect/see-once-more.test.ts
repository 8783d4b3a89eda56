// What a plan did is seen once more at its end, at a target that may be another server by then.
import assert from 'node:assert/strict'
import { after, before, beforeEach, describe, test } from 'node:test'
import { databaseUnavailable, testDatabase } from '../db/database-in-test.ts'
import type { TestDatabase } from '../db/database-in-test.ts'
import { entriesOf, layerInTest, passOver, planFor, targetNamed } from './effect-in-test.ts'
import type { EffectLayer } from './layer.ts'
import { getPlan } from './read-plans.ts'
import { TargetInTest } from './target-in-test.ts'

describe('what is seen once more at the end of a plan', { skip: databaseUnavailable() }, () => {
  let base: TestDatabase
  let target: TargetInTest
  let layer: EffectLayer
  const pass = async (): Promise<void> => await passOver(base, layer)

  before(async () => {
    base = await testDatabase()
    await targetNamed(layerInTest(base, new TargetInTest().adapter), 'main')
  })
  after(() => base.close())
  beforeEach(() => {
    target = new TargetInTest()
    target.accounts.set('app', { mayLogIn: true, sessions: 3, password: 'open sesame' })
    layer = layerInTest(base, target.adapter)
  })

  test('a target that does not answer for a moment when everything is seen once more at the end is asked again', async () => {
    let seen = 0
    target.before = (call) => {
      if (call === 'verify deny_new_logins' && ++seen === 2) throw new Error('it was away for a moment')
    }
    const { id } = await planFor(layer)
    await pass()
    target.before = () => undefined
    const { data } = await getPlan(layer, id)
    assert.equal(data.state, 'verified', JSON.stringify(data.steps))
    // and once more, since it may be another server by then
    assert.equal(seen, 4)
    assert.equal((await entriesOf(base, id)).filter((type) => type === 'plan.attempt_failed').length, 1)
    assert.equal((await entriesOf(base, id)).filter((type) => type === 'receipt.made').length, 1)
  })

  test('what was away for a moment while everything is seen once more may be another server: it is seen from the begin on', async () => {
    let seen = 0
    target.before = (call) => {
      if (call !== 'verify end_sessions' || ++seen !== 2) return
      // the one that takes its place has not heard of what was done
      const account = target.accounts.get('app') ?? assert.fail()
      account.mayLogIn = true
      throw new Error('it was away for a moment')
    }
    const { id } = await planFor(layer)
    await pass()
    target.before = () => undefined
    const { data } = await getPlan(layer, id)
    assert.equal(data.state, 'unproven', JSON.stringify(data.steps))
    assert.equal(data.steps.find(({ name }) => name === 'deny_new_logins')?.state, 'unproven')
    assert.equal((await entriesOf(base, id)).filter((type) => type === 'receipt.made').length, 1)
  })

  test('a target that is away again and again while everything is seen once more is not waited for without end', async () => {
    let seen = 0
    target.before = (call) => {
      if (call === 'verify end_sessions' && ++seen > 1 && seen % 2 === 0) throw new Error('it was away for a moment')
    }
    const { id } = await planFor(layer)
    await pass()
    target.before = () => undefined
    const { data } = await getPlan(layer, id)
    assert.equal(data.state, 'unproven')
    assert.match(JSON.stringify(data.steps), /away again and again/)
  })
})

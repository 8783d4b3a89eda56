import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { databaseUnavailable, testDatabase } from '../db/database-in-test.ts'
import type { TestDatabase } from '../db/database-in-test.ts'
import { layerInTest, passOver, planFor, targetNamed } from './effect-in-test.ts'
import { everyPlan } from './standing.ts'
import { TargetInTest } from './target-in-test.ts'

describe('how plans stand', { skip: databaseUnavailable() }, () => {
  let base: TestDatabase
  before(async () => {
    base = await testDatabase()
  })
  after(() => base.close())

  test('what was not proven is closed by a later plan of the same or a higher rung, and by no lower one', async () => {
    const target = new TargetInTest()
    target.accounts.set('app', { mayLogIn: true, sessions: 3, password: 'open sesame' })
    const layer = layerInTest(base, target.adapter)
    await targetNamed(layer, 'main')
    const followed = async (id: string): Promise<boolean | undefined> => {
      for await (const plan of everyPlan(base.database.layer('effect'))) if (plan.id === id) return plan.followed
      return undefined
    }
    // somebody opens it again, each time
    const reopened = target.accounts.get('app') ?? assert.fail()
    target.after = (call) => {
      if (call === 'act deny_new_logins') reopened.mayLogIn = true
    }
    const carried = async (operation: 'deny' | 'contain'): Promise<string> => {
      const { id } = await planFor(layer, { operation })
      await passOver(base, layer)
      return id
    }
    const [denied, contained] = [await carried('deny'), await carried('contain')]
    target.after = () => undefined
    const lower = await carried('deny')
    assert.equal(await followed(contained), false)
    const higher = await carried('contain')
    assert.deepEqual([await followed(denied), await followed(contained)], [true, true])
    assert.deepEqual([await followed(lower), await followed(higher)], [true, false])
  })
})

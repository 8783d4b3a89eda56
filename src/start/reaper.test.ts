import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { sql } from '#db'
import { reapTargets } from '#effect'
import type { TargetAdapter, TimedReaped, TimedRights } from '#connectors/target'
import { databaseUnavailable, testDatabase } from '../db/database-in-test.ts'
import type { TestDatabase } from '../db/database-in-test.ts'
import { actBy, layerInTest, targetNamed } from '../effect/effect-in-test.ts'
import { setRestraint } from '../effect/restraint.ts'
import { TargetInTest } from '../effect/target-in-test.ts'
import { startReaper } from './reaper.ts'

const FORGOTTEN = 'reeve_grt_forgotten'

describe('what a restore forgot at a target', { skip: databaseUnavailable() }, () => {
  let base: TestDatabase
  before(async () => {
    base = await testDatabase()
  })
  after(() => base.close())

  test('is ended once a server starts and acts are allowed, and the log names it; a target that is down is said', async () => {
    let asked = 0
    const reap = async ({ settings }: { settings: { name: string } }): Promise<TimedReaped> => {
      asked += 1
      if (settings.name === 'down') throw new Error('connection refused')
      return { gone: [FORGOTTEN], left: [] }
    }
    const adapter: TargetAdapter = { ...new TargetInTest().adapter, timed: { reap } as unknown as TimedRights }
    const layer = layerInTest(base, adapter)
    await targetNamed(layer, 'down')
    const id = await targetNamed(layer, 'main')
    await setRestraint(layer, actBy(), { observeOnly: true })
    assert.equal(await reapTargets(layer, new AbortController().signal), 'stopped')
    assert.equal(asked, 0)
    await setRestraint(layer, actBy(), { observeOnly: false })
    const said: string[] = []
    const opened = { connectionFor: (name: Parameters<TestDatabase['connectionFor']>[0]) => base.connectionFor(name) }
    const reaper = startReaper({ opened, effect: layer, say: (event) => void said.push(event) })
    const reaped = async (): Promise<unknown[]> =>
      await base.database.layer('evidence').transaction((tx) =>
        tx.query(sql`select content ->> 'count' as count, content #>> '{gone,0}' as name from evidence.entry
          where type = 'target.reaped' and ${id} = any(subjects)`),
      )
    for (const end = Date.now() + 10_000; said.length === 0 || (await reaped()).length === 0; await sleep(50))
      assert.ok(Date.now() < end, 'it is reaped at the start')
    await reaper.stop()
    assert.deepEqual(await reaped(), [{ count: '1', name: FORGOTTEN }])
    assert.deepEqual(said, ['what is over may still be at targets: down: connection refused'])
  })
})

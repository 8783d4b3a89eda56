import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { Fault } from '#kernel'
import { sql } from '#db'
import type { TargetSettings } from '#connectors/target'
import { databaseUnavailable, testDatabase } from '../db/database-in-test.ts'
import type { TestDatabase } from '../db/database-in-test.ts'
import { actBy, layerInTest, targetNamed } from './effect-in-test.ts'
import { TargetInTest } from './target-in-test.ts'
import { changeTarget, getTarget } from './targets.ts'

describe('what is said of a target', { skip: databaseUnavailable() }, () => {
  let base: TestDatabase
  before(async () => {
    base = await testDatabase()
  })
  after(() => base.close())

  test('is not changed so that it is another place while grants are there, and the log names what changed', async () => {
    let held = ['grt_1']
    const layer = layerInTest(base, new TargetInTest().adapter, { grantsAt: async () => held })
    const id = await targetNamed(layer, 'main')
    const change = async (more: Partial<TargetSettings>): Promise<unknown> => {
      const { settings } = (await getTarget(layer, id)).data
      return await changeTarget(layer, actBy(), { id, settings: { ...settings, ...more } })
    }
    const refused = (error: unknown): boolean =>
      error instanceof Fault && error.code === 'conflict' && error.detail.includes('grt_1')
    await assert.rejects(change({ address: { host: '127.0.0.1', port: 1 } }), refused)
    await assert.rejects(change({ name: 'another' }), refused)
    await change({ successor: 'keeper', entrances: [{ host: '127.0.0.1', port: 2 }] })
    held = []
    await change({ address: { host: '127.0.0.1', port: 1 } })
    const entries = await base.database.layer('evidence').transaction((tx) =>
      tx.query<{ changed: string[] }>(sql`select content -> 'changed' as changed from evidence.entry
        where type = 'target.changed' and ${id} = any(subjects) order by ordinal`),
    )
    assert.deepEqual(
      entries.map(({ changed }) => changed),
      [['entrances', 'successor'], ['address']],
    )
  })

  test('has its port by itself: an address that holds one, or is none, is refused where it is said', async () => {
    const layer = layerInTest(base, new TargetInTest().adapter)
    const id = await targetNamed(layer, 'spelled')
    const { settings } = (await getTarget(layer, id)).data
    const change = async (more: Partial<TargetSettings>): Promise<unknown> =>
      await changeTarget(layer, actBy(), { id, settings: { ...settings, tls: 'verify', ...more } })
    for (const host of [
      'db.example:6432',
      'postgresql://db.example',
      'app@db.example',
      'db.example/shop',
      '[::1]',
      ' ',
    ]) {
      const refused = (error: unknown): boolean =>
        error instanceof Fault && error.code === 'unprocessable' && /is no host.*--port/.test(error.detail)
      await assert.rejects(change({ address: { host, port: 5432 } }), refused, host)
      await assert.rejects(change({ entrances: [{ host, port: 5432 }] }), refused, host)
    }
    for (const host of ['db.example', '::1', 'fe80::1%eth0', '10.0.0.7', '/run/postgresql'])
      await change({ address: { host, port: 5432 } })
  })
})

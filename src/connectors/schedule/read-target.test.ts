import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { Fault, ref, systemClock } from '#kernel'
import type { Observation } from '#kernel'
import { databaseUnavailable } from '../../db/database-in-test.ts'
import { createConnection } from './change-connection.ts'
import type { TargetSource } from './connection.ts'
import { anAct, layerInTest } from './layer-in-test.ts'
import type { LayerInTest } from './layer-in-test.ts'
import type { RunInput } from './perform.ts'
import { runTarget } from './read-target.ts'
import type { Sync } from './run-files.ts'
import { testConnection } from './test-connection.ts'

const seen: Observation[] = [
  {
    type: 'principal',
    ref: ref('postgresql', 'app', 'main'),
    kind: 'service_account',
    nativeType: 'role',
    system: 'postgresql',
    externalId: 'pg://main/role/app',
    name: 'app',
    provenance: { connector: 'postgresql', file: 'pg://main' },
  },
]
const targets: TargetSource = {
  assertReadable: async (name) => {
    if (name !== 'main') throw new Fault('not_found', 'there is no such target')
  },
  async *read() {
    yield* seen
  },
}

describe('a target as a source', { skip: databaseUnavailable() }, () => {
  let on: LayerInTest
  before(async () => (on = await layerInTest()))
  after(() => on.close())
  const input = { name: 'who is at main', type: 'target', settings: { path: 'main' } } as const

  test('it is refused where there is no such target, and where the server acts on none', async () => {
    await assert.rejects(createConnection(on.layer, anAct(), input), (error) => error instanceof Fault)
    const other = createConnection({ ...on.layer, targets }, anAct(), { ...input, settings: { path: 'other' } })
    await assert.rejects(other, (error) => error instanceof Fault && error.code === 'not_found')
    assert.equal((await createConnection({ ...on.layer, targets }, anAct(), input)).data.type, 'target')
  })

  test('tried out it says what would be read, and writes nothing', async () => {
    const said = await testConnection({ ...on.layer, targets }, { type: 'target', settings: { path: 'main' } })
    assert.deepEqual([said.path, said.complete, said.found], ['main', true, { principal: 1 }])
  })

  test('what could not be entered makes the run partial, so that nothing is concluded from it', async () => {
    let read: Parameters<Sync>[0]['read'] | undefined
    const sync: Sync = async (given) => {
      read = given.read
      return { counts: {} }
    }
    const key = (): { keyId: string; key: Uint8Array } => ({ keyId: 'hk_test', key: new Uint8Array(32) })
    const run = async (): Promise<string> => {
      const one = {
        connection: { id: 'cnn_1', data: { ...input, state: 'enabled' } },
        run: { id: 'run_1', askedBy: 'psn_1', confirmLeavers: false },
        signal: new AbortController().signal,
        progress: () => undefined,
      } as unknown as RunInput
      return (await runTarget({ clock: systemClock, key, sync }, targets)(one)).state
    }
    assert.equal(await run(), 'succeeded')
    assert.equal(read?.facts.length, 1)
    seen.push({ type: 'problem', file: 'pg://main/closed', message: 'it does not let in' })
    assert.equal(await run(), 'partial')
    assert.equal(read?.stats.partial, true)
  })
})

import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { systemClock } from '#kernel'
import { LAYER_NAMES, openDatabase } from '#db'
import type { Connection, Layer } from '#db'
import { databaseUnavailable } from '../../db/database-in-test.ts'
import { createConnection, getRun, runConnection, startConnectionWorker } from './index.ts'
import type { ConnectionsLayer } from './index.ts'
import { anAct, layerInTest } from './layer-in-test.ts'

const CHILD = 'REEVE_TEST_WORKER'

/** In the child: a worker whose run never ends, and which says when it has begun. */
async function hangForEver(given: string): Promise<void> {
  const { connection, places } = JSON.parse(given) as { connection: Connection; places: ConnectionsLayer['places'] }
  // the other layers' pools are never used
  const database = openDatabase(
    Object.fromEntries(LAYER_NAMES.map((layer) => [layer, connection])) as Record<Layer, Connection>,
  )
  await startConnectionWorker({
    layer: { db: database.layer('connections'), clock: systemClock, places },
    connection,
    onFailure: () => undefined,
    onRun: async () => {
      process.stdout.write('begun\n')
      await new Promise(() => undefined)
      return { state: 'failed', counts: {} }
    },
  })
}

const given = process.env[CHILD]
if (given === undefined) {
  test('a run whose process was killed is begun again by another server', { skip: databaseUnavailable() }, killed)
} else {
  await hangForEver(given)
}

async function killed(): Promise<void> {
  const on = await layerInTest()
  try {
    await mkdir(join(on.root, 'estate'))
    const settings = { path: join(on.root, 'estate') }
    const { id } = await createConnection(on.layer, anAct(), { name: 'killed', type: 'files', settings })
    const run = await runConnection(on.layer, anAct(), id)
    const connection = on.database.connectionFor('connections')
    const child = spawn(process.execPath, [import.meta.filename], {
      env: { ...process.env, NODE_TEST_CONTEXT: '', [CHILD]: JSON.stringify({ connection, places: on.layer.places }) },
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    await once(child.stdout, 'data', { signal: AbortSignal.timeout(60_000) })
    assert.equal((await getRun(on.layer, run.id)).state, 'running')
    child.kill('SIGKILL')
    await once(child, 'exit')
    assert.equal((await getRun(on.layer, run.id)).state, 'running', 'nobody has said that it ended')

    let begun = 0
    const worker = await startConnectionWorker({
      layer: on.layer,
      connection,
      everyMs: 300,
      onFailure: () => undefined,
      onRun: async () => {
        begun += 1
        return { state: 'succeeded', counts: {} }
      },
    })
    for (let wait = 0; wait < 200 && (await getRun(on.layer, run.id)).state === 'running'; wait++) await sleep(100)
    await worker.stop()
    const after = await getRun(on.layer, run.id)
    assert.deepEqual([after.state, after.attempts, begun], ['succeeded', 2, 1])
  } finally {
    await on.close()
  }
}

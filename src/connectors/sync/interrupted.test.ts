import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { LAYER_NAMES } from '#db'
import { databaseUnavailable, testDatabase } from '../../db/database-in-test.ts'
import type { TestDatabase } from '../../db/database-in-test.ts'
import { syncInTest } from './sync-in-test.ts'

const PROGRAM = fileURLToPath(new URL('import-in-test.ts', import.meta.url))
const SAMPLES = fileURLToPath(new URL('../../../samples', import.meta.url))
const KILLS = process.env['REEVE_EXHAUSTIVE'] === undefined ? 4 : 40

/** Imports in a process of its own, which is killed after `killMs` of writing. Tells how long it wrote. */
async function importSamples(into: TestDatabase, killMs?: number): Promise<number> {
  const connections = JSON.stringify(Object.fromEntries(LAYER_NAMES.map((layer) => [layer, into.connectionFor(layer)])))
  const child = spawn(process.execPath, [PROGRAM, connections, SAMPLES], { stdio: ['ignore', 'pipe', 'inherit'] })
  await once(child.stdout, 'data')
  const began = performance.now()
  const timer = killMs === undefined ? undefined : setTimeout(() => child.kill('SIGKILL'), killMs)
  const [code] = (await once(child, 'close')) as [number | null]
  clearTimeout(timer)
  if (killMs === undefined) assert.equal(code, 0)
  return performance.now() - began
}

describe('an import that is killed', { skip: databaseUnavailable() }, () => {
  test(`and repeated gives what an uninterrupted one gives, ${KILLS} times at random moments`, async () => {
    const whole = await testDatabase()
    const took = await importSamples(whole)
    const expected = await syncInTest(whole.database).dump()
    const opened = await testDatabase()
    try {
      // one database after another is killed in, each again and again until an import comes through
      for (let kills = 0; kills < KILLS; kills++) {
        const moment = Math.random() * took
        await importSamples(opened, moment)
        assert.deepEqual(await syncInTest(opened.database).withoutTheirEntry(), [], `killed after ${moment} ms`)
      }
      await importSamples(opened)
      assert.deepEqual(await syncInTest(opened.database).dump(), expected)
    } finally {
      await opened.close()
      await whole.close()
    }
  })
})

// The process is killed at every step of append, integrate, sign, publish, cosign: the log verifies, and nothing that was
// acknowledged is missing.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after as afterAll, before as beforeAll, describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { LAYER_NAMES } from '#db'
import { Log, runWitness, sequenceOnce, TileFolder, verifyLog } from '#evidence'
import type { RunningWitness } from '#evidence'
import { systemClock } from '#kernel'
import { databaseUnavailable, testDatabase } from '../../src/db/database-in-test.ts'
import type { TestDatabase } from '../../src/db/database-in-test.ts'
import { seedOfRun } from './draw.ts'
import { keyText, logKey } from './estate.ts'

/** Every point with REEVE_EXHAUSTIVE; else each eighth, from another one on at each run: REEVE_SEED of 0 to 7 are all of them. */
const EXHAUSTIVE = process.env['REEVE_EXHAUSTIVE'] !== undefined
const STEP = EXHAUSTIVE ? 1 : 8

describe('a crash', { skip: databaseUnavailable() }, () => {
  let db: TestDatabase
  let folder: string
  let witness: RunningWitness
  const alarms: string[] = []
  beforeAll(async () => {
    db = await testDatabase()
    folder = await mkdtemp(join(tmpdir(), 'reeve-crash-'))
    witness = await runWitness({
      name: 'witness.test',
      logKeys: [keyText(logKey())],
      keyFile: join(folder, 'witness', 'key'),
      folder: join(folder, 'witness'),
      host: '127.0.0.1',
      port: 0,
      onMisbehaviour: ({ kind }) => alarms.push(kind),
      onFailure: (error) => alarms.push(String(error)),
    })
  })
  afterAll(async () => {
    await witness.stop()
    await db.close()
    await rm(folder, { recursive: true, force: true })
  })

  async function runUntil(at: number): Promise<{ killed: boolean; acknowledged: string[]; where: string }> {
    const connections = Object.fromEntries(LAYER_NAMES.map((layer) => [layer, db.connectionFor(layer)]))
    const words = JSON.stringify({ connections, folder: join(folder, 'log'), at, witness })
    const child = spawn(process.execPath, [fileURLToPath(new URL('crash-child.ts', import.meta.url)), words])
    let acknowledged = ''
    let where = ''
    child.stdout.on('data', (chunk: Buffer) => void (acknowledged += chunk.toString()))
    child.stderr.on('data', (chunk: Buffer) => void (where += chunk.toString()))
    const [code, signal] = (await once(child, 'close')) as [number | null, string | null]
    assert.ok(code === 0 || signal === 'SIGKILL', where)
    return { killed: signal === 'SIGKILL', acknowledged: acknowledged.split('\n').slice(0, -1), where }
  }

  test('at any step leaves a log that verifies, with every acknowledged entry, and no witness alarmed', async () => {
    const evidence = db.database.layer('evidence')
    const tiles = new TileFolder(join(folder, 'log'))
    const places = new Map<string, number>()
    let acknowledged = 0
    for (let at = 1 + (seedOfRun() % STEP); at < 500; at += STEP) {
      const run = await runUntil(at)
      const log = await Log.open({ evidence, tiles, signer: logKey() })
      while ((await sequenceOnce(evidence, systemClock())).sequenced > 0);
      await log.integrate(systemClock())
      const findings = await verifyLog({
        evidence,
        tileFolder: tiles.folder,
        keys: [keyText(logKey())],
        witnessKeys: [witness.key],
        nowMs: () => Date.now() + 120_000,
      })
      assert.deepEqual(
        findings.filter(({ outcome }) => outcome === 'failed'),
        [],
        `point ${at}: ${run.where}`,
      )
      const rows = await evidence.transaction(
        async (tx) =>
          await tx.prepared<{ id: string }>(
            'placed',
            'select entry_id as id from evidence.sequence where entry_id = any($1)',
            [run.acknowledged],
          ),
      )
      assert.equal(rows.length, run.acknowledged.length, `point ${at}: ${run.where}`)
      acknowledged += rows.length
      places.set(run.where, (places.get(run.where) ?? 0) + 1)
      if (!run.killed) break
    }
    console.log(Object.fromEntries(places), `${acknowledged} entries acknowledged`)
    assert.ok(places.size >= (EXHAUSTIVE ? 8 : 3), 'it was killed in many places')
    assert.deepEqual(alarms, [])
  })
})

// Keeps the log as a server does and ends itself by SIGKILL at the n-th point: before, within or after a transaction or a file.
// What is acknowledged is printed. Run by crash.test.ts.
import { writeSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { openDatabase } from '#db'
import type { Connection, Layer, LayerDatabase, TransactionOptions, Tx } from '#db'
import { keepLog, parseVerifierKey, TileFolder } from '#evidence'
import { appendEntries } from '#evidence/port'
import { newId, systemClock } from '#kernel'
import { newestCheckpoint } from '../../src/evidence/log/checkpoints.ts'
import { logKey } from './estate.ts'

const { connections, folder, at, witness } = JSON.parse(process.argv[2] ?? '') as {
  connections: Record<Layer, Connection>
  folder: string
  at: number
  witness: { url: string; key: string }
}
let points = 0

function point(name: string): void {
  points += 1
  if (points !== at) return
  writeSync(2, name)
  process.kill(process.pid, 'SIGKILL')
}

class CrashingTiles extends TileFolder {
  override async write(...words: Parameters<TileFolder['write']>): Promise<void> {
    point('before a tile')
    await super.write(...words)
    point('after a tile')
  }
  override async writeCheckpoint(note: string): Promise<void> {
    point('before the checkpoint is published')
    await super.writeCheckpoint(note)
    point('after the checkpoint is published')
  }
}

/** Reads are no points: nothing changes by them. */
const crashing = (inner: LayerDatabase): LayerDatabase => ({
  layer: inner.layer,
  prepared: async (name, text, values) => await inner.prepared(name, text, values),
  async transaction<T>(work: (tx: Tx) => Promise<T>, options: TransactionOptions = {}): Promise<T> {
    if (options.readOnly === true) return await inner.transaction(work, options)
    point('before a transaction')
    const result = await inner.transaction(async (tx) => {
      const done = await work(tx)
      point('before a commit')
      return done
    }, options)
    point('after a commit')
    return result
  },
})

const database = openDatabase(connections)
const evidence = crashing(database.layer('evidence'))
const keeper = await keepLog({
  evidence,
  tiles: new CrashingTiles(folder),
  signer: logKey(),
  clock: systemClock,
  witnesses: [{ url: witness.url, verifier: parseVerifierKey(witness.key) }],
  onFailure: (error) => void writeSync(2, String(error)),
  everyMs: 20,
})
for (let round = 0; round < 2; round++) {
  const ids = Array.from({ length: 130 }, () => newId('entry'))
  await crashing(database.layer('identity')).transaction(async (tx) => {
    await appendEntries(
      tx,
      ids.map((id) => ({
        id,
        layer: 'identity',
        type: 'principal.registered',
        at: systemClock(),
        actor: 'reeve',
        subjects: [],
      })),
    )
  })
  writeSync(1, `${ids.join('\n')}\n`)
  await sleep(150)
}
for (let tries = 0; tries < 100; tries++) {
  const newest = await database
    .layer('evidence')
    .transaction(async (tx) => await newestCheckpoint(tx, { trusted: [parseVerifierKey(witness.key)] }))
  if (newest !== undefined && newest.witnesses.length > 0) break
  await sleep(20)
}
await keeper.stop()
await database.close()

// One thread of the verification: reads batches of entries over a connection of its own, and hashes them.
import { parentPort, workerData } from 'node:worker_threads'
import { LAYER_NAMES, openDatabase } from '#db'
import type { Connection, Layer } from '#db'
import type { EntryTile } from './entry-tile.ts'
import { readBatch } from './entry-tiles.ts'

/** What is asked: the first place of a batch. */
export interface Asked {
  readonly from: number
}

const { connection, end } = workerData as { readonly connection: Connection; readonly end: number }
// every layer's pool is made and none is opened but this one
const layers = Object.fromEntries(LAYER_NAMES.map((layer) => [layer, connection])) as Record<Layer, Connection>
const evidence = openDatabase(layers).layer('evidence')

const ownBytes = ({ bundle, ends, hashes }: EntryTile): ArrayBuffer[] =>
  [bundle, ends, hashes].map(({ buffer }) => buffer as ArrayBuffer)

parentPort?.on('message', ({ from }: Asked) => {
  readBatch(evidence, from, end).then(
    // bytes are handed over, not copied
    (batch) => parentPort?.postMessage({ from, batch }, batch.flatMap(ownBytes)),
    (error: unknown) =>
      parentPort?.postMessage({ from, failure: error instanceof Error ? error.message : 'unknown' }, []),
  )
})

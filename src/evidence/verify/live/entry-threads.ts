// Entries in the order of their places, read and hashed by several threads. At most two batches wait for each of them, so
// memory is bounded whatever the size of the log.
import { availableParallelism } from 'node:os'
import { Worker } from 'node:worker_threads'
import type { Connection } from '#db'
import type { EntryTile } from './entry-tile.ts'
import { BATCH } from './entry-tiles.ts'
import type { Asked } from './entry-worker.ts'

const THREADS_MAX = 4
const AHEAD = 2
/** A batch is a few megabytes; without a limit each thread lets its garbage grow. */
const HEAP = { maxOldGenerationSizeMb: 128, maxYoungGenerationSizeMb: 16 }
const ENTRY = new URL(import.meta.url.endsWith('.ts') ? './entry-worker.ts' : './entry-worker.js', import.meta.url)

interface Told {
  readonly from: number
  readonly batch?: readonly EntryTile[]
  readonly failure?: string
}

/** Throws where a thread cannot read; then nothing was verified. */
export async function* tilesInThreads(connection: Connection, end: number): AsyncGenerator<readonly EntryTile[]> {
  const count = Math.min(THREADS_MAX, availableParallelism())
  // a connection may hold functions, such as a password that is asked for: threads are given what can be copied
  const workerData = { connection: copied(connection), end }
  const threads = Array.from({ length: count }, () => new Worker(ENTRY, { workerData, resourceLimits: HEAP }))
  const waiting = new Map<number, PromiseWithResolvers<readonly EntryTile[]>>()
  const fail = (error: Error): void => {
    for (const { reject } of waiting.values()) reject(error)
  }
  for (const thread of threads) {
    thread.on('error', fail)
    thread.on('exit', () => fail(new Error('a thread that reads entries ended early')))
    thread.on('message', ({ from, batch, failure }: Told) => {
      const place = waiting.get(from)
      if (batch === undefined)
        place?.reject(new Error(`entries from ${from} on cannot be read: ${failure ?? 'unknown'}`))
      else place?.resolve(batch)
    })
  }
  const ask = (from: number): void => {
    if (from >= end) return
    const place = Promise.withResolvers<readonly EntryTile[]>()
    place.promise.catch(() => undefined)
    waiting.set(from, place)
    threads[(from / BATCH) % count]?.postMessage({ from } satisfies Asked)
  }
  try {
    for (let number = 0; number < count * AHEAD; number++) ask(number * BATCH)
    for (let from = 0; from < end; from += BATCH) {
      const batch = await waiting.get(from)?.promise
      waiting.delete(from)
      ask(from + count * AHEAD * BATCH)
      if (batch !== undefined) yield batch.map(received)
    }
  } finally {
    await Promise.all(threads.map(async (thread) => await thread.terminate()))
  }
}

/** Buffers cross threads as plain bytes. */
function received(tile: EntryTile): EntryTile {
  const { bundle, hashes, root } = tile
  const whole = { ...tile, bundle: bytes(bundle), hashes: bytes(hashes) }
  return root === undefined ? whole : { ...whole, root: bytes(root) }
}

const bytes = ({ buffer, byteOffset, length }: Uint8Array): Buffer => Buffer.from(buffer, byteOffset, length)

const copied = (connection: Connection): Connection => JSON.parse(JSON.stringify(connection)) as Connection

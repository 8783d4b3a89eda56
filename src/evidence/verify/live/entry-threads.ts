// Entries in the order of their places, read and hashed by several threads. At most two batches wait for each of them, so
// memory is bounded whatever the size of the log.
import { availableParallelism } from 'node:os'
import { Worker } from 'node:worker_threads'
import type { Connection } from '#db'
import { BATCH } from './entry-rows.ts'
import type { EntryRow } from './entry-rows.ts'
import type { Asked } from './entry-worker.ts'
import { unpacked } from './packed-rows.ts'
import type { PackedRows } from './packed-rows.ts'

const THREADS_MAX = 4
const AHEAD = 2
/** A batch is a few megabytes; without a limit each thread lets its garbage grow. */
const HEAP = { maxOldGenerationSizeMb: 128, maxYoungGenerationSizeMb: 16 }
const ENTRY = new URL(import.meta.url.endsWith('.ts') ? './entry-worker.ts' : './entry-worker.js', import.meta.url)

interface Told {
  readonly from: number
  readonly batch?: PackedRows
  readonly failure?: string
}

/** Throws where a thread cannot read; then nothing was verified. */
export async function* rowsInThreads(connection: Connection, end: number): AsyncGenerator<readonly EntryRow[]> {
  const count = Math.min(THREADS_MAX, availableParallelism())
  // a connection may hold functions, such as a password that is asked for: threads are given what can be copied
  const workerData = { connection: copied(connection), end }
  const threads = Array.from({ length: count }, () => new Worker(ENTRY, { workerData, resourceLimits: HEAP }))
  const waiting = new Map<number, PromiseWithResolvers<PackedRows>>()
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
    const place = Promise.withResolvers<PackedRows>()
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
      if (batch !== undefined) yield unpacked(batch)
    }
  } finally {
    await Promise.all(threads.map(async (thread) => await thread.terminate()))
  }
}

const copied = (connection: Connection): Connection => JSON.parse(JSON.stringify(connection)) as Connection

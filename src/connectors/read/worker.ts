// The worker thread's entry: reads batches and answers each with its results. Small, so that a bundler can make it a
// program of its own.
import { parentPort, workerData } from 'node:worker_threads'
import { CONNECTORS } from '../index.ts'
import type { Connector } from '../port.ts'
import { readItem, sendable } from './run/read-item.ts'
import type { ItemReader } from './run/read-item.ts'
import { contextOf } from './run/settings.ts'
import type { Batch, BatchResult } from './run/work.ts'
import type { WorkerSetUp } from './run/worker-thread.ts'

const setUp = workerData as WorkerSetUp
const port = parentPort
if (port === null) throw new Error('worker.ts runs as a worker thread only')

const table =
  setUp.connectorsFrom === undefined
    ? CONNECTORS
    : ((await import(setUp.connectorsFrom)) as { CONNECTORS: readonly Connector[] }).CONNECTORS
const reader: ItemReader = {
  connectors: table.filter(({ id }) => setUp.connectorIds.includes(id)),
  context: contextOf(setUp.settings),
  limits: setUp.settings.limits,
}
const current = new Int32Array(setUp.current)

port.postMessage('ready')
port.on('message', ({ id, items }: Batch) => {
  const results = items.map((item, index) => {
    // told before the item is touched: when it kills this thread, the other side knows which it was
    Atomics.store(current, 1, index)
    Atomics.store(current, 0, id)
    return readItem(item, reader)
  })
  Atomics.store(current, 0, 0)
  try {
    port.postMessage({ id, results } satisfies BatchResult)
  } catch {
    port.postMessage({
      id,
      results: results.map((result, index) => sendable(result, items[index])),
    } satisfies BatchResult)
  }
})

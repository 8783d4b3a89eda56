// Takes items one after the other, reads them here or in worker threads, and gives the results in the order of taking.
import type { Connector } from '../../port.ts'
import { readItem } from './read-item.ts'
import type { ItemReader } from './read-item.ts'
import { contextOf } from './settings.ts'
import type { ReadSettings } from './settings.ts'
import { WorkerPool } from './worker-pool.ts'
import type { Batch, WorkItem, WorkResult } from './work.ts'

/** Small inputs are read in this thread: starting others would take longer than reading. */
const HERE_BYTES_MAX = 2 * 1024 * 1024
const HERE_FILE_BYTES_MAX = 256 * 1024
const HERE_FILES_MAX = 1000
/** A fixed cost for each file, so that many small ones make several batches too. */
const FILE_WEIGHT = 4096
const BATCH_BYTES = 768 * 1024

export interface ReadingOptions {
  readonly connectors: readonly Connector[]
  readonly settings: ReadSettings
  /** Comes when the time is over. */
  readonly signal: AbortSignal
  /** 0: never a worker thread. */
  readonly workers: number
  readonly connectorsFrom?: string
  /** Bytes and files that are known to come; more than a few are not begun here. */
  expected(): { readonly totalFiles?: number; readonly totalBytes?: number }
  /** After each item or batch; the last path of it. */
  onRead(files: number, bytes: number, path: string): void
}

export class Reading {
  readonly #options: ReadingOptions
  readonly #reader: ItemReader
  readonly #stopped: Promise<void>
  /** By the order of taking; a hole is an item that is not read yet. */
  readonly #results: (WorkResult | undefined)[] = []
  readonly #firstOf = new Map<number, number>()
  #batch: WorkItem[] = []
  #batchBytes = 0
  #batchFirst = 0
  #batches = 0
  #taken = 0
  #hereBytes = 0
  #pool: WorkerPool | undefined

  constructor(options: ReadingOptions) {
    this.#options = options
    const { connectors, settings } = options
    this.#stopped = aborted(options.signal)
    this.#reader = { connectors, context: contextOf(settings), limits: settings.limits }
  }

  /** Resolves when there is room for the next one. */
  async take(item: WorkItem): Promise<void> {
    const order = this.#taken++
    if (this.#readsHere(item)) {
      this.#hereBytes += item.size
      this.#settle(order, [item], [readItem(item, this.#reader)])
      return
    }
    if (this.#batch.length === 0) this.#batchFirst = order
    this.#batch.push(item)
    this.#batchBytes += item.size + FILE_WEIGHT
    if (this.#batchBytes >= BATCH_BYTES) await this.#dispatch()
  }

  /** Everything that was taken and read, in the order of taking; what is in hand when the signal comes is left out. */
  async finish(): Promise<readonly WorkResult[]> {
    await this.#dispatch()
    await Promise.race([this.#pool?.drain(), this.#stopped])
    return this.#results.filter((result) => result !== undefined)
  }

  /** Ends the threads. What was not read by then is missing from `finish`. */
  async stop(): Promise<void> {
    await this.#pool?.stop()
    this.#pool = undefined
  }

  #readsHere(item: WorkItem): boolean {
    if (this.#options.workers === 0) return true
    if (this.#pool !== undefined || this.#batch.length > 0) return false
    const { totalFiles = 0, totalBytes = 0 } = this.#options.expected()
    return (
      totalFiles <= HERE_FILES_MAX &&
      totalBytes <= HERE_BYTES_MAX &&
      item.size <= HERE_FILE_BYTES_MAX &&
      this.#hereBytes + item.size <= HERE_BYTES_MAX &&
      this.#taken <= HERE_FILES_MAX
    )
  }

  async #dispatch(): Promise<void> {
    if (this.#batch.length === 0 || this.#options.signal.aborted) return
    const batch: Batch = { id: (this.#batches += 1), items: this.#batch }
    this.#firstOf.set(batch.id, this.#batchFirst)
    this.#batch = []
    this.#batchBytes = 0
    await Promise.race([this.#threads().take(batch), this.#stopped])
  }

  #threads(): WorkerPool {
    const { connectors, settings, workers, connectorsFrom } = this.#options
    return (this.#pool ??= new WorkerPool(
      workers,
      {
        settings,
        connectorIds: connectors.map(({ id }) => id),
        ...(connectorsFrom === undefined ? {} : { connectorsFrom }),
      },
      ({ id, items }, results) => {
        this.#settle(this.#firstOf.get(id) ?? 0, items, results)
        this.#firstOf.delete(id)
      },
    ))
  }

  #settle(first: number, items: readonly WorkItem[], results: readonly WorkResult[]): void {
    let bytes = 0
    for (const [index, result] of results.entries()) {
      bytes += result.bytes
      this.#results[first + index] = result
    }
    this.#options.onRead(items.length, bytes, items.at(-1)?.identity.path ?? '')
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve()
    signal.addEventListener('abort', () => resolve(), { once: true })
  })
}

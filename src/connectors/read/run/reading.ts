// Takes items one after the other, reads them here or in worker threads, and gives the results in the order of taking.
import { setImmediate } from 'node:timers/promises'
import type { Connector } from '../../port.ts'
import { readItem, sendable } from './read-item.ts'
import type { ItemReader } from './read-item.ts'
import { contextOf } from './settings.ts'
import type { ReadSettings } from './settings.ts'
import { WorkerPool } from './worker-pool.ts'
import type { Batch, WorkItem, WorkResult } from './work.ts'

/**
 * This thread reads by itself as long as that seems cheaper than to start others, each of which has to load everything
 * again: after `LEARN_MS`, when the engine has warmed up, the rest is estimated from the rate so far; `HERE_MS_MAX` is
 * the end in any case. With other programs on the machine, more threads only cost.
 */
const LEARN_MS = 400
const REST_MS_MAX = 4000
const HERE_MS_MAX = 5000
/** Beyond it the threads start at once: they hold less memory than this one, whose results stay. */
const HERE_BYTES_MAX = 64 * 1024 * 1024
/** Beyond it a file waits for a thread that can be ended when it takes too long. */
const HERE_FILE_BYTES_MAX = 2 * 1024 * 1024
/** After so long the event loop gets its turn: progress, the time limit, threads that are ready. */
const TURN_MS = 20
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
  /** Size of a file up to which this thread reads it itself, when the input is small or the others are starting. */
  readonly hereFileBytesMax?: number
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
  /** By batch: the order of each of its items. */
  readonly #ordersOf = new Map<number, readonly number[]>()
  #batch: WorkItem[] = []
  #orders: number[] = []
  #batchBytes = 0
  #batches = 0
  #taken = 0
  #hereBytes = 0
  #hereMs = 0
  #turnSince = performance.now()
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
      const started = performance.now()
      this.#settle([order], [item], [this.#readHere(item)])
      this.#hereBytes += item.size + FILE_WEIGHT
      this.#hereMs += performance.now() - started
      await this.#turn()
      return
    }
    this.#batch.push(item)
    this.#orders.push(order)
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
    if (item.size > (this.#options.hereFileBytesMax ?? HERE_FILE_BYTES_MAX)) return false
    if (this.#pool !== undefined) return !this.#pool.ready
    // there is more to come: the threads start now, and until they are ready this one reads
    if (this.#isMuch()) this.#threads()
    return true
  }

  #isMuch(): boolean {
    const { totalFiles = 0, totalBytes = 0 } = this.#options.expected()
    if (totalBytes > HERE_BYTES_MAX) return true
    if (this.#hereMs < LEARN_MS) return false
    const rest = totalBytes + totalFiles * FILE_WEIGHT - this.#hereBytes
    return this.#hereMs >= HERE_MS_MAX || (rest / this.#hereBytes) * this.#hereMs > REST_MS_MAX
  }

  /**
   * A string cut out of a text keeps the whole text in memory: facts that stay get strings of their own, as those that
   * come from threads have.
   */
  #readHere(item: WorkItem): WorkResult {
    const result = readItem(item, this.#reader)
    return result.observations.length === 0 ? result : sendable(result, item)
  }

  async #turn(): Promise<void> {
    if (performance.now() - this.#turnSince < TURN_MS) return
    await setImmediate()
    this.#turnSince = performance.now()
  }

  async #dispatch(): Promise<void> {
    if (this.#batch.length === 0 || this.#options.signal.aborted) return
    const batch: Batch = { id: (this.#batches += 1), items: this.#batch }
    this.#ordersOf.set(batch.id, this.#orders)
    this.#batch = []
    this.#orders = []
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
        this.#settle(this.#ordersOf.get(id) ?? [], items, results)
        this.#ordersOf.delete(id)
      },
    ))
  }

  #settle(orders: readonly number[], items: readonly WorkItem[], results: readonly WorkResult[]): void {
    let bytes = 0
    for (const [index, result] of results.entries()) {
      bytes += result.bytes
      const order = orders[index]
      if (order !== undefined) this.#results[order] = result
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

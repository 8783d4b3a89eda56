// One worker thread from the outside: its batches, what it is reading right now, and how it ended.
import { Worker } from 'node:worker_threads'
import type { ReadSettings } from './settings.ts'
import type { Batch, BatchResult } from './work.ts'

export interface WorkerSetUp {
  readonly settings: ReadSettings
  readonly connectorIds: readonly string[]
  /** Module with another table of connectors, for tests. */
  readonly connectorsFrom?: string
  /** Two 32-bit integers: the id of the batch in hand (0: none), the index in it. */
  readonly current: SharedArrayBuffer
}

/** Among the sources it is a folder up; in the package's build everything stands side by side. */
const ENTRY = new URL(import.meta.url.endsWith('.ts') ? '../worker.ts' : './worker.js', import.meta.url)

export interface WorkerEnd {
  /** Item that was in hand, when one was. */
  readonly index: number | undefined
  readonly batch: Batch | undefined
  /** Batches that were not answered and hold no culprit. */
  readonly waiting: readonly Batch[]
  readonly timedOut: boolean
  readonly outOfMemory: boolean
}

export class WorkerThread {
  readonly waiting: Batch[] = []
  readonly #worker: Worker
  readonly #current: Int32Array
  readonly #secondsFor: (batch: Batch, index: number) => number
  #seen: { readonly id: number; readonly index: number; readonly since: number } | undefined
  #timedOut = false
  #outOfMemory = false
  #ended = false

  constructor(
    setUp: Omit<WorkerSetUp, 'current'>,
    secondsFor: (batch: Batch, index: number) => number,
    on: { ready(): void; result(batch: Batch, result: BatchResult): void; end(end: WorkerEnd): void },
  ) {
    const current = new SharedArrayBuffer(8)
    this.#current = new Int32Array(current)
    this.#secondsFor = secondsFor
    this.#worker = new Worker(ENTRY, {
      workerData: { ...setUp, current } satisfies WorkerSetUp,
      // beyond its heap a thread dies with an error of its own; it does not take the process with it. A small young
      // generation: what reading leaves behind is then cleared before it piles up
      resourceLimits: {
        maxOldGenerationSizeMb: setUp.settings.limits.workerMiB,
        stackSizeMb: 4,
        maxYoungGenerationSizeMb: 16,
      },
    })
    this.#worker.on('message', (result: BatchResult | 'ready') => {
      if (result === 'ready') {
        on.ready()
        return
      }
      const batch = this.waiting.shift()
      if (batch !== undefined) on.result(batch, result)
    })
    this.#worker.on('error', (error) => {
      this.#outOfMemory = 'code' in error && error.code === 'ERR_WORKER_OUT_OF_MEMORY'
    })
    this.#worker.once('exit', () => {
      if (!this.#ended) on.end(this.#end())
    })
  }

  take(batch: Batch): void {
    this.waiting.push(batch)
    this.#worker.postMessage(batch, [])
  }

  /** Ends the thread when the item in hand has taken longer than it may. Called every now and then. */
  watch(now: number): void {
    const id = Atomics.load(this.#current, 0)
    const index = Atomics.load(this.#current, 1)
    if (this.#seen === undefined || this.#seen.id !== id || this.#seen.index !== index) {
      this.#seen = { id, index, since: now }
      return
    }
    const batch = this.waiting.find((one) => one.id === id)
    if (batch === undefined || now - this.#seen.since < this.#secondsFor(batch, index) * 1000) return
    this.#timedOut = true
    void this.#worker.terminate()
  }

  /** Ends the thread without a report. */
  async stop(): Promise<void> {
    this.#ended = true
    await this.#worker.terminate()
  }

  #end(): WorkerEnd {
    const id = Atomics.load(this.#current, 0)
    const batch = this.waiting.find((one) => one.id === id)
    return {
      batch,
      index: batch === undefined ? undefined : Atomics.load(this.#current, 1),
      waiting: this.waiting.filter((one) => one !== batch),
      timedOut: this.#timedOut,
      outOfMemory: this.#outOfMemory,
    }
  }
}

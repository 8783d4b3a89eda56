// Worker threads that read batches. A file that kills or holds up its thread costs one problem, and a new thread goes on.
import { sizeText } from '../limits.ts'
import { refused } from './read-item.ts'
import type { Batch, BatchResult, WorkItem, WorkResult } from './work.ts'
import { WorkerThread } from './worker-thread.ts'
import type { WorkerEnd, WorkerSetUp } from './worker-thread.ts'

/** Bytes that are being read at one time; a larger file is read alone. */
const IN_FLIGHT_BYTES_MAX = 24 * 1024 * 1024
/** One in hand and one waiting, so that no thread is idle while the next batch is made. */
const BATCHES_EACH = 2
const WATCH_EVERY_MS = 250
/** Deaths in a row before any batch was answered: then the threads cannot run here at all. */
const STARTS_MAX = 3

export class WorkerPool {
  readonly #size: number
  readonly #setUp: Omit<WorkerSetUp, 'current'>
  readonly #threads = new Set<WorkerThread>()
  readonly #done: (batch: Batch, results: readonly WorkResult[]) => void
  /** Results of items that a dead thread left, by batch, until the rest of the batch is read. */
  readonly #partly = new Map<number, Map<number, WorkResult>>()
  readonly #watch: NodeJS.Timeout
  #inFlightBytes = 0
  #inFlight = 0
  #failedStarts = 0
  #failure: Error | undefined
  #ready = false
  #wake: (() => void) | undefined

  /** `done` is called once for each batch, in whatever order they end. */
  constructor(
    size: number,
    setUp: Omit<WorkerSetUp, 'current'>,
    done: (batch: Batch, results: readonly WorkResult[]) => void,
  ) {
    this.#size = size
    this.#setUp = setUp
    this.#done = done
    this.#watch = setInterval(() => {
      for (const thread of this.#threads) thread.watch(Date.now())
    }, WATCH_EVERY_MS)
    this.#watch.unref()
    for (let started = 0; started < size; started++) this.#start()
  }

  /** True from when the first thread can read. */
  get ready(): boolean {
    return this.#ready
  }

  /** Resolves when there is room for more, which bounds what waits in memory. */
  async take(batch: Batch): Promise<void> {
    const bytes = weight(batch)
    await this.#until(
      () =>
        this.#inFlight === 0 ||
        (this.#inFlight < this.#size * BATCHES_EACH && this.#inFlightBytes + bytes <= IN_FLIGHT_BYTES_MAX),
    )
    this.#inFlight += 1
    this.#inFlightBytes += bytes
    this.#dispatch(batch)
  }

  /** Resolves when everything that was taken is done. */
  async drain(): Promise<void> {
    await this.#until(() => this.#inFlight === 0)
  }

  async stop(): Promise<void> {
    clearInterval(this.#watch)
    await Promise.all([...this.#threads].map((thread) => thread.stop()))
    this.#threads.clear()
  }

  async #until(holds: () => boolean): Promise<void> {
    while (!holds()) {
      if (this.#failure !== undefined) throw this.#failure
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
    }
    if (this.#failure !== undefined) throw this.#failure
  }

  #dispatch(batch: Batch): void {
    const idle = [...this.#threads].sort((a, b) => a.waiting.length - b.waiting.length)[0]
    const thread =
      idle === undefined || (idle.waiting.length > 0 && this.#threads.size < this.#size) ? this.#start() : idle
    thread.take(batch)
  }

  #start(): WorkerThread {
    const thread: WorkerThread = new WorkerThread(this.#setUp, (batch, index) => this.#secondsFor(batch, index), {
      ready: () => {
        this.#ready = true
      },
      result: (batch, result) => {
        this.#failedStarts = 0
        this.#result(batch, result)
      },
      end: (end) => {
        this.#threads.delete(thread)
        this.#ended(end)
      },
    })
    this.#threads.add(thread)
    return thread
  }

  #secondsFor(batch: Batch, index: number): number {
    const size = batch.items[index]?.size ?? 0
    return this.#setUp.settings.limits.fileSeconds + size / (1024 * 1024)
  }

  #result(batch: Batch, { results }: BatchResult): void {
    const before = this.#partly.get(batch.id)
    this.#partly.delete(batch.id)
    this.#inFlight -= 1
    this.#inFlightBytes -= weight(batch)
    this.#done(batch, before === undefined ? results : results.map((result, index) => before.get(index) ?? result))
    this.#wake?.()
  }

  #ended(end: WorkerEnd): void {
    const { batch, index, waiting } = end
    if (batch === undefined || index === undefined) {
      this.#failedStarts += 1
      if (this.#failedStarts >= STARTS_MAX * this.#size) this.#failure = new Error('the worker threads do not start')
    } else {
      const item = batch.items[index]
      const known = this.#partly.get(batch.id) ?? new Map<number, WorkResult>()
      known.set(index, refused(item?.identity.path ?? '', endText(end, item, this.#secondsFor(batch, index))))
      this.#partly.set(batch.id, known)
      // the thread's answers went with it: the batch is read again, with nothing in the culprit's place
      this.#dispatch({ id: batch.id, items: batch.items.map((one, at) => (known.has(at) ? emptied(one) : one)) })
    }
    if (this.#failure === undefined) for (const one of waiting) this.#dispatch(one)
    this.#wake?.()
  }
}

const weight = ({ items }: Batch): number => items.reduce((sum, { size }) => sum + size, 0)

const emptied = (item: WorkItem): WorkItem => ({ ...item, source: { bytes: new Uint8Array() } })

function endText(end: WorkerEnd, item: WorkItem | undefined, seconds: number): string {
  if (end.timedOut)
    return `the file took longer than ${Math.round(seconds)} seconds, so it was given up; exclude it or report it with its shape`
  const size = sizeText(item?.size ?? 0)
  return end.outOfMemory
    ? `the file (${size}) needs more memory than a reader may use; split it or export less`
    : `the reader broke down over this file (${size}); please report it with the file's shape, not its content`
}

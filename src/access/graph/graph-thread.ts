// The thread of the graph, seen from the server: questions go in, answers come out. It begins with the first question.
import { Worker } from 'node:worker_threads'
import type { Connection } from '#db'
import { Fault } from '#kernel'
import type { AskedGraph, ToldGraph } from './graph-worker.ts'
import type { GraphAnswers, GraphQuestion } from './keeper.ts'

/** In the package's build everything stands side by side. */
const ENTRY = new URL(import.meta.url.endsWith('.ts') ? './graph-worker.ts' : './graph-worker.js', import.meta.url)
/** Beyond its heap a thread dies with an error of its own; the columns lie outside of it. */
const HEAP_MIB = 4096
/** Questions that wait for one another. */
const WAITING_MAX = 100

interface Waiting {
  readonly resolve: (answer: never) => void
  readonly reject: (error: Error) => void
}

export class GraphThread {
  readonly #connection: Connection
  readonly #waiting = new Map<number, Waiting>()
  #worker: Worker | undefined
  #asked = 0

  constructor(connection: Connection) {
    this.#connection = connection
  }

  /** Faults of the question; `rate_limited` where too many wait; `database_unavailable` where the thread died. */
  async ask<K extends keyof GraphAnswers>(question: Extract<GraphQuestion, { kind: K }>): Promise<GraphAnswers[K]> {
    if (this.#waiting.size >= WAITING_MAX)
      throw new Fault('rate_limited', 'too many questions of this kind wait; try again')
    const worker = (this.#worker ??= this.#start())
    const number = this.#asked++
    return await new Promise<GraphAnswers[K]>((resolve, reject) => {
      this.#waiting.set(number, { resolve, reject })
      worker.postMessage({ number, question } satisfies AskedGraph, [])
    })
  }

  /** What is known is of another database: the next question reads everything. Those that wait are told to ask again. */
  anew(): void {
    void this.#worker?.terminate()
  }

  async stop(): Promise<void> {
    await this.#worker?.terminate()
  }

  #start(): Worker {
    const worker = new Worker(ENTRY, {
      workerData: { connection: this.#connection },
      resourceLimits: { maxOldGenerationSizeMb: HEAP_MIB },
    })
    // the server decides when the process ends
    worker.unref()
    worker.on('message', (told: ToldGraph) => this.#hear(told))
    worker.on('error', (error) => this.#lose(worker, error))
    worker.on('exit', () => this.#lose(worker, undefined))
    return worker
  }

  #hear(told: ToldGraph): void {
    const waiting = this.#waiting.get(told.number)
    this.#waiting.delete(told.number)
    if ('answer' in told) waiting?.resolve(told.answer as never)
    else waiting?.reject(faultOf(told.failure))
  }

  /** The next question starts another. */
  #lose(worker: Worker, cause: unknown): void {
    if (this.#worker !== worker) return
    this.#worker = undefined
    const error = new Fault('database_unavailable', 'the graph of access is not there; try again', { cause })
    for (const { reject } of this.#waiting.values()) reject(error)
    this.#waiting.clear()
  }
}

function faultOf({ code, detail }: Extract<ToldGraph, { failure: object }>['failure']): Error {
  return code === undefined ? new Error(detail) : new Fault(code, detail)
}

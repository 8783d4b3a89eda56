// One transaction from BEGIN to COMMIT on a connection of its own: retries, time limits, and what an error means.
import { setTimeout as sleep } from 'node:timers/promises'
import type pg from 'pg'
import { Fault } from '#kernel'
import { copyIn } from './copy.ts'
import type { Layer } from './layer.ts'
import { faultOf, isConnectionLost, isRetryable } from './pg-faults.ts'
import type { Sql } from './sql.ts'
import type { CopyValue, TransactionOptions, Tx } from './transaction.ts'

const ATTEMPTS_MAX = 3
const STATEMENT_TIMEOUT_MS = 30_000
/** How much later than the server's own limit we give up on an answer: then the connection is taken for lost. */
const ANSWER_GRACE_MS = 5000

/** Gives a connection, and takes it back; `broken` ones are closed. */
export interface Connections {
  acquire(): Promise<pg.ClientBase>
  release(client: pg.ClientBase, broken: boolean): void
}

export async function transact<T>(
  layer: Layer,
  connections: Connections,
  work: (tx: Tx) => Promise<T>,
  options: TransactionOptions,
): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await once(layer, connections, work, options)
    } catch (error) {
      const again = isRetryable(error) || error instanceof NotBegun
      if (!again || attempt >= ATTEMPTS_MAX) throw faultOf(error instanceof NotBegun ? error.cause : error)
      await sleep(Math.random() * 20 * 2 ** attempt)
    }
  }
}

/** One statement of its own; see `LayerDatabase.prepared`. */
export async function alone<Row extends object>(connections: Connections, query: pg.QueryConfig): Promise<Row[]> {
  const client = await connections.acquire()
  let broken = false
  try {
    return (await client.query(withLimit(query, STATEMENT_TIMEOUT_MS))).rows as Row[]
  } catch (error) {
    broken = isConnectionLost(error)
    throw faultOf(error)
  } finally {
    connections.release(client, broken)
  }
}

/** The connection was dead before the work began, so another may be tried whatever the work is. */
class NotBegun extends Error {}

async function once<T>(
  layer: Layer,
  connections: Connections,
  work: (tx: Tx) => Promise<T>,
  options: TransactionOptions,
): Promise<T> {
  const client = await connections.acquire()
  const limitMs = options.statementTimeoutMs ?? STATEMENT_TIMEOUT_MS
  const tx = new OpenTransaction(layer, client, limitMs)
  let broken = false
  try {
    await begin(client, limitMs, options)
    const result = await work(tx)
    await tx.end()
    await commit(client, limitMs)
    return result
  } catch (error) {
    await tx.end()
    broken =
      isConnectionLost(error) || error instanceof NotBegun || (error instanceof Fault && isConnectionLost(error.cause))
    if (!broken) broken = !(await rolledBack(client))
    throw error
  } finally {
    connections.release(client, broken)
  }
}

async function begin(client: pg.ClientBase, limitMs: number, options: TransactionOptions): Promise<void> {
  const mode =
    options.readOnly === true ? 'isolation level repeatable read read only' : 'isolation level read committed'
  const idle = limitMs === 0 ? '; set local idle_in_transaction_session_timeout = 0' : ''
  const text = `begin ${mode}; set local statement_timeout = ${Math.trunc(limitMs)}${idle}`
  try {
    await client.query(withLimit({ text }, STATEMENT_TIMEOUT_MS))
  } catch (error) {
    if (isConnectionLost(error)) throw new NotBegun('not begun', { cause: error })
    throw error
  }
}

async function commit(client: pg.ClientBase, limitMs: number): Promise<void> {
  let answer: pg.QueryResult
  try {
    answer = await client.query(withLimit({ text: 'commit' }, limitMs))
  } catch (error) {
    if (!isConnectionLost(error)) throw error
    const detail = 'the connection was lost while it was being written; look whether it is there before you repeat it'
    throw new Fault('outcome_unknown', detail, { cause: error })
  }
  // PostgreSQL answers COMMIT of a failed transaction with ROLLBACK and no error
  if (answer.command === 'ROLLBACK')
    throw new Error('a statement failed and its error was swallowed, so nothing was committed')
}

async function rolledBack(client: pg.ClientBase): Promise<boolean> {
  try {
    await client.query(withLimit({ text: 'rollback' }, STATEMENT_TIMEOUT_MS))
    return true
  } catch {
    // the connection is of no more use; the server rolls back when it is closed
    return false
  }
}

/** `query_timeout` is `pg`'s own, per query; its types have it on the connection only. */
function withLimit<Q extends pg.QueryConfig>(query: Q, limitMs: number): Q {
  return limitMs === 0 ? query : { ...query, query_timeout: limitMs + ANSWER_GRACE_MS }
}

/** A transaction that the caller has begun and will end, as a layer's code takes it. No limit on its statements. */
export function transactionOn(layer: Layer, client: pg.ClientBase): Tx {
  return new OpenTransaction(layer, client, 0)
}

class OpenTransaction implements Tx {
  readonly layer: Layer
  readonly #client: pg.ClientBase
  readonly #limitMs: number
  #last: Promise<unknown> = Promise.resolve()
  #ended = false

  constructor(layer: Layer, client: pg.ClientBase, limitMs: number) {
    this.layer = layer
    this.#client = client
    this.#limitMs = limitMs
  }

  async query<Row extends object>(statement: Sql): Promise<Row[]> {
    return (await this.#run(statement.compile())).rows as Row[]
  }

  async prepared<Row extends object>(name: string, text: string, values: readonly unknown[]): Promise<Row[]> {
    return (await this.#run({ name, text, values: [...values] })).rows as Row[]
  }

  async execute(statement: Sql): Promise<number> {
    return (await this.#run(statement.compile())).rowCount ?? 0
  }

  copyIn(table: string, columns: readonly string[], rows: Iterable<readonly CopyValue[]>): Promise<number> {
    return this.#inTurn(() => copyIn(this.#client, table, columns, rows))
  }

  /** Waits for statements that nobody awaited; no statement can follow. */
  async end(): Promise<void> {
    this.#ended = true
    await this.#last
  }

  #run(query: pg.QueryConfig): Promise<pg.QueryResult> {
    return this.#inTurn(() => this.#client.query(withLimit(query, this.#limitMs)))
  }

  #inTurn<T>(statement: () => Promise<T>): Promise<T> {
    if (this.#ended) return Promise.reject(new Error('the transaction has ended: await every statement within it'))
    const turn = this.#last.then(statement)
    this.#last = turn.catch(() => undefined)
    return turn
  }
}

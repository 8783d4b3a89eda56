// What a layer may do with the database: transactions over its own pool, and nothing else.
import type { Layer } from './layer.ts'
import type { Sql } from './sql.ts'

/** What COPY carries. `undefined` and `null` are NULL; an object or array is JSON; a Date is a timestamp. */
export type CopyValue = string | number | bigint | boolean | null | undefined | Date | Buffer | object

/**
 * One transaction of one layer, READ COMMITTED. Statements run one after another. Nothing is durable before the
 * `transaction` call that gave it has returned; then everything is.
 */
export interface Tx {
  readonly layer: Layer
  /** Rows in the order that the statement gives. `timestamptz` comes as `Instant` text, `bigint` as number (throws above 2^53), `jsonb` parsed. */
  query<Row extends object = Record<string, unknown>>(statement: Sql): Promise<Row[]>
  /** The same as a named prepared statement, for hot paths: `name` stands for one text for ever. */
  prepared<Row extends object = Record<string, unknown>>(
    name: string,
    text: string,
    values: readonly unknown[],
  ): Promise<Row[]>
  /** Number of rows that the statement changed. */
  execute(statement: Sql): Promise<number>
  /** `COPY schema.table (columns) FROM STDIN`. Returns the number of rows. Streams; holds back at the socket's pace. */
  copyIn(table: string, columns: readonly string[], rows: Iterable<readonly CopyValue[]>): Promise<number>
}

export interface TransactionOptions {
  /** READ ONLY, REPEATABLE READ: every statement sees one snapshot. */
  readonly readOnly?: boolean
  /** Gives up on a statement after this long; 30,000 unless said otherwise. 0 is for imports: no limit. */
  readonly statementTimeoutMs?: number
}

/** The pool of one layer, over its own role's credentials. Safe for concurrent use. */
export interface LayerDatabase {
  readonly layer: Layer
  /**
   * Runs `work` in a transaction: commits when it returns, rolls back when it throws. Serialization failures and
   * deadlocks (40001, 40P01) run `work` again, at most three times, so `work` has no effect but the database.
   * Throws Fault('database_unavailable') where there is no connection to be had, Fault('storage_full') on 53100.
   * A commit whose answer was lost throws Fault('outcome_unknown'): repeat it under the same idempotency key.
   */
  transaction<T>(work: (tx: Tx) => Promise<T>, options?: TransactionOptions): Promise<T>
  /**
   * One statement by itself, in one round trip: for what is asked many times a second. Reads only, for nobody repeats it.
   * \`name\` stands for one text for ever. Throws as \`transaction\` does.
   */
  prepared<Row extends object>(name: string, text: string, values: readonly unknown[]): Promise<Row[]>
}

/** How a pool stands, in connections; `waiting` are transactions without one. */
export interface PoolState {
  readonly layer: Layer
  readonly max: number
  readonly open: number
  readonly inUse: number
  readonly waiting: number
}

/** All pools of a server. `close` waits for running transactions, then ends every connection. */
export interface Database {
  layer(layer: Layer): LayerDatabase
  /** Of every layer, at this instant. */
  pools(): readonly PoolState[]
  close(): Promise<void>
}

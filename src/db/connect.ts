// The pools: one per layer, over that layer's own credentials. A lost connection is a fault of one transaction, never
// of the process.
import { Pool } from 'pg'
import type pg from 'pg'
import { Fault } from '#kernel'
import { LAYER_NAMES } from './layer.ts'
import type { Layer } from './layer.ts'
import { faultOf } from './pg-faults.ts'
import { alone, transact } from './transact.ts'
import type { Connections } from './transact.ts'
import type { Database, LayerDatabase, PoolState, TransactionOptions, Tx } from './transaction.ts'
import { typeParsers } from './type-parsers.ts'

const CONNECT_TIMEOUT_MS = 5000
/** How long a transaction waits for a connection of a pool that is all in use. */
const TURN_TIMEOUT_MS = 30_000
const IDLE_IN_TRANSACTION_MS = 120_000
const MAX: Readonly<Partial<Record<Layer, number>>> = { identity: 10 }
const MAX_ELSE = 5

/** Where a role connects, as `pg` takes it; `max` is the size of its pool. */
export interface Connection extends pg.ClientConfig {
  readonly max?: number
}

/** What every connection of ours has in common, whoever it is for. */
export function connectionSettings(connection: Connection, applicationName: string): pg.ClientConfig {
  return {
    ...connection,
    application_name: applicationName,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    keepAlive: true,
    keepAliveInitialDelayMillis: 10_000,
    types: typeParsers,
    options: '-c timezone=UTC -c datestyle=ISO -c intervalstyle=iso_8601',
  }
}

/** Opens no connection yet: the first transaction of a layer does. */
export function openDatabase(connections: Readonly<Record<Layer, Connection>>): Database {
  const layers = new Map(LAYER_NAMES.map((layer) => [layer, new LayerPool(layer, connections[layer])]))
  return {
    layer(layer) {
      const pool = layers.get(layer)
      if (pool === undefined) throw new Error(`there is no layer ${layer}`)
      return pool
    },
    pools: () => [...layers.values()].map((pool) => pool.state()),
    async close() {
      await Promise.all([...layers.values()].map((pool) => pool.close()))
    },
  }
}

class LayerPool implements LayerDatabase, Connections {
  readonly layer: Layer
  readonly #pool: pg.Pool
  readonly #free: Turns
  readonly #max: number

  constructor(layer: Layer, connection: Connection) {
    const max = connection.max ?? MAX[layer] ?? MAX_ELSE
    this.layer = layer
    this.#max = max
    this.#free = new Turns(max)
    this.#pool = new Pool({
      ...connectionSettings(connection, `reeve ${layer}`),
      idle_in_transaction_session_timeout: IDLE_IN_TRANSACTION_MS,
      max,
      idleTimeoutMillis: 30_000,
    })
    // an idle connection that breaks is dropped by the pool; without a listener it would end the process
    this.#pool.on('error', ignore)
    // and a client that breaks between being handed out and being taken, when the pool does not listen any more
    this.#pool.on('connect', (client) => void client.on('error', ignore))
  }

  transaction<T>(work: (tx: Tx) => Promise<T>, options: TransactionOptions = {}): Promise<T> {
    return transact(this.layer, this, work, options)
  }

  prepared<Row extends object>(name: string, text: string, values: readonly unknown[]): Promise<Row[]> {
    return alone(this, { name, text, values: [...values] })
  }

  async acquire(): Promise<pg.ClientBase> {
    await this.#free.take()
    try {
      // while it is out, the pool does not listen; the statement that is running rejects by itself
      return await this.#pool.connect()
    } catch (error) {
      this.#free.give()
      throw faultOf(error)
    }
  }

  release(client: pg.ClientBase, broken: boolean): void {
    ;(client as pg.PoolClient).release(broken)
    this.#free.give()
  }

  state(): PoolState {
    const { layer } = this
    const max = this.#max
    return {
      layer,
      max,
      open: this.#pool.totalCount,
      inUse: max - this.#free.free,
      waiting: this.#free.waiting,
    }
  }

  async close(): Promise<void> {
    this.#free.close()
    if (!this.#pool.ending) await this.#pool.end()
  }
}

function ignore(): void {
  // listened to so that it does not end the process
}

/** First come, first served, for at most `TURN_TIMEOUT_MS`. */
class Turns {
  #free: number
  #closed = false
  readonly #waiting = new Set<() => void>()

  constructor(count: number) {
    this.#free = count
  }

  get free(): number {
    return this.#free
  }

  get waiting(): number {
    return this.#waiting.size
  }

  take(): Promise<void> {
    if (this.#closed) return Promise.reject(new Fault('database_unavailable', 'the server is stopping'))
    if (this.#free > 0) {
      this.#free--
      return Promise.resolve()
    }
    return new Promise((resolve, reject) => {
      const mine = (): void => {
        clearTimeout(timer)
        resolve()
      }
      const timer = setTimeout(() => {
        this.#waiting.delete(mine)
        reject(new Fault('database_unavailable', 'every connection is in use; try again shortly'))
      }, TURN_TIMEOUT_MS)
      this.#waiting.add(mine)
    })
  }

  give(): void {
    const [next] = this.#waiting
    if (next === undefined) this.#free++
    else {
      this.#waiting.delete(next)
      next()
    }
  }

  /** Nobody new is let in; who waits already still gets a turn. */
  close(): void {
    this.#closed = true
  }
}

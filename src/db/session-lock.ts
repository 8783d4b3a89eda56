// A lock that lasts as long as its holder lives: held by a connection of its own, so that a process that is gone holds none.
import { Client } from 'pg'
import { connectionSettings } from './connect.ts'
import type { Connection } from './connect.ts'
import { faultOf } from './pg-faults.ts'
import { sql } from './sql.ts'
import type { Sql } from './sql.ts'

const ALIVE_EVERY_MS = 10_000
const ALIVE_ANSWER_MS = 10_000
/** A server that cannot reach its holder any more frees the lock within half a minute; not used on a Unix socket. */
const KEEPALIVE = '-c tcp_keepalives_idle=10 -c tcp_keepalives_interval=5 -c tcp_keepalives_count=3'

export interface HeldLock {
  /** Aborted when the connection is gone, and the lock with it: somebody else may hold it from now on. */
  readonly lost: AbortSignal
  release(): Promise<void>
}

/** The lock called `name`, or `undefined` where somebody else holds it. Faults: database_unavailable. */
export async function holdLock(connection: Connection, name: string): Promise<HeldLock | undefined> {
  const settings = connectionSettings(connection, 'reeve lock')
  const client = new Client({
    ...settings,
    options: `${settings.options ?? ''} ${KEEPALIVE}`,
    query_timeout: ALIVE_ANSWER_MS,
  })
  const lost = new AbortController()
  client.on('error', () => lost.abort())
  client.on('end', () => lost.abort())
  try {
    await client.connect()
    const { rows } = await client.query<{ got: boolean }>(
      'select pg_try_advisory_lock(hashtextextended($1, 0)) as got',
      [name],
    )
    if (rows[0]?.got !== true) {
      await end(client)
      return undefined
    }
  } catch (error) {
    await end(client)
    throw faultOf(error)
  }
  const alive = setInterval(() => {
    client.query('select').catch(() => {
      lost.abort()
      void end(client)
    })
  }, ALIVE_EVERY_MS)
  lost.signal.addEventListener('abort', () => clearInterval(alive))
  return {
    lost: lost.signal,
    async release() {
      clearInterval(alive)
      await end(client)
    },
  }
}

async function end(client: Client): Promise<void> {
  await client.end().catch(() => undefined)
}

/** Whether anybody holds the lock that `name` (an SQL expression) is called. */
export function lockIsHeld(name: Sql): Sql {
  return sql`exists (
    select from pg_locks l
    where l.locktype = 'advisory' and l.granted and l.objsubid = 1
      and l.database = (select d.oid from pg_database d where d.datname = current_database())
      and (l.classid::bigint << 32) | l.objid::bigint = hashtextextended(${name}, 0))`
}

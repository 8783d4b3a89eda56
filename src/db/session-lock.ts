// A lock that lasts as long as its holder lives: held by a connection of its own, so that a process that is gone holds none.
import type { Connection } from './connect.ts'
import { ownConnection } from './own-connection.ts'
import { sql } from './sql.ts'
import type { Sql } from './sql.ts'

export interface HeldLock {
  /** Aborted when the connection is gone, and the lock with it: somebody else may hold it from now on. */
  readonly lost: AbortSignal
  release(): Promise<void>
}

/** The lock called `name`, or `undefined` where somebody else holds it. Faults: database_unavailable. */
export async function holdLock(connection: Connection, name: string): Promise<HeldLock | undefined> {
  let got = false
  const { lost, stop } = await ownConnection(connection, 'reeve lock', async (client) => {
    const { rows } = await client.query<{ got: boolean }>(
      'select pg_try_advisory_lock(hashtextextended($1, 0)) as got',
      [name],
    )
    got = rows[0]?.got === true
  })
  if (got) return { lost, release: stop }
  await stop()
  return undefined
}

/** Whether anybody holds the lock that `name` (an SQL expression) is called. */
export function lockIsHeld(name: Sql): Sql {
  return sql`exists (
    select from pg_locks l
    where l.locktype = 'advisory' and l.granted and l.objsubid = 1
      and l.database = (select d.oid from pg_database d where d.datname = current_database())
      and (l.classid::bigint << 32) | l.objid::bigint = hashtextextended(${name}, 0))`
}

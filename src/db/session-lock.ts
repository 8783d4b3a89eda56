// A lock that lasts as long as its holder lives: held by a connection of its own, so that a process that is gone holds none, and
// one that is stopped (a frozen machine, a debugger) holds it no longer than its lease.
import type { Connection } from './connect.ts'
import { ownConnection } from './own-connection.ts'
import { sql } from './sql.ts'
import type { Sql } from './sql.ts'
import type { LayerDatabase } from './transaction.ts'

/** Longer than any work here keeps its process from answering. */
const LEASE_MS = 60_000

export interface HeldLock {
  /** Aborted when the connection is gone, and the lock with it: somebody else may hold it from now on. */
  readonly lost: AbortSignal
  /** Throws where somebody else may hold it: before what must not be done by two. */
  readonly assertHeld: () => void
  release(): Promise<void>
}

/** The lock called `name`, or `undefined` where somebody else holds it. Faults: database_unavailable. */
export async function holdLock(
  connection: Connection,
  name: string,
  { leaseMs = LEASE_MS }: { readonly leaseMs?: number } = {},
): Promise<HeldLock | undefined> {
  let got = false
  const { lost, isProven, stop } = await ownConnection(
    connection,
    'reeve lock',
    async (client) => {
      const { rows } = await client.query<{ got: boolean }>(
        'select pg_try_advisory_lock(hashtextextended($1, 0)) as got',
        [name],
      )
      got = rows[0]?.got === true
    },
    { leaseMs },
  )
  if (!got) {
    await stop()
    return undefined
  }
  const losing = new AbortController()
  return {
    lost: AbortSignal.any([lost, losing.signal]),
    assertHeld: () => {
      if (isProven()) return
      losing.abort()
      throw new Error(`the lock \`${name}\` is not known to be held any more: another server goes on`)
    },
    release: stop,
  }
}

/** INVARIANT: what is written here is committed only while the lock is held. */
export const fencedBy = ({ assertHeld }: Pick<HeldLock, 'assertHeld'>, db: LayerDatabase): LayerDatabase => ({
  layer: db.layer,
  prepared: async (name, text, values) => await db.prepared(name, text, values),
  transaction: async (work, options) =>
    await db.transaction(async (tx) => {
      const made = await work(tx)
      assertHeld()
      return made
    }, options),
})

/** Whether anybody holds the lock that `name` (an SQL expression) is called. */
export function lockIsHeld(name: Sql): Sql {
  return sql`exists (
    select from pg_locks l
    where l.locktype = 'advisory' and l.granted and l.objsubid = 1
      and l.database = (select d.oid from pg_database d where d.datname = current_database())
      and (l.classid::bigint << 32) | l.objid::bigint = hashtextextended(${name}, 0))`
}

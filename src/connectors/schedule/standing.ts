// How runs stand, for whoever watches a server: what is open, and what became of the newest run of each connection.
import { sql } from '#db'
import type { ConnectionsLayer } from './connection.ts'
import type { RunState } from './run.ts'

export interface RunStanding {
  /** Runs that have not ended. */
  readonly open: Readonly<Record<'queued' | 'running', number>>
  /** Connections that are not removed, by the state of their newest run. */
  readonly newest: Readonly<Record<RunState | 'never', number>>
}

export async function runStanding(layer: ConnectionsLayer): Promise<RunStanding> {
  return await layer.db.transaction(
    async (tx) => {
      const open = await tx.query<{ state: string; count: number }>(sql`
        select state, count(*) as count from connections.run where state in ('queued', 'running') group by state`)
      const newest = await tx.query<{ state: string; count: number }>(sql`
        select coalesce(newest.state, 'never') as state, count(*) as count
        from connections.connection c
        left join lateral (
          select r.state from connections.run r where r.connection_id = c.id order by r.queued_at desc, r.id limit 1
        ) newest on true
        where c.state <> 'removed' group by 1`)
      const counted = (rows: typeof open): Record<string, number> =>
        Object.fromEntries(rows.map(({ state, count }) => [state, count]))
      const none = { never: 0, queued: 0, running: 0, succeeded: 0, partial: 0, held: 0, failed: 0 }
      return { open: { queued: 0, running: 0, ...counted(open) }, newest: { ...none, ...counted(newest) } }
    },
    { readOnly: true },
  )
}

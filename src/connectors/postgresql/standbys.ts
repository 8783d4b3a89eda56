// Standbys of a target: a login that is denied reaches them by the log, what is open there goes on and is seen by nobody who asks
// the primary only.
import type { Administrator } from './administrator.ts'
import type { OtherWay } from './other-ways.ts'
import { literal } from './sql-text.ts'

interface Standby {
  readonly application: string
  /** Null on a Unix socket. */
  readonly address: string | null
}

const STANDBYS_MAX = 100

/**
 * Those that stream from this server now. Who receives the log and replays nothing of it (an archive) has no sessions; logical
 * replication has a slot of its own kind. What follows a standby, or reads an archive, is not seen here.
 */
async function standbysOf(administrator: Administrator): Promise<Standby[]> {
  return await administrator.rows<Standby>(
    `select coalesce(nullif(r.application_name, ''), 'a standby') as application, host(r.client_addr) as address
     from pg_stat_replication r
     where r.state is distinct from 'backup' and not (r.state = 'streaming' and r.replay_lsn is null)
       and not exists (select from pg_replication_slots s where s.active_pid = r.pid and s.slot_type = 'logical')
     order by 2, 1 limit ${STANDBYS_MAX}`,
  )
}

export async function standbyWays(
  administrator: Administrator,
  account: string,
): Promise<{ readonly ways: OtherWay[]; readonly seen: string }> {
  const found = await standbysOf(administrator)
  return {
    ways: found.map(({ application, address }) => ({
      by: 'standby',
      way: `sessions at the standby ${application} (${address ?? 'a Unix socket'}) are not seen, and go on`,
      next: `at the standby: SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = ${literal(account)}`,
    })),
    seen: `${found.length} standbys stream from it`,
  }
}

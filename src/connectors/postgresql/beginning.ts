// Sessions that have begun and stand under nobody yet. PostgreSQL looks once whether a role may log in; whoever signs in may make
// it wait after that (`post_auth_delay`), and only then does `pg_stat_activity` say as whom. Such a session would show up open
// after everything else was seen to be ended.
import { setTimeout as sleep } from 'node:timers/promises'
import type { Administrator } from './administrator.ts'
import { TargetError } from './target-error.ts'

/** A login takes a small part of it; whoever takes longer has asked to. */
const LOGIN_MS = 2000
const PAUSE_MS = 100
const INSUFFICIENT_PRIVILEGE = '42501'

/**
 * By the lock that each holds on its own first transaction. Before 18 they have no row; from 18 on one without a user, where
 * whoever still waits for the client's password is told apart: that one is asked afterwards whether it may log in.
 */
const BEGINNING = `select distinct l.pid from pg_locks l left join pg_stat_activity s on s.pid = l.pid
  where l.locktype = 'virtualxid' and l.pid <> pg_backend_pid()
    and (s.pid is null or s.usesysid is null and s.backend_type = 'client backend' and s.wait_event_type is distinct from 'Client')
  order by 1`

export async function beginningSessions(administrator: Administrator): Promise<number[]> {
  return (await administrator.rows<{ pid: number }>(BEGINNING)).map(({ pid }) => pid)
}

/** Who is beginning at all this while; nobody, as soon as that is seen. */
export async function stillBeginning(administrator: Administrator, signal: AbortSignal): Promise<readonly number[]> {
  return await leftOf(administrator, await beginningSessions(administrator), Date.now() + LOGIN_MS, signal)
}

/**
 * Those that are beginning now and stay so are ended; answers who of them is left at `until` (milliseconds since 1970). As whom
 * they sign in is not known: what the administrative role may not end is no session of a role that it holds.
 */
export async function endBeginning(
  administrator: Administrator,
  until: number,
  signal: AbortSignal,
): Promise<readonly number[]> {
  const ours: number[] = []
  for (const pid of await stillBeginning(administrator, signal)) if (await isOurs(administrator, pid)) ours.push(pid)
  return await leftOf(administrator, ours, until, signal)
}

async function leftOf(
  administrator: Administrator,
  pids: readonly number[],
  until: number,
  signal: AbortSignal,
): Promise<readonly number[]> {
  let left = pids
  while (left.length > 0 && Date.now() <= until) {
    await sleep(PAUSE_MS, undefined, { signal })
    const now = new Set(await beginningSessions(administrator))
    left = left.filter((pid) => now.has(pid))
  }
  return left
}

async function isOurs(administrator: Administrator, pid: number): Promise<boolean> {
  try {
    // looked at in the statement that ends it: its number may be another one's by now
    await administrator.rows(`select pg_terminate_backend(b.pid) from (${BEGINNING}) b where b.pid = $1`, [pid])
    return true
  } catch (error) {
    if (error instanceof TargetError && error.sqlstate === INSUFFICIENT_PRIVILEGE) return false
    throw error
  }
}

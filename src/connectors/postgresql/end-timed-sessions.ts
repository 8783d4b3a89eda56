// Sessions of grants are ended: those that are open, and those that have begun and stand under nobody yet. Such a one may have
// become another role by its first words already, and shows up after everything else was seen to be over.
import { setTimeout as sleep } from 'node:timers/promises'
import type { TargetCall } from '#connectors/target'
import type { Administrator } from './administrator.ts'
import { endBeginning } from './beginning.ts'

const SESSIONS_MS = 5000
const PAUSE_MS = 50

/** At this server. By role, why one may go on; where it is not known whose it is, each has it. */
export async function endTimedSessions(
  one: Administrator,
  call: TargetCall,
  roles: readonly string[],
): Promise<Map<string, string>> {
  const left = new Map<string, string>()
  if (roles.length === 0) return left
  await endOpen(one, call, roles)
  for (const pid of await endBeginning(one, Date.now() + SESSIONS_MS, call.signal))
    for (const role of roles) left.set(role, `process ${pid} has begun to sign in, not said as whom, and does not end`)
  for (const role of await endOpen(one, call, roles)) left.set(role, 'a session of it does not end')
  return left
}

/** Answers the roles that still have one when the time for it is over. */
async function endOpen(one: Administrator, call: TargetCall, roles: readonly string[]): Promise<string[]> {
  for (const until = Date.now() + SESSIONS_MS; ;) {
    const open = await one.rows<{ name: string; ended: boolean }>(
      'select usename as name, pg_terminate_backend(pid) as ended from pg_stat_activity where usename = any($1)',
      [roles],
    )
    if (open.length === 0 || Date.now() > until) return [...new Set(open.map(({ name }) => name))]
    await sleep(PAUSE_MS, undefined, { signal: call.signal })
  }
}

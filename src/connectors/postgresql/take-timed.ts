// Grants end at PostgreSQL: no new logins, no open sessions, then no role. Many that end together are ended in one session, and
// with them whatever is left here of grants whose time is over.
import { setTimeout as sleep } from 'node:timers/promises'
import type { TargetCall, TimedDone, TimedRight } from '#connectors/target'
import { asAdministrator } from './administrator.ts'
import type { Administrator } from './administrator.ts'
import { dependentsOf, described } from './dependents.ts'
import { handOverStatement } from './hand-over.ts'
import { identifier } from './sql-text.ts'
import { TargetError } from './target-error.ts'
import { readComment, TIMED_ROLES, timedRoleName } from './timed-role.ts'

/** Locks of a server are bounded, and each role that is dropped holds some. */
const AT_ONCE = 50
const SESSIONS_MS = 5000
const PAUSE_MS = 50

/** Why a role is still there; what is not in it is gone. */
type Left = ReadonlyMap<string, string>

interface Waiting {
  readonly rights: TimedRight[]
  readonly ended: Promise<Left>
}

/** By where the target is: the next session, which those who come meanwhile join. */
const waiting = new Map<string, Waiting>()
const under = new Map<string, Promise<unknown>>()

export async function takeTimed(call: TargetCall, right: TimedRight): Promise<TimedDone> {
  const role = timedRoleName(right)
  const left = (await joined(call, right)).get(role)
  return left === undefined ? { done: true, answer: `pg_roles has no ${role} any more` } : { done: false, reason: left }
}

/** One session at a time for each target. */
async function joined(call: TargetCall, right: TimedRight): Promise<Left> {
  const { address, administrator } = call.settings
  const key = JSON.stringify([address, administrator])
  const next = waiting.get(key)
  if (next !== undefined) {
    next.rights.push(right)
    return await next.ended
  }
  const rights = [right]
  const before = under.get(key) ?? Promise.resolve()
  const ended = before
    // those that were asked for in the same moment come along
    .then(async () => await sleep(5))
    .then(async () => {
      waiting.delete(key)
      // SECURITY: not the signal of the first alone: others wait for it too
      const signal = AbortSignal.timeout(25_000)
      return await takeAll({ ...call, signal }, rights.map(timedRoleName))
    })
  waiting.set(key, { rights, ended })
  const over = ended.catch(() => undefined).finally(() => under.get(key) === over && under.delete(key))
  under.set(key, over)
  return await ended
}

async function takeAll(call: TargetCall, wanted: readonly string[]): Promise<Left> {
  const left = new Map<string, string>()
  await asAdministrator(call, { for: 'acting' }, async (one) => {
    const roles = await there(one, call, wanted)
    for (let at = 0; at < roles.length; at += AT_ONCE) {
      const some = roles.slice(at, at + AT_ONCE)
      await attempt(some, async (names) => {
        await one.rows(names.map((name) => `ALTER ROLE ${identifier(name)} NOLOGIN PASSWORD NULL`).join('; '))
      })
    }
    for (const name of await endSessionsOf(one, call, roles)) left.set(name, 'a session of it does not end')
    const free = roles.filter((name) => !left.has(name))
    for (let at = 0; at < free.length; at += AT_ONCE) await dropRoles(one, call, free.slice(at, at + AT_ONCE), left)
  })
  return left
}

/** Those that are wanted, and those whose own comment says that they are over. */
async function there(one: Administrator, call: TargetCall, wanted: readonly string[]): Promise<string[]> {
  const rows = await one.rows<{ name: string; comment: string | null }>(
    "select rolname as name, shobj_description(oid, 'pg_authid') as comment from pg_roles where rolname like $1 order by 1",
    [TIMED_ROLES],
  )
  const [asked, now] = [new Set(wanted), call.clock()]
  return rows
    .filter(({ name, comment }) => {
      const until = readComment(comment)?.until
      return asked.has(name) || (until !== undefined && until <= now)
    })
    .map(({ name }) => name)
}

/** Answers the roles that still have one when the time for it is over. */
async function endSessionsOf(one: Administrator, call: TargetCall, roles: readonly string[]): Promise<string[]> {
  for (const until = Date.now() + SESSIONS_MS; ;) {
    const open = await one.rows<{ name: string; ended: boolean }>(
      'select usename as name, pg_terminate_backend(pid) as ended from pg_stat_activity where usename = any($1)',
      [roles],
    )
    if (open.length === 0 || Date.now() > until) return [...new Set(open.map(({ name }) => name))]
    await sleep(PAUSE_MS, undefined, { signal: call.signal })
  }
}

async function dropRoles(
  one: Administrator,
  call: TargetCall,
  roles: readonly string[],
  left: Map<string, string>,
): Promise<void> {
  await attempt(roles, async (names) => {
    const [alone = '', another] = names
    try {
      if (another === undefined) await handOver(one, call, alone)
      await one.rows(`DROP ROLE IF EXISTS ${names.map(identifier).join(', ')}`)
    } catch (error) {
      if (!(error instanceof TargetError) || another !== undefined) throw error
      left.set(alone, `${alone} may not log in and is still there: ${await why(one, call, alone, error)}`)
    }
  })
}

/** All in one statement; where one of them keeps the others, each by itself. */
async function attempt(roles: readonly string[], work: (names: readonly string[]) => Promise<void>): Promise<void> {
  if (roles.length === 0) return
  try {
    await work(roles)
  } catch (error) {
    if (!(error instanceof TargetError) || roles.length === 1) throw error
    for (const role of roles) await attempt([role], work)
  }
}

/** Rights on tables are withdrawn, and what it came to own goes to the successor: no object is lost. */
async function handOver(one: Administrator, call: TargetCall, account: string): Promise<void> {
  for (const { database } of (await dependentsOf(one, account)).filter(({ open }) => open))
    await asAdministrator(call, { for: 'acting', database }, async (inside) => {
      // a superuser withdraws as the owner, which leaves what others passed on: that only who gave it can withdraw
      const given = await inside.rows<{ statement: string }>(GIVEN, [account])
      for (const { statement } of given) await inside.rows(statement)
      await inside.rows(handOverStatement(account, call.settings.successor))
    })
}

const GIVEN = `with who as (select (select oid from pg_roles where rolname = $1) as grantee, current_user::regrole::oid as grantor)
  select format('REVOKE ALL ON TABLE %I.%I FROM %I', n.nspname, c.relname, $1::text) as statement
  from who, pg_class c join pg_namespace n on n.oid = c.relnamespace
  where exists (select from aclexplode(c.relacl) a where a.grantee = who.grantee and a.grantor = who.grantor)
  union all
  select format('REVOKE ALL ON SCHEMA %I FROM %I', n.nspname, $1::text) from who, pg_namespace n
  where exists (select from aclexplode(n.nspacl) a where a.grantee = who.grantee and a.grantor = who.grantor)`

async function why(one: Administrator, call: TargetCall, account: string, error: TargetError): Promise<string> {
  const words: string[] = []
  const asStep = { ...call, planId: '', subject: { account }, earlier: {}, before: null }
  for (const each of await dependentsOf(one, account)) words.push(await described(asStep, each))
  return [...words, error.message].join('; ')
}

// Grants end at PostgreSQL: no new logins, no open sessions, then no role. Many that end together are ended in one session, and
// with them whatever is left here of grants whose time is over.
import type { TargetCall, TimedDone, TimedReaped, TimedRight } from '#connectors/target'
import { asAdministrator } from './administrator.ts'
import type { Administrator } from './administrator.ts'
import { dependentsOf, described } from './dependents.ts'
import { endTimedSessions } from './end-timed-sessions.ts'
import { handOverStatement } from './hand-over.ts'
import { allOrEach, inParts, OneSession } from './one-session.ts'
import { identifier } from './sql-text.ts'
import { atEachStandby, untilNone } from './standbys.ts'
import { spelled, TargetError } from './target-error.ts'
import { madeBy, preparedWhile, remembered } from './timed-left.ts'
import { readComment, TIMED_ROLES, timedRoleName } from './timed-role.ts'

interface Taken {
  /** Why a role is still there; what is not in it is gone. */
  readonly left: ReadonlyMap<string, string>
  /** Roles that were over, and that nobody had asked for. */
  readonly forgotten: readonly string[]
}

const together = new OneSession<string, Taken>(takeAll)
/** No name of a role: who asks for nothing comes along with whoever asks in the same moment. */
const NOTHING = ''

export async function takeTimed(call: TargetCall, right: TimedRight): Promise<TimedDone> {
  const role = timedRoleName(right)
  const reason = (await together.join(call, role)).left.get(role)
  const stays = remembered.of(role)
  const left = stays !== undefined && { left: stays }
  return reason === undefined
    ? { done: true, answer: `pg_roles has no ${role} any more`, ...left }
    : { done: false, reason, ...left }
}

export async function reapTimed(call: TargetCall): Promise<TimedReaped> {
  const { left, forgotten } = await together.join(call, NOTHING)
  const isLeft = (name: string): boolean => left.has(name)
  return {
    gone: forgotten.filter((name) => !isLeft(name)),
    left: forgotten.filter(isLeft).map((name) => ({ name, reason: left.get(name) ?? '' })),
  }
}

async function takeAll(call: TargetCall, wanted: readonly string[]): Promise<Taken> {
  const left = new Map<string, string>()
  const found: string[] = []
  await asAdministrator(call, { for: 'acting' }, async (one) => {
    const roles = await there(one, call, wanted)
    found.push(...roles)
    for (const part of inParts(roles))
      await allOrEach(part, async (names) => {
        await one.rows(names.map((name) => `ALTER ROLE ${identifier(name)} NOLOGIN PASSWORD NULL`).join('; '))
      })
    // a role that is gone has no name in the list of sessions: who is about to stand there has to be ended before
    const open = await Promise.all([endTimedSessions(one, call, roles), endAtStandbys(call, roles)])
    for (const some of open) for (const [name, reason] of some) left.set(name, reason)
    const free = roles.filter((name) => !left.has(name))
    // while it is known whom each could become
    for (const [name, stays] of await preparedWhile(one, roles)) remembered.add(name, stays)
    for (const part of inParts(free)) await dropRoles(one, call, part, left)
    for (const name of roles) if (left.has(name)) await withoutMemberships(one, name)
  })
  return { left, forgotten: found.filter((name) => !wanted.includes(name)) }
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

/** By role, why one may go on there. Of a standby that can't be asked that is seen by who verifies. */
async function endAtStandbys(call: TargetCall, roles: readonly string[]): Promise<Map<string, string>> {
  const left = new Map<string, string>()
  if (roles.length === 0) return left
  await atEachStandby(call, async (at) => {
    await asAdministrator(at, { for: 'acting' }, async (standby) => {
      await untilNone(standby, call, 'select from pg_roles where rolname = any($1) and rolcanlogin', roles)
      for (const [name, reason] of await endTimedSessions(standby, call, roles))
        left.set(name, `at the standby ${spelled(at.settings.address)}: ${reason}`)
    })
  })
  return left
}

async function dropRoles(
  one: Administrator,
  call: TargetCall,
  roles: readonly string[],
  left: Map<string, string>,
): Promise<void> {
  await allOrEach(roles, async (names) => {
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

/** What acts as a role that stays (a function that it left behind) has nothing of what the grant gave. */
async function withoutMemberships(one: Administrator, account: string): Promise<void> {
  const found = await one.rows<{ statement: string }>(
    `select format('REVOKE %I FROM %I', g.rolname, r.rolname) as statement
     from pg_auth_members m join pg_roles r on r.oid = m.member join pg_roles g on g.oid = m.roleid where r.rolname = $1`,
    [account],
  )
  for (const { statement } of found)
    await one.rows(statement).catch((error: unknown) => {
      // its role is said to be there in any case
      if (!(error instanceof TargetError)) throw error
    })
}

/** Rights on tables are withdrawn, and what it came to own goes to the successor: no object is lost. */
async function handOver(one: Administrator, call: TargetCall, account: string): Promise<void> {
  for (const { database } of (await dependentsOf(one, account)).filter(({ open }) => open))
    await asAdministrator(call, { for: 'acting', database }, async (inside) => {
      // a superuser withdraws as the owner, which leaves what others passed on: that only who gave it can withdraw
      const made = await madeBy(inside, account, call.settings.successor)
      const given = await inside.rows<{ statement: string }>(GIVEN, [account])
      for (const { statement } of given) await inside.rows(statement)
      await inside.rows(handOverStatement(account, call.settings.successor))
      remembered.add(account, made)
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
  for (const each of await dependentsOf(one, account))
    words.push(await described({ ...call, subject: { account } }, each))
  return [...words, error.message].join('; ')
}

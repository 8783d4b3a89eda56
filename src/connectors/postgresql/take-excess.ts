// A grant that is told once more, with less: what its login has and is not to have any more is taken away, looked for once more, and
// its sessions end, here and at the standbys: one that has become another role stays that role, whatever was taken since.
import { setTimeout as sleep } from 'node:timers/promises'
import type { TargetCall, TimedDone } from '#connectors/target'
import { asAdministrator } from './administrator.ts'
import type { Administrator } from './administrator.ts'
import { endTimedSessions } from './end-timed-sessions.ts'
import { identifier } from './sql-text.ts'
import { atStandby, standbysIn } from './standbys.ts'
import { spelled, TargetError } from './target-error.ts'
import { groupsOf, tablesOf } from './timed-role.ts'
import type { Wanted } from './timed-role.ts'

const REPLAYED_MS = 2000
const PAUSE_MS = 20

/** By role, where it still has more than it is to have: why. An error can be tried again. */
export type StillMore = Map<string, TimedDone | TargetError>

interface Excess {
  readonly role: string
  /** In words: `SELECT on shop.orders`. */
  readonly what: string
  /** Without one it is not taken here: Reeve gives nothing of that kind. */
  readonly statement?: string
}

interface Beyond extends Excess {
  readonly group: string
}

/**
 * `there`: roles that a step before made. Their sessions end whatever is found: an attempt that did not finish may have taken all of
 * it, and who is still in got in before.
 */
export async function takeExcess(one: Administrator, call: TargetCall, there: readonly Wanted[]): Promise<StillMore> {
  const still: StillMore = new Map()
  if (there.length === 0) return still
  const take = async (inside: Administrator, look: () => Promise<Excess[]>): Promise<void> => {
    const excess = await look()
    for (const { statement } of excess) if (statement !== undefined) await tried(inside, statement)
    for (const { role, what } of excess.length === 0 ? [] : await look())
      still.set(role, {
        done: false,
        lasting: true,
        reason: `${role} goes on having ${what}, which another role gave it`,
      })
  }
  await take(one, async () => [...(await membershipsBeyond(one, there)), ...(await othersBeyond(one, there))])
  for (const database of await databasesOf(one, there))
    try {
      await asAdministrator(call, { for: 'acting', database }, async (inside) => {
        await take(inside, async () => [
          ...(await rightsBeyond(inside, database, there)),
          ...(await othersBeyond(inside, there)),
        ])
      })
    } catch (error) {
      if (!(error instanceof TargetError)) throw error
      for (const { role } of there) if (!still.has(role)) still.set(role, error)
    }
  const roles = there.map(({ role }) => role)
  for (const [role, reason] of await sessionsLeft(one, call, roles)) still.set(role, { done: false, reason })
  return still
}

/** What the server refuses is found when it is looked for once more. */
async function tried(inside: Administrator, statement: string): Promise<void> {
  try {
    await inside.rows(statement)
  } catch (error) {
    if (!(error instanceof TargetError) || error.sqlstate === undefined) throw error
  }
}

export async function membershipsBeyond(one: Administrator, there: readonly Wanted[]): Promise<Beyond[]> {
  const wanted = new Map(there.map((each) => [each.role, new Set(groupsOf(each))]))
  const found = await one.rows<{ role: string; group: string }>(
    `select distinct r.rolname as role, g.rolname as "group" from pg_auth_members m
       join pg_roles r on r.oid = m.member join pg_roles g on g.oid = m.roleid
     where r.rolname = any($1) order by 1, 2`,
    [[...wanted.keys()]],
  )
  return found
    .filter(({ role, group }) => wanted.get(role)?.has(group) !== true)
    .map(({ role, group }) => ({
      role,
      group,
      what: `the role ${group}`,
      statement: `REVOKE ${identifier(group)} FROM ${identifier(role)}`,
    }))
}

/** Where any of them has a right. */
async function databasesOf(one: Administrator, there: readonly Wanted[]): Promise<string[]> {
  const rows = await one.rows<{ database: string }>(
    `select distinct b.datname as database from pg_shdepend d join pg_database b on b.oid = d.dbid
       join pg_roles r on r.oid = d.refobjid
     where d.refclassid = 'pg_authid'::regclass and r.rolname = any($1) order by 1`,
    [there.map(({ role }) => role)],
  )
  return rows.map(({ database }) => database)
}

interface Held {
  readonly role: string
  readonly schema: string
  readonly table: string | null
  readonly column: string | null
  readonly privilege: string
}

/** Of tables and columns, and of schemas in which no table is left. Rights are found by who has them, not by who gave them. */
async function rightsBeyond(inside: Administrator, database: string, there: readonly Wanted[]): Promise<Excess[]> {
  const wanted = new Set(
    there.flatMap((each) =>
      tablesOf(each)
        .filter((table) => table.database === database)
        .flatMap(({ schema, table, privilege }) => [
          JSON.stringify([each.role, schema, table, null, privilege]),
          JSON.stringify([each.role, schema, null, null, 'USAGE']),
        ]),
    ),
  )
  const found = await inside.rows<Held>(HELD, [there.map(({ role }) => role)])
  return found
    .filter((held) => !wanted.has(JSON.stringify([held.role, held.schema, held.table, held.column, held.privilege])))
    .map(({ role, schema, table, column, privilege }) => {
      const on = table === null ? `SCHEMA ${identifier(schema)}` : `TABLE ${identifier(schema)}.${identifier(table)}`
      const which = column === null ? '' : ` (${identifier(column)})`
      const what = `${privilege}${which} on ${table === null ? schema : `${schema}.${table}`}`
      return { role, what, statement: `REVOKE ${privilege}${which} ON ${on} FROM ${identifier(role)}` }
    })
}

/** Who made a table has it by that: it is none of what was given. */
const HELD = `with r as (select oid, rolname from pg_roles where rolname = any($1))
  select distinct r.rolname as role, n.nspname as schema, c.relname as table, null as column, a.privilege_type as privilege
  from pg_class c join pg_namespace n on n.oid = c.relnamespace, aclexplode(c.relacl) a join r on r.oid = a.grantee
  where c.relowner <> a.grantee
  union all
  select distinct r.rolname, n.nspname, c.relname, t.attname, a.privilege_type
  from pg_attribute t join pg_class c on c.oid = t.attrelid join pg_namespace n on n.oid = c.relnamespace,
    aclexplode(t.attacl) a join r on r.oid = a.grantee
  where c.relowner <> a.grantee
  union all
  select distinct r.rolname, n.nspname, null, null, a.privilege_type
  from pg_namespace n, aclexplode(n.nspacl) a join r on r.oid = a.grantee where n.nspowner <> a.grantee order by 1, 2, 3, 4, 5`

/** Rights on anything else, in this database and on the server: functions, types, default privileges, policies, databases. */
async function othersBeyond(inside: Administrator, there: readonly Wanted[]): Promise<Excess[]> {
  return await inside.rows<Excess>(
    `select distinct r.rolname as role, 'a right on ' || pg_describe_object(d.classid, d.objid, d.objsubid) as what
     from pg_shdepend d join pg_roles r on r.oid = d.refobjid
     where d.refclassid = 'pg_authid'::regclass and r.rolname = any($1) and d.deptype in ('a', 'r')
       and d.classid not in ('pg_class'::regclass, 'pg_namespace'::regclass, 'pg_auth_members'::regclass)
       and d.dbid in (0, (select oid from pg_database where datname = current_database())) order by 1, 2`,
    [there.map(({ role }) => role)],
  )
}

/** By role, why one may go on. Where the standby has not heard yet of what was taken, a new one could still get it. */
async function sessionsLeft(
  one: Administrator,
  call: TargetCall,
  roles: readonly string[],
): Promise<Map<string, string>> {
  const left = new Map<string, string>()
  if (roles.length === 0) return left
  const [now] = await one.rows<{ lsn: string }>('select pg_current_wal_lsn()::text as lsn')
  for (const place of standbysIn(call)) {
    const at = spelled(place)
    try {
      await asAdministrator(atStandby(call, place), { for: 'acting' }, async (standby) => {
        await replayed(standby, call, now?.lsn ?? '')
        for (const [role, why] of await endTimedSessions(standby, call, roles))
          left.set(role, `${OPEN} at the standby ${at}: ${why}`)
      })
    } catch (error) {
      if (!(error instanceof TargetError)) throw error
      for (const role of roles) left.set(role, `sessions at the standby ${at}: ${error.message}`)
    }
  }
  for (const [role, why] of await endTimedSessions(one, call, roles)) left.set(role, `${OPEN}: ${why}`)
  return left
}

const OPEN = 'what it had before it was narrowed may go on'

/** Throws TargetError where it takes too long: to be tried again. */
async function replayed(standby: Administrator, { signal }: TargetCall, lsn: string): Promise<void> {
  const behind = async (): Promise<boolean> =>
    (await standby.rows('select where pg_last_wal_replay_lsn() < $1::pg_lsn', [lsn])).length > 0
  for (const until = Date.now() + REPLAYED_MS; await behind(); await sleep(PAUSE_MS, undefined, { signal }))
    if (Date.now() > until) throw new TargetError('it has not caught up')
}

// What is there of a role now, for the page that a person reads before anything is done. It only asks.
import type { AccountFound, TargetCall, TargetSubject } from '#connectors/target'
import { asAdministrator } from './administrator.ts'
import type { Administrator } from './administrator.ts'
import { otherWaysTo } from './other-ways.ts'
import { reachOf } from './reach.ts'
import { sessionsEverywhere } from './sessions.ts'

const MEMBERSHIPS_MAX = 100

interface Facts {
  readonly superuser: boolean
  readonly attributes: readonly string[]
  readonly memberships: readonly string[]
  readonly owns: readonly { readonly database: string | null; readonly objects: number }[]
}

export async function find(call: TargetCall, subject: TargetSubject): Promise<AccountFound> {
  return await asAdministrator(call, { for: 'asking' }, async (administrator) => {
    const facts = await factsOf(administrator, subject.account)
    if (facts === undefined) return NOT_THERE
    const everywhere = await sessionsEverywhere(call, { account: subject.account })
    const others = facts.superuser ? OF_A_SUPERUSER : await otherWaysTo(administrator, { ...call, subject })
    const { reach, cutShort } = await reachOf(administrator, call, subject.account)
    const objects = facts.owns.reduce((sum, { objects: count }) => sum + count, 0)
    const databases = facts.owns.filter(({ database }) => database !== null).length
    return {
      exists: true,
      facts: [
        ...facts.attributes,
        ...facts.memberships.map((role) => `member of ${role}`),
        ...(objects === 0 ? [] : [`owns ${objects} objects in ${databases} databases`]),
      ],
      sessions: everywhere.sessions.map(({ application, from, database, startedAt, state }) => ({
        application,
        from,
        database,
        startedAt,
        state,
      })),
      reach,
      reachCutShort: cutShort,
      otherWays: others.ways.map(({ way }) => way),
      unknown: [...others.unknown, ...others.cut, ...everywhere.unasked],
    }
  })
}

/** Everything in the server acts as one: a list of that helps nobody. */
const OF_A_SUPERUSER = {
  ways: [],
  unknown: ['other ways, which are not looked for: a superuser may become anybody, and could have left anything'],
  cut: [],
} as const

const NOT_THERE: AccountFound = {
  exists: false,
  facts: [],
  sessions: [],
  reach: [],
  reachCutShort: false,
  otherWays: [],
  unknown: [],
}

async function factsOf(administrator: Administrator, account: string): Promise<Facts | undefined> {
  const [facts] = await administrator.rows<Facts>(
    `select rolsuper as superuser, array_remove(array[
         case when rolcanlogin then 'may log in' else 'may not log in' end,
         case when rolsuper then 'superuser' end,
         case when rolcreaterole then 'may make roles' end,
         case when rolcreatedb then 'may make databases' end,
         case when rolreplication then 'may replicate' end,
         case when rolbypassrls then 'passes by row security' end,
         case when rolconnlimit >= 0 then 'connection limit of ' || rolconnlimit end,
         'password valid until ' || to_char(rolvaliduntil at time zone 'UTC', 'YYYY-MM-DD HH24:MI"Z"')], null) as attributes,
       array(select g.rolname::text from pg_auth_members m join pg_roles g on g.oid = m.roleid
         where m.member = r.oid order by 1 limit ${MEMBERSHIPS_MAX}) as memberships,
       (select coalesce(json_agg(o), '[]') from (
         select d.datname as database, count(*)::int as objects from pg_shdepend s
         left join pg_database d on d.oid = s.dbid
         where s.refclassid = 'pg_authid'::regclass and s.refobjid = r.oid and s.deptype = 'o' group by d.datname) o) as owns
     from pg_roles r where rolname = $1::text`,
    [account],
  )
  return facts
}

// Whether the successor can take over, and is nobody that code left behind could make use of: it does not log in, and has no
// rights but by what it owns.
import type { Examined, TargetCall } from '#connectors/target'
import type { Administrator } from './administrator.ts'
import { hindrance, remedyFor, roleOf } from './role.ts'
import { identifier } from './sql-text.ts'

interface Successor {
  readonly login: boolean
  readonly attributes: readonly string[]
  readonly memberships: readonly string[]
  readonly rights: readonly { readonly database: string | null; readonly count: number }[]
}

export async function examineSuccessor(administrator: Administrator, call: TargetCall): Promise<Examined[]> {
  const { successor } = call.settings
  if (successor === undefined) return []
  const asSubject = { settings: call.settings, subject: { account: successor } }
  const role = await roleOf(administrator, successor)
  const hindered = await hindrance(administrator, asSubject, role)
  const check = 'may hand over to the successor'
  if (hindered !== undefined) {
    const remedy = remedyFor(administrator, asSubject, role)
    const detail =
      remedy.length > 0 ? hindered.reason : `${hindered.reason}: name another one (\`reeve target change\`)`
    return [{ check, outcome: 'missing', detail, remedy }]
  }
  const [found] = await administrator.rows<Successor>(HAS, [successor])
  return [
    { check, outcome: 'ok', detail: 'yes' },
    ...(found === undefined ? [] : tooMuch(found, identifier(successor))),
  ]
}

const HAS = `
  select r.rolcanlogin as login,
    array_remove(array[case when r.rolcreaterole then 'CREATEROLE' end, case when r.rolbypassrls then 'BYPASSRLS' end,
      case when r.rolcreatedb then 'CREATEDB' end, case when r.rolreplication then 'REPLICATION' end], null) as attributes,
    array(select g.rolname::text from pg_auth_members m join pg_roles g on g.oid = m.roleid where m.member = r.oid order by 1) as memberships,
    (select coalesce(json_agg(s), '[]') from (
      select b.datname as database, count(distinct (d.classid, d.objid))::int as count
      from pg_shdepend d left join pg_database b on b.oid = d.dbid
      where d.refclassid = 'pg_authid'::regclass and d.refobjid = r.oid and d.deptype = 'a' group by 1 order by 1) s) as rights
  from pg_roles r where r.rolname = $1`

function tooMuch({ login, attributes, memberships, rights }: Successor, role: string): Examined[] {
  const [inCheck, ofCheck] = ['the successor may not log in', 'the successor has no rights but by what it owns']
  const more = [
    ...attributes,
    ...memberships.map((name) => `member of ${name}`),
    ...rights.map(({ database, count }) => `rights on ${count} objects in ${database ?? 'the whole server'}`),
  ]
  const remedy = [
    ...attributes.map((name) => `ALTER ROLE ${role} NO${name}`),
    ...memberships.map((name) => `REVOKE ${identifier(name)} FROM ${role}`),
  ]
  const why = 'what it takes over could use that: take it away, or name a successor that has nothing'
  return [
    login
      ? { check: inCheck, outcome: 'too_much', detail: 'it may', remedy: [`ALTER ROLE ${role} NOLOGIN`] }
      : { check: inCheck, outcome: 'ok', detail: 'yes' },
    more.length === 0
      ? { check: ofCheck, outcome: 'ok', detail: 'yes' }
      : { check: ofCheck, outcome: 'too_much', detail: `it has more: ${more.join(', ')}; ${why}`, remedy },
  ]
}

// What hangs on a role, in every database of the server: the catalogue of shared dependencies says so without going there.
import type { StepCall, TargetCall } from '#connectors/target'
import { asAdministrator } from './administrator.ts'
import type { Administrator } from './administrator.ts'
import { GOES_WITH_IT } from './hand-over.ts'
import { TargetError } from './target-error.ts'

export interface Dependents {
  /** Databases and tablespaces stand under the database that is asked. */
  readonly database: string
  /** Objects that need another owner. */
  readonly owned: number
  /** Rights, policies, default privileges and stored credentials, which go. */
  readonly rights: number
  readonly open: boolean
  /** Nobody can connect to it. */
  readonly shut: boolean
}

const NAMED_MAX = 10

/** Where nothing hangs on it, nothing is listed. */
export async function dependentsOf(administrator: Administrator, account: string): Promise<Dependents[]> {
  return await administrator.rows<Dependents>(
    `select coalesce(b.datname, current_database())::text as database,
       count(*) filter (where d.deptype = 'o' and d.classid not in ${GOES_WITH_IT})::int as owned,
       count(*) filter (where d.deptype <> 'o' or d.classid in ${GOES_WITH_IT})::int as rights,
       bool_and(coalesce(b.datallowconn and has_database_privilege(b.oid, 'connect'), true)) as open,
       bool_and(not coalesce(b.datallowconn, true)) as shut
     from pg_shdepend d left join pg_database b on b.oid = d.dbid join pg_roles r on r.oid = d.refobjid
     where d.refclassid = 'pg_authid'::regclass and r.rolname = $1
     group by 1 order by 1`,
    [account],
  )
}

/** Where it, or a role that it may become, has or owns anything: also the database alone, whose owner is that of `public` in it. */
export async function databasesOf(
  administrator: Administrator,
  account: string,
): Promise<Pick<Dependents, 'database' | 'open' | 'shut'>[]> {
  return await administrator.rows(
    `select coalesce(b.datname, current_database())::text as database,
       bool_and(coalesce(b.datallowconn and has_database_privilege(b.oid, 'connect'), true)) as open,
       bool_and(not coalesce(b.datallowconn, true)) as shut
     from pg_roles r join pg_roles x on pg_has_role(r.oid, x.oid, 'MEMBER') and (x.oid = r.oid or not x.rolsuper)
       join pg_shdepend d on d.refobjid = x.oid and d.refclassid = 'pg_authid'::regclass
       left join pg_database b on b.oid = case when d.classid = 'pg_database'::regclass and d.deptype = 'o' then d.objid else d.dbid end
     where r.rolname = $1 group by 1 order by 1`,
    [account],
  )
}

/** In words, for a person: `table shop.bills, function shop.f()`; or why it can't be seen. */
export async function described(
  call: TargetCall & Pick<StepCall, 'subject'>,
  { database, open }: Dependents,
): Promise<string> {
  if (!open) return `database ${database}: it takes no connection of the administrative role`
  try {
    const names = await asAdministrator(call, { for: 'asking', database }, (administrator) =>
      administrator.rows<{ name: string }>(
        `select case when d.deptype = 'o' then '' else 'a right on ' end
           || pg_describe_object(d.classid, d.objid, d.objsubid) as name
         from pg_shdepend d join pg_roles r on r.oid = d.refobjid
         where d.refclassid = 'pg_authid'::regclass and r.rolname = $1
           and d.dbid in (0, (select oid from pg_database where datname = current_database()))
         order by d.deptype = 'o' desc, 1 limit ${NAMED_MAX}`,
        [call.subject.account],
      ),
    )
    return `database ${database}: ${names.map(({ name }) => name).join(', ')}`
  } catch (error) {
    if (!(error instanceof TargetError)) throw error
    return `database ${database}: ${error.message}`
  }
}

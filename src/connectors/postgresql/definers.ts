// Code with the rights of others that whoever had the role may have put there: SECURITY DEFINER functions of roles that it may
// become, and functions of its own that such a function of somebody else calls. Neither is handed over, and neither is in the
// way of it; both go on while the role is held.
import type { Administrator } from './administrator.ts'
import type { OtherWay } from './other-ways.ts'

export interface Definer {
  readonly kind: 'becomes' | 'called'
  /** As SQL spells it, with its schema. */
  readonly name: string
  readonly owner: string
  /** Who may call it, or what sets it off; of one that is called: what calls it. */
  readonly by: string
}

export const DEFINERS_MAX = 100

/** Who may call it beside its owner and superusers, and what hangs on it. */
const CALLERS = `concat_ws(', ',
    (select string_agg(distinct coalesce(g.rolname, 'PUBLIC'), ', ') from aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) x
       left join pg_roles g on g.oid = x.grantee
     where x.privilege_type = 'EXECUTE' and x.grantee <> p.proowner and not coalesce(g.rolsuper, false)),
    (select min(pg_describe_object(d.classid, d.objid, 0)) from pg_depend d
     where d.refclassid = 'pg_proc'::regclass and d.refobjid = p.oid and d.classid <> 'pg_proc'::regclass))`

/**
 * A body in text is only read for the name and a bracket: what it puts together when it is executed is not seen. A body of SQL
 * that was parsed is known by its dependencies.
 */
const CALLS = `(exists (select from pg_depend d where d.classid = 'pg_proc'::regclass and d.objid = p.oid
      and d.refclassid = 'pg_proc'::regclass and d.refobjid = f.oid)
    or p.prosqlbody is null and strpos(lower(p.prosrc), lower(f.proname)) > 0 and p.prosrc ~* ('(^|\\W)' || regexp_replace(f.proname, '(\\W)', '\\\\\\1', 'g') || '"?\\s*\\('))`

const FOUND = `
  with held as (select oid from pg_roles where rolname = $1),
  own as (select r.oid, r.rolname from pg_roles r, held where not r.rolsuper and pg_has_role(held.oid, r.oid, 'MEMBER'))
  select 'becomes' as kind, p.oid::regprocedure::text as name, o.rolname::text as owner, ${CALLERS} as by
  from pg_proc p join own o on o.oid = p.proowner, held
  where p.prosecdef and o.oid <> held.oid
  union all
  select 'called', f.oid::regprocedure::text, u.rolname::text, p.oid::regprocedure::text
  from pg_proc p join pg_roles u on u.oid = p.proowner, own o join pg_proc f on f.proowner = o.oid
  where p.prosecdef and p.proowner not in (select oid from own) and p.pronamespace is distinct from to_regnamespace('reeve')
    and ${CALLS}`

/** In the database of the session. What nobody sets off is left out. */
export async function definersOf(administrator: Administrator, account: string): Promise<Definer[]> {
  return await administrator.rows<Definer>(
    `select d.* from (${FOUND}) d where d.by <> '' order by d.kind, d.name, d.by limit ${DEFINERS_MAX + 1}`,
    [account],
  )
}

export function wayOfDefiner({ kind, name, owner, by }: Definer, account: string, database: string): OtherWay {
  if (kind === 'becomes')
    return {
      by: 'code',
      way: `function ${name} in ${database} (${by}) acts as ${owner}, which ${account} may become`,
      next: `in ${database}: read what it does; where ${account} may have made it: ALTER ROUTINE ${name} SECURITY INVOKER, or DROP it`,
    }
  return {
    by: 'code',
    way: `function ${name} of ${account}, or of a role that it may become, is called in ${database} by ${by}, as ${owner}`,
    next: `in ${database}: read what it does, then ALTER ROUTINE ${name} OWNER TO a role that nobody logs in as, nor as a member of it`,
  }
}

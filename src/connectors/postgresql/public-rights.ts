// What a role was given and every role has through PUBLIC: held or gone, the same is open to whoever may connect.
import type { Administrator } from './administrator.ts'
import type { OtherWay } from './other-ways.ts'

export const OPENED_MAX = 100

interface Opened {
  /** `public.bills`; `schema public`; `function public.f()`. */
  readonly name: string
  /** As a REVOKE has it: `TABLE public.bills`. */
  readonly object: string
  readonly privileges: readonly string[]
}

/**
 * In the database of the session. Of schemas only CREATE counts, and of routines those that act as their owner: what the rest gives
 * is in the rights on what they reach.
 */
export async function opened(administrator: Administrator, account: string): Promise<Opened[]> {
  return await administrator.rows<Opened>(
    `select o.name, o.object, array_agg(distinct p.privilege_type || o.part order by p.privilege_type || o.part) as privileges
     from (
       select c.oid::regclass::text as name, 'TABLE ' || c.oid::regclass as object, '' as part, c.relacl as acl, c.relacl as own, c.relowner as owner, c.relnamespace as space
       from pg_class c
       union all select c.oid::regclass::text, 'TABLE ' || c.oid::regclass, format(' (%I)', a.attname), a.attacl, coalesce(c.relacl, '{}') || a.attacl, c.relowner, c.relnamespace
       from pg_attribute a join pg_class c on c.oid = a.attrelid where a.attacl is not null and not a.attisdropped
       union all select 'schema ' || n.oid::regnamespace, 'SCHEMA ' || n.oid::regnamespace, '', n.nspacl, n.nspacl, n.nspowner, n.oid from pg_namespace n
       union all select 'routine ' || f.oid::regprocedure, 'ROUTINE ' || f.oid::regprocedure, '', f.proacl, f.proacl, f.proowner, f.pronamespace from pg_proc f where f.prosecdef
     ) o join pg_namespace n on n.oid = o.space cross join lateral aclexplode(o.acl) p join pg_roles r on r.rolname = $1
     where p.grantee = 0 and n.nspname <> 'information_schema' and n.nspname !~ '^pg_' and (p.privilege_type <> 'USAGE')
       and (o.owner = r.oid and o.part <> '' or exists (select from aclexplode(o.own) q where q.grantee = r.oid and q.privilege_type = p.privilege_type))
     group by o.name, o.object order by o.name limit ${OPENED_MAX + 1}`,
    [account],
  )
}

export function wayOfOpened({ name, object, privileges }: Opened, database: string): OtherWay {
  const what = privileges.join(', ')
  return {
    by: 'public',
    way: `${what} on ${name} in ${database} is everybody's, through PUBLIC`,
    next: `in ${database}: REVOKE ${what} ON ${object} FROM PUBLIC`,
  }
}

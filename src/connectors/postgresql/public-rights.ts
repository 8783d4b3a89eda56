// What a role was given and every role has through PUBLIC: held or gone, the same is open to whoever may connect.
import type { Administrator } from './administrator.ts'
import type { OtherWay } from './other-ways.ts'
import { identifier } from './sql-text.ts'

const TABLES_MAX = 100

interface OpenTable {
  readonly schema: string
  readonly name: string
  readonly privileges: readonly string[]
}

/** In the database of the session. */
export async function openTables(administrator: Administrator, account: string): Promise<OpenTable[]> {
  return await administrator.rows<OpenTable>(
    `select n.nspname as schema, c.relname as name, array_agg(p.privilege_type order by p.privilege_type) as privileges
     from pg_class c join pg_namespace n on n.oid = c.relnamespace cross join lateral aclexplode(c.relacl) p
     where p.grantee = 0 and n.nspname <> 'information_schema' and n.nspname !~ '^pg_'
       and exists (select from aclexplode(c.relacl) q join pg_roles r on r.oid = q.grantee
         where r.rolname = $1 and q.privilege_type = p.privilege_type)
     group by n.nspname, c.relname order by n.nspname, c.relname limit ${TABLES_MAX}`,
    [account],
  )
}

export function wayOfTable({ schema, name, privileges }: OpenTable, database: string): OtherWay {
  const what = privileges.join(', ')
  return {
    by: 'public',
    way: `${what} on ${schema}.${name} in ${database} is everybody's, through PUBLIC`,
    next: `in ${database}: REVOKE ${what} ON ${identifier(schema)}.${identifier(name)} FROM PUBLIC`,
  }
}

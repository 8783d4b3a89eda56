// What the login of a grant made, and what of it stays when the grant is over: told by who ends it, since afterwards nothing says
// from whom it came. What it did as another role cannot be told from what others did as that role.
import type { Administrator } from './administrator.ts'
import { GOES_WITH_IT } from './hand-over.ts'
import { literal } from './sql-text.ts'

const NAMED_MAX = 40
const REMEMBERED_MAX = 5000

/**
 * By role, in this process: who asks may have waited no longer than half a minute, or come after another who ended all that was
 * over. What nobody remembers is not known, and not said to be nothing.
 */
class Remembered {
  readonly #byRole = new Map<string, readonly string[]>()

  of(role: string): readonly string[] | undefined {
    return this.#byRole.get(role)
  }

  add(role: string, stays: readonly string[]): void {
    const all = [...new Set([...(this.#byRole.get(role) ?? []), ...stays])]
    this.#byRole.delete(role)
    this.#byRole.set(role, all)
    const [oldest] = this.#byRole.keys()
    if (this.#byRole.size > REMEMBERED_MAX && oldest !== undefined) this.#byRole.delete(oldest)
  }
}

export const remembered = new Remembered()

/** In the database of the session, and of the server as a whole: what goes to another owner. Before it does. */
export async function madeBy(inside: Administrator, account: string, successor = 'nobody'): Promise<string[]> {
  const found = await inside.rows<{ name: string }>(
    `select pg_describe_object(d.classid, d.objid, d.objsubid) || case d.dbid when 0 then '' else ' in ' || current_database() end as name
     from pg_shdepend d join pg_roles r on r.oid = d.refobjid
     where d.refclassid = 'pg_authid'::regclass and r.rolname = $1 and d.deptype = 'o' and d.classid not in ${GOES_WITH_IT}
       and d.classid::regclass::text <> 'pg_auth_members'
       and d.dbid in (0, (select oid from pg_database where datname = current_database()))
     order by 1 limit ${NAMED_MAX + 1}`,
    [account],
  )
  const named = found.slice(0, NAMED_MAX).map(({ name }) => `${name}: ${successor} owns it now`)
  return found.length > NAMED_MAX ? [...named, `more than these, which ${successor} owns now`] : named
}

/** For each of the roles: transactions that it, or a role that it could become, prepared and that are not over. */
export async function preparedWhile(one: Administrator, roles: readonly string[]): Promise<Map<string, string[]>> {
  const found = await one.rows<{ name: string; gid: string; owner: string; database: string }>(
    `select r.rolname as name, p.gid, p.owner::text as owner, p.database::text as database
     from pg_prepared_xacts p join pg_roles o on o.rolname = p.owner and not o.rolsuper
       join pg_roles r on r.rolname = any($1) and pg_has_role(r.oid, o.oid, 'MEMBER')
     order by p.database, p.gid limit 1000`,
    [roles],
  )
  const byRole = new Map(roles.map((name) => [name, [] as string[]]))
  for (const { name, gid, owner, database } of found)
    byRole
      .get(name)
      ?.push(
        `the prepared transaction ${literal(gid).trim()} of ${owner} in ${database}: what it gives is seen once somebody commits it`,
      )
  return byRole
}

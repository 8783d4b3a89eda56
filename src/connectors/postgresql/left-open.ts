// What whoever had the password may have left that the catalogues do not tell: transactions that were prepared and are not over,
// and what was done by rights that reach past the database.
import type { Administrator } from './administrator.ts'
import type { OtherWay } from './other-ways.ts'
import { literal } from './sql-text.ts'

export const PREPARED_MAX = 100
export const PAST_MAX = 100
/** By these, PostgreSQL says, who has them can come to be a superuser. */
const PAST_THE_DATABASE = ['pg_execute_server_program', 'pg_write_server_files', 'pg_read_server_files']

/**
 * Of the role, or of one that it may become: it outlives its session, whoever is that role or a superuser commits it (a transaction
 * manager does so by itself), and what it grants or makes is nowhere until then.
 */
export async function preparedBy(administrator: Administrator, account: string): Promise<OtherWay[]> {
  const found = await administrator.rows<{ gid: string; owner: string; database: string }>(
    `select p.gid, p.owner::text as owner, p.database::text as database from pg_prepared_xacts p join pg_roles o on o.rolname = p.owner
     where o.rolname = $1 or not o.rolsuper and exists (select from pg_roles a where a.rolname = $1 and pg_has_role(a.oid, o.oid, 'MEMBER'))
     order by p.database, p.gid limit ${PREPARED_MAX + 1}`,
    [account],
  )
  return found.map(({ gid, owner, database }) => ({
    by: 'prepared',
    way: `the prepared transaction ${literal(gid).trim()} of ${owner} in ${database} is not over: what it gives is seen once somebody commits it`,
    next: `in ${database}: ROLLBACK PREPARED ${literal(gid).trim()}, where nobody needs it`,
  }))
}

/** As such a role it could have done anything, in the name of anybody: what it did cannot be told apart. */
export async function pastTelling(administrator: Administrator, account: string): Promise<OtherWay[]> {
  const found = await administrator.rows<{ name: string; kind: 'superuser' | 'files' | 'settings' }>(
    `select x.rolname::text as name, case when x.rolsuper then 'superuser' else 'files' end as kind
     from pg_roles a join pg_roles x on x.oid <> a.oid
       and (x.rolsuper or x.rolname = any($2)) and pg_has_role(a.oid, x.oid, 'MEMBER')
     where a.rolname = $1 and not a.rolsuper
     union all
     select distinct p.parname, 'settings' from pg_roles a, pg_parameter_acl p cross join lateral aclexplode(p.paracl) x
     where a.rolname = $1 and not a.rolsuper and x.privilege_type = 'ALTER SYSTEM'
       and (x.grantee = 0 or pg_has_role(a.oid, x.grantee, 'MEMBER'))
     order by 1 limit ${PAST_MAX + 1}`,
    [account, PAST_THE_DATABASE],
  )
  return found.map(({ name, kind }) => PAST[kind](account, name))
}

const atTheServer = (account: string): string =>
  `look at the server itself for what ${account} left there (its log, pg_hba.conf, programs that it starts)`

const PAST: Readonly<Record<'superuser' | 'files' | 'settings', (account: string, name: string) => OtherWay>> = {
  superuser: (account, name) => ({
    by: 'past telling',
    way: `what ${account} did as ${name}, a superuser that it may become, cannot be told apart`,
    next: atTheServer(account),
  }),
  files: (account, name) => ({
    by: 'past telling',
    way: `what ${account} did by ${name}, with files or programs of the server, is not looked for there`,
    next: atTheServer(account),
  }),
  settings: (account, name) => ({
    by: 'past telling',
    way: `what ${account} set for the whole server, by ALTER SYSTEM on ${name}, is not looked for there`,
    next: `look at postgresql.auto.conf for ${name}; ALTER SYSTEM RESET ${name}, where it is not meant`,
  }),
}

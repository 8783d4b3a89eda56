// What a role could reach, the widest first and bounded: for the page that a person reads before it is held. Through ownership,
// grants, roles whose rights it inherits, and PUBLIC; whether it may connect to a database at all is looked at first.
import type { AccountFound, TargetCall } from '#connectors/target'
import { asAdministrator } from './administrator.ts'
import type { Administrator } from './administrator.ts'
import { namesIn } from './fact-names.ts'
import { databasesOf, LISTS, resourceOf } from './object-rights.ts'
import type { Kind } from './object-rights.ts'
import { TargetError } from './target-error.ts'

const DATABASES_MAX = 20
const IN_ONE_MAX = 100
/** Predefined roles that reach into every database. */
const EVERYWHERE: readonly (readonly [role: string, action: string])[] = [
  ['pg_execute_server_program', 'pg:EXECUTE'],
  ['pg_write_server_files', 'pg:WRITE'],
  ['pg_read_server_files', 'pg:READ'],
  ['pg_write_all_data', 'pg:UPDATE'],
  ['pg_read_all_data', 'pg:SELECT'],
]

type Right = AccountFound['reach'][number]

interface Row {
  readonly kind: Kind
  readonly schema: string | null
  readonly object: string
  readonly privilege: string
  readonly by: string
}

export async function reachOf(
  administrator: Administrator,
  call: TargetCall,
  account: string,
): Promise<{ readonly reach: Right[]; readonly cutShort: boolean }> {
  const names = namesIn(call.settings.name)
  const wide = await everywhere(administrator, account)
  const reach = wide.map(([by, action]) => ({ action, resource: names.resource('*'), by }))
  if (wide.some(([by]) => by === 'superuser')) return { reach, cutShort: false }
  const databases = await databasesOf(administrator)
  let cutShort = databases.length > DATABASES_MAX
  for (const database of databases.slice(0, DATABASES_MAX)) {
    const rows = await inDatabase(call, account, database)
    if (rows === undefined || rows.length >= IN_ONE_MAX) cutShort = true
    for (const { kind, schema, object, privilege, by } of rows ?? [])
      reach.push({ action: `pg:${privilege}`, resource: resourceOf(names, database, kind, schema, object), by })
  }
  return { reach, cutShort }
}

async function everywhere(administrator: Administrator, account: string): Promise<(readonly [string, string])[]> {
  const [row] = await administrator.rows<{ superuser: boolean; has: string[] }>(
    `select r.rolsuper as superuser, array(select g.rolname::text from pg_roles g
       where g.rolname = any($2) and pg_has_role(r.oid, g.oid, 'usage')) as has
     from pg_roles r where r.rolname = $1`,
    [account, EVERYWHERE.map(([role]) => role)],
  )
  if (row?.superuser === true) return [['superuser', 'pg:*']]
  return EVERYWHERE.filter(([role]) => row?.has.includes(role) === true)
}

/** `undefined` where it can't be asked. */
async function inDatabase(call: TargetCall, account: string, database: string): Promise<Row[] | undefined> {
  try {
    return await asAdministrator(call, { for: 'asking', database }, (administrator) =>
      administrator.rows<Row>(
        `select l.kind, l.schema, l.object, x.privilege_type as privilege,
           case when x.grantee = l.owner then 'owner' when x.grantee = 0 then 'PUBLIC'
             when g.rolname = $1 then 'grant' else 'member of ' || g.rolname end as by
         from (${LISTS}) l cross join lateral aclexplode(l.acl) x left join pg_roles g on g.oid = x.grantee
         where has_database_privilege($1, current_database(), 'connect') and l.kind <> 'future'
           and (x.grantee = 0 or pg_has_role($1, x.grantee, 'usage'))
         order by x.grantee = 0, x.grantee <> l.owner, x.privilege_type in ('SELECT', 'USAGE', 'CONNECT'), 1, 2, 3, 4
         limit ${IN_ONE_MAX}`,
        [account],
      ),
    )
  } catch (error) {
    if (!(error instanceof TargetError)) throw error
    return undefined
  }
}

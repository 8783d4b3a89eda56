// What no grant gives, whatever the administrative role could.
import type { TargetCall } from '#connectors/target'
import type { Administrator } from './administrator.ts'
import { roleOf } from './role.ts'

/** Why it is refused. SECURITY: nobody comes to rule the server by a grant. */
export async function tooMuch(
  one: Administrator,
  { settings }: TargetCall,
  group: string,
): Promise<string | undefined> {
  const found = await roleOf(one, group)
  if (found === undefined) return `there is no role ${group}`
  if (group === settings.administrator.user || group.startsWith('pg_') || group.startsWith('reeve_'))
    return `no grant gives ${group}: ask for a role that was made for it`
  const ruling = await one.rows<{ name: string }>(
    `select rolname as name from pg_roles r where pg_has_role($1, r.oid, 'member') and (rolsuper or rolcreaterole
       or rolreplication or rolbypassrls or rolname in
         ('pg_execute_server_program', 'pg_write_server_files', 'pg_read_server_files')) order by 1 limit 5`,
    [group],
  )
  if (ruling.length === 0) return undefined
  return `${group} rules the server by ${ruling.map(({ name }) => name).join(', ')}: no grant gives that`
}

// What the administrative role has and does not need: each with the statement that takes it away.
import type { Examined } from '#connectors/target'
import type { Administrator } from './administrator.ts'
import { identifier, literal } from './sql-text.ts'

/** What it is made a member of; `reeve` makes it a member of nothing else that it can use. */
const GIVEN = ['pg_signal_backend', 'pg_read_all_stats', 'pg_use_reserved_connections']
const NAMED_MAX = 50

interface Excess {
  readonly account: string
  readonly attributes: readonly string[]
  /** Roles whose rights it has, or that it may become. */
  readonly memberships: readonly string[]
  readonly tables: readonly { readonly database: string; readonly count: number }[]
}

export async function examineExcess(administrator: Administrator): Promise<Examined[]> {
  const [own] = await administrator.rows<Excess>(
    `select r.rolname as account,
       array_remove(array[case when rolsuper then 'SUPERUSER' end, case when rolbypassrls then 'BYPASSRLS' end,
         case when rolcreatedb then 'CREATEDB' end, case when rolreplication then 'REPLICATION' end], null) as attributes,
       array(select g.rolname::text from pg_roles g
         where not r.rolsuper and g.oid <> r.oid and g.rolname <> all($1)
           and (pg_has_role(r.oid, g.oid, 'usage') or ${maySet(administrator.version)})
         order by 1 limit ${NAMED_MAX}) as memberships,
       (select coalesce(json_agg(t), '[]') from (select b.datname as database, count(distinct d.objid)::int as count
         from pg_shdepend d join pg_database b on b.oid = d.dbid
         where d.refclassid = 'pg_authid'::regclass and d.refobjid = r.oid and d.classid = 'pg_class'::regclass
         group by 1 order by 1) t) as tables
     from pg_roles r where rolname = current_user`,
    [GIVEN],
  )
  if (own === undefined) return []
  const role = identifier(own.account)
  const excess = (check: string, detail: string, remedy: string): Examined => ({
    check,
    outcome: 'too_much',
    detail,
    remedy: [remedy],
  })
  const found = [
    ...own.attributes.map((name) => excess(`no ${name}`, `it has ${name}`, `ALTER ROLE ${role} NO${name}`)),
    ...own.memberships.map((name) =>
      excess(
        `no rights of ${name}`,
        `it has them or may become ${name}`,
        withoutRights(administrator.version, name, role),
      ),
    ),
    ...own.tables.map(({ database, count }) =>
      excess(`no rights on data in ${database}`, `it has rights on ${count} tables`, withoutTables(role)),
    ),
  ]
  return found.length > 0 ? found : [{ check: 'nothing that it does not need', outcome: 'ok', detail: 'nothing' }]
}

const maySet = (version: number): string => `pg_has_role(r.oid, g.oid, '${version >= 16 ? 'set' : 'member'}')`

/** A predefined role is taken away; of one that it manages only the rights are. */
function withoutRights(version: number, name: string, role: string): string {
  if (version < 16 || name.startsWith('pg_')) return `REVOKE ${identifier(name)} FROM ${role}`
  return `GRANT ${identifier(name)} TO ${role} WITH INHERIT FALSE, SET FALSE`
}

function withoutTables(role: string): string {
  const revoke = `EXECUTE 'REVOKE ALL ON ALL TABLES IN SCHEMA ' || s || ' FROM ' || ${literal(role)};`
  const schemas = 'SELECT oid::pg_catalog.regnamespace::text FROM pg_catalog.pg_namespace'
  return `DO ${literal(`DECLARE s text; BEGIN FOR s IN ${schemas} LOOP ${revoke} END LOOP; END`)}`
}

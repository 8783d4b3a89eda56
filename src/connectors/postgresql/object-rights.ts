// Rights on what is in one database, as its access control lists say: by ownership, by grant, by PUBLIC, by default for what
// will be made. One fact per holder, schema and set of privileges, so that ten thousand tables are no ten thousand facts.
import type { EntitlementFact, Observation } from '#kernel'
import type { Administrator } from './administrator.ts'
import { PUBLIC } from './fact-names.ts'
import type { Names } from './fact-names.ts'

const DATABASES_MAX = 1000
const OBJECTS_MAX = 200_000
/** Resources in one fact. */
const LISTED_MAX = 100

/** Those that take connections, templates left out. */
export async function databasesOf(administrator: Administrator): Promise<string[]> {
  const rows = await administrator.rows<{ name: string }>(
    `select datname as name from pg_database where datallowconn and not datistemplate order by datname limit ${DATABASES_MAX}`,
  )
  return rows.map(({ name }) => name)
}

export type Kind = 'table' | 'column' | 'sequence' | 'schema' | 'function' | 'database' | 'future' | 'server'

interface Held {
  /** Null is PUBLIC. */
  readonly holder: string | null
  readonly kind: Kind
  /** Null where the kind lies in none. */
  readonly schema: string | null
  readonly privileges: readonly string[]
  readonly owns: boolean
  readonly grantable: boolean
  /** The superuser as whom a function runs. */
  readonly runsAs: string | null
  readonly objects: readonly string[]
}

const OURS = "n.nspname !~ '^pg_' and n.nspname not in ('information_schema', 'reeve')"

/** Each object's list, or what holds where there is none, taken apart. */
export const LISTS = `
  select 'table' as kind, n.nspname as schema, c.relname::text as object, c.relowner as owner, null::text as runs_as,
    coalesce(c.relacl, acldefault(case when c.relkind = 'S' then 's'::"char" else 'r'::"char" end, c.relowner)) as acl
  from pg_class c join pg_namespace n on n.oid = c.relnamespace
  where c.relkind in ('r', 'p', 'v', 'm', 'f', 'S') and ${OURS}
  union all
  select 'column', n.nspname, c.relname || '.' || a.attname, c.relowner, null, a.attacl
  from pg_attribute a join pg_class c on c.oid = a.attrelid join pg_namespace n on n.oid = c.relnamespace
  where a.attacl is not null and not a.attisdropped and ${OURS}
  union all
  select 'schema', null, n.nspname::text, n.nspowner, null, coalesce(n.nspacl, acldefault('n', n.nspowner))
  from pg_namespace n where ${OURS}
  union all
  -- a function that runs as who calls it gives nothing
  select 'function', n.nspname, p.proname || '(' || pg_get_function_identity_arguments(p.oid) || ')', p.proowner,
    case when o.rolsuper then o.rolname::text end, coalesce(p.proacl, acldefault('f', p.proowner))
  from pg_proc p join pg_namespace n on n.oid = p.pronamespace join pg_roles o on o.oid = p.proowner
  where p.prosecdef and ${OURS}
  union all
  select 'database', null, d.datname::text, d.datdba, null, coalesce(d.datacl, acldefault('d', d.datdba))
  from pg_database d where d.datname = current_database()
  union all
  select 'server', null, s.srvname::text, s.srvowner, null, coalesce(s.srvacl, acldefault('S', s.srvowner))
  from pg_foreign_server s
  union all
  select 'future', n.nspname::text, case d.defaclobjtype when 'r' then 'tables' when 'S' then 'sequences'
      when 'f' then 'functions' when 'T' then 'types' else 'schemas' end || ' of ' || r.rolname, d.defaclrole, null, d.defaclacl
  from pg_default_acl d join pg_roles r on r.oid = d.defaclrole left join pg_namespace n on n.oid = d.defaclnamespace`

const HELD = `
  with lists as (${LISTS}),
  each as (
    select l.kind, l.schema, l.object, l.runs_as, x.grantee, x.grantee = l.owner and l.kind <> 'future' as owns,
      array_agg(distinct x.privilege_type order by x.privilege_type) as privileges, bool_or(x.is_grantable) as grantable
    from lists l cross join lateral aclexplode(l.acl) x
    -- what the owner of a future object has of it anyway
    where not (l.kind = 'future' and x.grantee = l.owner)
    group by 1, 2, 3, 4, 5, 6
    limit ${OBJECTS_MAX + 1})
  select g.rolname::text as holder, e.kind, e.schema, e.privileges, e.owns, bool_or(e.grantable) as grantable,
    e.runs_as as "runsAs", array_agg(e.object order by e.object) as objects
  from each e left join pg_roles g on g.oid = e.grantee
  where e.grantee = 0 or g.oid is not null
  group by g.rolname, e.kind, e.schema, e.privileges, e.owns, e.runs_as
  order by g.rolname nulls first, e.kind, e.schema, e.privileges`

export async function rightsIn(administrator: Administrator, names: Names, database: string): Promise<Observation[]> {
  const held = await administrator.rows<Held>(HELD)
  const facts: Observation[] = held.flatMap((one) => chunked(one).map((part) => rightOf(names, database, part)))
  const objects = held.reduce((sum, one) => sum + one.objects.length, 0)
  if (objects > OBJECTS_MAX) {
    const message = `there are more than ${OBJECTS_MAX} rights in it, and what comes after them was not read`
    facts.push({ type: 'problem', connector: 'postgresql', file: `${names.file}/${database}`, message })
  }
  return facts
}

function chunked(held: Held): Held[] {
  const parts: Held[] = []
  for (let at = 0; at < held.objects.length; at += LISTED_MAX)
    parts.push({ ...held, objects: held.objects.slice(at, at + LISTED_MAX) })
  return parts
}

function rightOf(names: Names, database: string, held: Held): EntitlementFact {
  const { holder, kind, schema, privileges, owns, grantable, runsAs, objects } = held
  const name = holder ?? PUBLIC
  return {
    type: 'entitlement',
    principal: names.role(name),
    system: 'postgresql',
    permission: `${owns ? 'owner' : privileges.join(', ')} on ${kind}${grantable && !owns ? ', may grant it' : ''}`,
    actions: privileges.map((privilege) => `pg:${privilege}`),
    resources: objects.map((object) => resourceOf(names, database, kind, schema, object)),
    level: levelOf(held),
    reason: reasonOf(held),
    ...(kind === 'future' && { conditions: { onlyWhatIsMadeLater: objects } }),
    ...(runsAs !== null && { conditions: { runsAs } }),
    provenance: names.seenAt(`${name} in ${database}`),
  }
}

export function resourceOf(names: Names, database: string, kind: Kind, schema: string | null, object: string): string {
  if (kind === 'database') return names.resource(database)
  if (kind === 'schema') return names.resource(database, `${object}.`)
  if (kind === 'server') return names.resource(database, 'server', object)
  if (kind === 'future') return names.resource(database, schema === null ? '*' : `${schema}.*`)
  return names.resource(database, `${schema ?? ''}.${object}`)
}

const READING = new Set(['SELECT', 'USAGE', 'CONNECT'])

function levelOf({ owns, privileges, runsAs, grantable }: Held): EntitlementFact['level'] {
  if (owns || runsAs !== null || grantable) return owns && runsAs === null ? 'write' : 'admin'
  return privileges.every((privilege) => READING.has(privilege)) ? 'read' : 'write'
}

function reasonOf({ owns, kind, privileges, grantable, runsAs, holder }: Held): string {
  if (runsAs !== null) return `runs functions as \`${runsAs}\`, a superuser`
  if (owns) return `owns each ${kind}: may change, give away and drop it`
  const by = holder === null ? ', which every role has through PUBLIC' : ''
  return `holds ${privileges.join(', ')} on each ${kind}${grantable ? ', and may grant it to others' : ''}${by}`
}

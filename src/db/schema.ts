// What the migrations made, as text from PostgreSQL's catalogue: deterministic, so that a review sees what a migration
// changed and who may now do what.
import type pg from 'pg'
import { identifier } from './sql.ts'

const OURS = `n.nspname !~ '^pg_' and n.nspname <> 'information_schema'`

/** The whole schema: tables, indexes, views, functions, triggers, and every grant but the owner's own. */
export async function dumpSchema(client: pg.ClientBase): Promise<string> {
  const rows = async <Row extends pg.QueryResultRow>(text: string): Promise<Row[]> =>
    (await client.query<Row>(text)).rows
  // in one order whatever the locale of the database
  const [schemas, relations, columns, constraints, indexes, triggers, functions, types, grants] = [
    await rows<{ schema: string }>(
      `select n.nspname as schema from pg_namespace n where ${OURS} order by n.nspname collate "C"`,
    ),
    await rows<RelationRow>(RELATIONS),
    await rows<ColumnRow>(COLUMNS),
    await rows<PartRow>(CONSTRAINTS),
    await rows<PartRow>(INDEXES),
    await rows<PartRow>(TRIGGERS),
    await rows<{ schema: string; definition: string }>(FUNCTIONS),
    await rows<{ schema: string; definition: string }>(TYPES),
    await rows<GrantRow>(GRANTS),
  ]
  const within = <Row extends { schema: string }>(parts: readonly Row[], schema: string): Row[] =>
    parts.filter((part) => part.schema === schema)
  const sections: string[] = []
  for (const { schema } of schemas) {
    sections.push(`-- schema ${schema}`, `create schema ${quoted(schema)};`)
    for (const { definition } of within(types, schema)) sections.push(`${definition};`)
    for (const relation of within(relations, schema))
      sections.push(relationText(relation, columns, constraints, indexes, triggers))
    for (const { definition } of within(functions, schema)) sections.push(`${definition.trim()};`)
    sections.push(...grantLines(within(grants, schema)))
  }
  return `-- Made by \`npm run schema\` from the migrations; not edited by hand.\n\n${sections.join('\n\n')}\n`
}

interface RelationRow {
  schema: string
  name: string
  kind: 'r' | 'p' | 'v' | 'm' | 'S'
  view: string | null
  partition_of: string | null
  bound: string | null
  partition_key: string | null
  row_security: boolean
}
const RELATIONS = `
  select n.nspname as schema, c.relname as name, c.relkind as kind, c.relrowsecurity as row_security,
    case when c.relkind in ('v', 'm') then pg_get_viewdef(c.oid) end as view,
    case when c.relispartition then i.inhparent::regclass::text end as partition_of,
    pg_get_expr(c.relpartbound, c.oid) as bound,
    case when c.relkind = 'p' then pg_get_partkeydef(c.oid) end as partition_key
  from pg_class c join pg_namespace n on n.oid = c.relnamespace left join pg_inherits i on i.inhrelid = c.oid
  where c.relkind in ('r', 'p', 'v', 'm', 'S') and ${OURS}
    and not exists (select from pg_depend d where c.relkind = 'S' and d.objid = c.oid and d.deptype in ('i', 'a'))
  order by n.nspname collate "C", c.relname collate "C"`

interface ColumnRow {
  schema: string
  relation: string
  name: string
  type: string
  not_null: boolean
  default_value: string | null
  identity: '' | 'a' | 'd'
  generated: '' | 's' | 'v'
  collation: string | null
}
const COLUMNS = `
  select n.nspname as schema, c.relname as relation, a.attname as name, format_type(a.atttypid, a.atttypmod) as type,
    a.attnotnull as not_null, pg_get_expr(d.adbin, d.adrelid) as default_value, a.attidentity as identity,
    a.attgenerated as generated,
    (select l.collname from pg_collation l where l.oid = a.attcollation and l.collname <> 'default'
      and a.attcollation <> (select t.typcollation from pg_type t where t.oid = a.atttypid)) as collation
  from pg_attribute a join pg_class c on c.oid = a.attrelid join pg_namespace n on n.oid = c.relnamespace
    left join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
  where c.relkind in ('r', 'p') and a.attnum > 0 and not a.attisdropped and ${OURS}
  order by a.attnum`

interface PartRow {
  schema: string
  relation: string
  name: string
  definition: string
}
/** NOT NULL is said with its column; PostgreSQL 18 lists it here too. */
const CONSTRAINTS = `
  select n.nspname as schema, c.relname as relation, k.conname as name, pg_get_constraintdef(k.oid) as definition
  from pg_constraint k join pg_class c on c.oid = k.conrelid join pg_namespace n on n.oid = c.relnamespace
  where k.contype in ('p', 'u', 'c', 'f', 'x') and ${OURS}
  order by position(k.contype::text in 'pucfx'), k.conname collate "C"`
const INDEXES = `
  select n.nspname as schema, t.relname as relation, c.relname as name, pg_get_indexdef(i.indexrelid) as definition
  from pg_index i join pg_class c on c.oid = i.indexrelid join pg_class t on t.oid = i.indrelid
    join pg_namespace n on n.oid = t.relnamespace
  where ${OURS} and not exists (select from pg_constraint k where k.conindid = i.indexrelid and k.contype in ('p', 'u', 'x'))
  order by c.relname collate "C"`
const TRIGGERS = `
  select n.nspname as schema, c.relname as relation, g.tgname as name, pg_get_triggerdef(g.oid) as definition
  from pg_trigger g join pg_class c on c.oid = g.tgrelid join pg_namespace n on n.oid = c.relnamespace
  where not g.tgisinternal and ${OURS}
  order by g.tgname collate "C"`
const FUNCTIONS = `
  select n.nspname as schema, pg_get_functiondef(p.oid) as definition
  from pg_proc p join pg_namespace n on n.oid = p.pronamespace
  where p.prokind in ('f', 'p') and ${OURS}
  order by p.proname collate "C", pg_get_function_identity_arguments(p.oid) collate "C"`
const TYPES = `
  select n.nspname as schema, format('create type %I.%I as enum (%s)', n.nspname, t.typname,
    (select string_agg(quote_literal(e.enumlabel), ', ' order by e.enumsortorder) from pg_enum e where e.enumtypid = t.oid))
    as definition
  from pg_type t join pg_namespace n on n.oid = t.typnamespace
  where t.typtype = 'e' and ${OURS}
  order by t.typname collate "C"`

interface GrantRow {
  schema: string
  object: string
  grantee: string
  privileges: string
}
const ACL = `
  select n.nspname as schema, 'schema ' || quote_ident(n.nspname) as object, n.nspacl as acl, n.nspowner as owner, null as field
  from pg_namespace n where ${OURS}
  union all
  select n.nspname, c.oid::regclass::text, c.relacl, c.relowner, null
  from pg_class c join pg_namespace n on n.oid = c.relnamespace where c.relkind in ('r', 'p', 'v', 'm', 'S') and ${OURS}
  union all
  select n.nspname, c.oid::regclass::text, a.attacl, c.relowner, quote_ident(a.attname)
  from pg_attribute a join pg_class c on c.oid = a.attrelid join pg_namespace n on n.oid = c.relnamespace
  where a.attacl is not null and not a.attisdropped and ${OURS}
  union all
  select n.nspname, 'function ' || p.oid::regprocedure::text, coalesce(p.proacl, acldefault('f', p.proowner)), p.proowner, null
  from pg_proc p join pg_namespace n on n.oid = p.pronamespace where ${OURS}`
const GRANTS = `
  select schema, object, grantee, string_agg(privilege, ', ' order by privilege collate "C") as privileges
  from (
    select o.schema, o.object, coalesce(r.rolname, 'public') as grantee,
      lower(x.privilege_type) || case when o.field is null then ''
        else ' (' || string_agg(o.field, ', ' order by o.field collate "C") || ')' end as privilege
    from (${ACL}) o cross join lateral aclexplode(o.acl) x left join pg_roles r on r.oid = x.grantee
    where x.grantee <> o.owner
    group by o.schema, o.object, r.rolname, x.privilege_type, o.field is null, case when o.field is null then '' end
  ) granted
  group by schema, object, grantee
  order by schema collate "C", object collate "C", grantee collate "C"`

function quoted(name: string): string {
  return /^[a-z_][a-z0-9_]*$/.test(name) ? name : identifier(name).compile().text
}

function relationText(
  relation: RelationRow,
  columns: readonly ColumnRow[],
  constraints: readonly PartRow[],
  indexes: readonly PartRow[],
  triggers: readonly PartRow[],
): string {
  const name = `${quoted(relation.schema)}.${quoted(relation.name)}`
  const of = <Row extends { schema: string; relation: string }>(parts: readonly Row[]): Row[] =>
    parts.filter((part) => part.schema === relation.schema && part.relation === relation.name)
  if (relation.kind === 'S') return `create sequence ${name};`
  if (relation.view !== null)
    return `create ${relation.kind === 'm' ? 'materialized ' : ''}view ${name} as\n${relation.view}`
  const lines = [
    ...of(columns).map(columnText),
    ...of(constraints).map((part) => `constraint ${quoted(part.name)} ${part.definition}`),
  ]
  const partition = relation.partition_key === null ? '' : ` partition by ${relation.partition_key}`
  const partitionOf =
    relation.partition_of === null ? '' : ` -- partition of ${relation.partition_of} ${relation.bound}`
  return [
    `create table ${name} (${partitionOf}\n  ${lines.join(',\n  ')}\n)${partition};`,
    ...of(indexes).map((part) => `${part.definition};`),
    ...of(triggers).map((part) => `${part.definition};`),
    ...(relation.row_security ? [`alter table ${name} enable row level security;`] : []),
  ].join('\n')
}

function columnText(column: ColumnRow): string {
  const parts = [quoted(column.name), column.type]
  if (column.collation !== null) parts.push(`collate "${column.collation}"`)
  if (column.generated !== '')
    parts.push(`generated always as (${column.default_value}) ${column.generated === 's' ? 'stored' : 'virtual'}`)
  else if (column.default_value !== null) parts.push(`default ${column.default_value}`)
  if (column.identity !== '') parts.push(`generated ${column.identity === 'a' ? 'always' : 'by default'} as identity`)
  if (column.not_null) parts.push('not null')
  return parts.join(' ')
}

function grantLines(grants: readonly GrantRow[]): string[] {
  if (grants.length === 0) return []
  return [grants.map((one) => `grant ${one.privileges} on ${one.object} to ${one.grantee};`).join('\n')]
}

// One random change of the rows of a database, by whoever has the superuser's password: which tables and columns there are the
// catalogue of PostgreSQL says, and nobody chose them.
import { COLUMNS_NOT_COVERED, NOT_COVERED } from '../../src/start/told-tables.ts'
import type { Copy } from './copies.ts'
import { oneOf } from './draw.ts'
import type { Draw } from './draw.ts'
import type { Mutated } from './mutate-file.ts'

interface Column {
  readonly name: string
  readonly type: string
  readonly nullable: boolean
}

export interface Table {
  readonly name: string
  readonly columns: readonly Column[]
  /** Of all its columns that are stored, generated ones not among them. */
  readonly stored: readonly string[]
}

/** Of the log itself, which hangs on no other log. */
const LOG = new Set(['entry', 'sequence', 'checkpoint', 'cosignature', 'row_change'].map((name) => `evidence.${name}`))

/** Takes away whatever PostgreSQL would refuse: constraints, triggers, single versions. */
export async function takeAwayGuards(copy: Copy): Promise<void> {
  await copy.query('set session_replication_role = replica')
  await copy.query(`do $$ declare c record; begin
    for c in select n.nspname, r.relname, k.conname from pg_constraint k join pg_class r on r.oid = k.conrelid
      join pg_namespace n on n.oid = r.relnamespace
      where k.contype in ('c', 'x', 'f') and n.nspname !~ '^pg_' and n.nspname not in ('information_schema', 'jobs')
    loop execute format('alter table %I.%I drop constraint if exists %I cascade', c.nspname, c.relname, c.conname);
    end loop; end $$`)
  // an identity column can be set to nothing but its next value
  await copy.query('alter table evidence.entry alter column ordinal drop identity if exists')
  await copy.query('alter table evidence.row_change alter column ordinal drop identity if exists')
}

/** Every table that is to hang on the log, with rows or without. */
export async function tablesOf(copy: Copy): Promise<Table[]> {
  const rows = await copy.query<{ name: string; schema: string; columns: (Column & { generated: boolean })[] }>(`
    select n.nspname || '.' || c.relname as name, n.nspname as schema,
      json_agg(json_build_object('name', a.attname, 'type', format_type(a.atttypid, a.atttypmod),
        'nullable', not a.attnotnull, 'generated', a.attgenerated <> '') order by a.attnum) as columns
    from pg_class c join pg_namespace n on n.oid = c.relnamespace
      join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
    where c.relkind in ('r', 'p') and n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
    group by 1, 2 order by 1`)
  return rows
    .filter(({ name, schema }) => LOG.has(name) || !(name in NOT_COVERED || `${schema}.*` in NOT_COVERED))
    .map(({ name, columns }) => {
      const stored = columns.filter(({ generated }) => !generated)
      return {
        name,
        stored: stored.map((column) => column.name),
        columns: stored.filter((column) => !(`${name}.${column.name}` in COLUMNS_NOT_COVERED)),
      }
    })
}

/** Undefined where PostgreSQL refused it, or where nothing is another thereby. */
export async function mutateRow(copy: Copy, table: Table, draw: Draw): Promise<Mutated | undefined> {
  const [{ count } = { count: 0 }] = await copy.query<{ count: number }>(
    `select count(*)::int as count from ${table.name}`,
  )
  if (count === 0) return undefined
  await copy.query('drop table if exists before_change')
  await copy.query(
    `create temp table before_change as select t.*, t.ctid as place from ${table.name} t offset ${draw(count)} limit 1`,
  )
  const kind = `${table.name}, row` in COLUMNS_NOT_COVERED ? 2 : draw(12)
  try {
    if (kind === 0) return await takeRow(copy, table)
    if (kind === 1) return await addRow(copy, table, draw)
    return await changeColumn(copy, table, draw)
  } catch (error) {
    // not null, unique, out of range, not the form of the type
    if (/^2[23]/.test((error as { code?: string }).code ?? '')) return undefined
    throw error
  }
}

async function takeRow(copy: Copy, { name, stored }: Table): Promise<Mutated> {
  await copy.query(`delete from ${name} t using before_change b where t.ctid = b.place`)
  const undo = async (): Promise<unknown> => await insertBefore(copy, name, stored, stored.map(quoted))
  return [`${name}, a row deleted`, undo]
}

const quoted = (column: string): string => `"${column}"`

async function insertBefore(copy: Copy, name: string, stored: readonly string[], values: readonly string[]) {
  const [made] = await copy.query<{ place: string }>(
    `insert into ${name} (${stored.map(quoted).join(', ')}) overriding system value
     select ${values.join(', ')} from before_change returning ctid::text as place`,
  )
  return made?.place ?? ''
}

/** As a row that is there, under another name. */
async function addRow(copy: Copy, { name, stored, columns }: Table, draw: Draw): Promise<Mutated | undefined> {
  const [first] = columns
  if (first === undefined) return undefined
  const value = valueOf(first, draw)
  const place = await insertBefore(
    copy,
    name,
    stored,
    stored.map((column) => (column === first.name ? value : quoted(column))),
  )
  return [`${name}, a row added, ${value}`, async () => await copy.query(`delete from ${name} where ctid = '${place}'`)]
}

async function changeColumn(copy: Copy, { name, columns }: Table, draw: Draw): Promise<Mutated | undefined> {
  const column = oneOf(columns, draw)
  const value = column.type === 'jsonb' ? await jsonValue(copy, column.name, draw) : valueOf(column, draw)
  const set = quoted(column.name)
  const [changed] = await copy.query<{ place: string }>(
    `update ${name} t set ${set} = ${value.replaceAll(set, `b.${set}`)} from before_change b where t.ctid = b.place
     returning t.ctid::text as place`,
  )
  const undo = async (): Promise<unknown> =>
    await copy.query(`update ${name} t set ${set} = b.${set} from before_change b where t.ctid = '${changed?.place}'`)
  const other = await copy.query(
    `select from ${name} t, before_change b where t.ctid = '${changed?.place}' and t.${set} is distinct from b.${set}`,
  )
  if (other.length > 0) return [`${name}.${column.name} = ${value}`, undo]
  await undo()
  return undefined
}

/** An expression over the column that gives another value of its type. */
function valueOf({ name, type, nullable }: Column, draw: Draw): string {
  const own = quoted(name)
  if (nullable && draw(5) === 0) return `case when ${own} is null then ${filled(type)} end`
  const choices = CHANGES[type.replace(/\(.*\)/, '')] ?? []
  if (choices.length === 0) throw new Error(`say in test/evidence/mutate-rows.ts how a ${type} is changed`)
  return `coalesce(${oneOf(choices, draw).replaceAll('@', own)}, ${filled(type)})`
}

const CHANGES: Readonly<Record<string, readonly string[]>> = {
  text: [`@ || 'x'`, `left(@, -1)`, `'x'`, `upper(@)`, `@ || ' '`, `reverse(@)`],
  name: [`(@::text || 'x')::name`, `'reeve_access'::name`, `'reeve_owner'::name`],
  'text[]': [`@ || 'x'::text`, `'{}'::text[]`, `@[2:]`, `@ || @`],
  integer: ['@ + 1', '@ - 1', '-@', '0'],
  bigint: ['@ + 1', '@ - 1', '0'],
  smallint: ['(@ + 1)::smallint', '(@ - 1)::smallint'],
  'double precision': ['@ + 1', '-@'],
  boolean: ['not @'],
  bytea: ['set_byte(@, 0, get_byte(@, 0) # 1)', `@ || '\\x00'`, `substr(@, 2)`, `sha256(@)`],
  'timestamp with time zone': [
    `@ + interval '1 millisecond'`,
    `@ - interval '1 day'`,
    `@ + interval '1 microsecond'`,
    'now()',
  ],
  date: ['@ + 1', '@ - 1'],
  uuid: ['gen_random_uuid()'],
  xid8: [`(@::text::bigint + 1)::text::xid8`],
}

const FILLED: Readonly<Record<string, string>> = {
  text: `'x'::text`,
  'text[]': `'{x}'::text[]`,
  integer: '1',
  bigint: '1',
  smallint: '1::smallint',
  boolean: 'true',
  bytea: `sha256('x')`,
  'timestamp with time zone': 'now()',
  date: 'current_date',
  xid8: `'1'::xid8`,
  jsonb: `'{"x": 1}'::jsonb`,
}

const filled = (type: string): string => FILLED[type.replace(/\(.*\)/, '')] ?? 'null'

async function jsonValue(copy: Copy, column: string, draw: Draw): Promise<string> {
  const [{ said } = { said: null }] = await copy.query<{ said: string | null }>(
    `select "${column}"::text as said from before_change`,
  )
  if (said === null) return filled('jsonb')
  const digits = said.replace(/(: -?\d+)(?=[,}\]])/, '$1.0000000000000000001')
  if (digits !== said && draw(3) === 0) return literal(digits)
  return literal(JSON.stringify(changedJson(JSON.parse(said) as Json, draw)))
}

const literal = (json: string): string => `'${json.replaceAll("'", "''")}'::jsonb`

type Json = null | boolean | number | string | Json[] | { [key: string]: Json }

/** Somewhere within it one thing is another, more or gone. */
function changedJson(value: Json, draw: Draw): Json {
  if (Array.isArray(value)) {
    if (value.length === 0 || draw(4) === 0) return [...value, 'x']
    const at = draw(value.length)
    return draw(4) === 0 ? value.toSpliced(at, 1) : value.with(at, changedJson(value[at] ?? null, draw))
  }
  if (typeof value === 'object' && value !== null) {
    const keys = Object.keys(value)
    if (keys.length === 0 || draw(6) === 0) return { ...value, x: 1 }
    const key = oneOf(keys, draw)
    if (draw(6) === 0) return Object.fromEntries(Object.entries(value).filter(([name]) => name !== key))
    return { ...value, [key]: changedJson(value[key] ?? null, draw) }
  }
  if (typeof value === 'string') return draw(2) === 0 ? `${value}x` : value.slice(1)
  if (typeof value === 'number') return draw(2) === 0 ? value + 1 : String(value)
  return value === null ? 'x' : !value
}

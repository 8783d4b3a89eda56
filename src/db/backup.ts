// A backup: every table of every schema in one snapshot, and the files that belong to it, as one compressed file. The
// job queue is left out: what is due is found again.
import { createHash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Client } from 'pg'
import type pg from 'pg'
import { to as copyTo } from 'pg-copy-streams'
import { Fault } from '#kernel'
import { writeFrames } from './backup-frames.ts'
import type { Frame, Manifest } from './backup-frames.ts'
import { connectionSettings } from './connect.ts'
import type { Connection } from './connect.ts'
import { faultOf } from './pg-faults.ts'
import { identifier } from './sql.ts'

/** The queue's own state, news of changes that a new start reads anyway, and the record of migrations: a restore makes them anew. */
const LEFT_OUT = ['jobs', 'outbox', 'reeve', 'information_schema']
const FILE_BYTES_MAX = 1 << 20

export interface Progress {
  readonly table: string
  /** Tables that are done, of all. */
  readonly done: number
  readonly of: number
  readonly rows: number
}

export interface BackupOptions {
  /** The owner's. */
  readonly owner: Connection
  /** The file to write; one that is there is replaced when the new one is whole. */
  readonly path: string
  readonly release: string
  /** ISO instant of the caller's clock. */
  readonly createdAt: string
  /** A folder whose files go with it, such as the keys. SECURITY: then the backup is as secret as they are. */
  readonly filesFolder?: string
  readonly onProgress?: (progress: Progress) => void
}

export interface BackupMade {
  readonly manifest: Manifest
  readonly rows: Readonly<Record<string, number>>
}

/** Faults: database_unavailable, storage_full, unreadable_input (the file cannot be written). */
export async function backup(options: BackupOptions): Promise<BackupMade> {
  const client = new Client(connectionSettings(options.owner, 'reeve backup'))
  client.on('error', () => undefined)
  try {
    await client.connect()
    await client.query('begin isolation level repeatable read read only')
    const files = await filesIn(options.filesFolder)
    const manifest = await manifestOf(client, options, [...files.keys()])
    const rows: Record<string, number> = {}
    await writeFrames(options.path, framesOf(client, manifest, files, rows, options.onProgress))
    await client.query('commit')
    return { manifest, rows }
  } catch (error) {
    throw faultOf(error)
  } finally {
    await client.end().catch(() => undefined)
  }
}

async function* framesOf(
  client: pg.Client,
  manifest: Manifest,
  files: ReadonlyMap<string, Buffer>,
  rows: Record<string, number>,
  onProgress: BackupOptions['onProgress'],
): AsyncGenerator<Frame | Buffer> {
  yield { kind: 'manifest', manifest }
  for (const [name, content] of files) {
    yield { kind: 'file', name, sha256: createHash('sha256').update(content).digest('hex') }
    yield content
  }
  for (const [done, { name, columns }] of manifest.tables.entries()) {
    yield { kind: 'table', name }
    const hash = createHash('sha256')
    const copy = client.query(
      copyTo(`copy (select ${columns.map(quoted).join(', ')} from ${qualified(name)}) to stdout`),
    )
    for await (const chunk of copy as AsyncIterable<Buffer>) {
      hash.update(chunk)
      yield chunk
    }
    rows[name] = copy.rowCount
    onProgress?.({ table: name, done: done + 1, of: manifest.tables.length, rows: copy.rowCount })
    yield { kind: 'table end', name, rows: copy.rowCount, sha256: hash.digest('hex') }
  }
  yield { kind: 'end' }
}

export function quoted(name: string): string {
  return identifier(name).compile().text
}

/** `schema.table`; neither has a dot in its name. */
export function qualified(name: string): string {
  return name.split('.').map(quoted).join('.')
}

async function filesIn(folder: string | undefined): Promise<Map<string, Buffer>> {
  const files = new Map<string, Buffer>()
  if (folder === undefined) return files
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    if (!entry.isFile()) continue
    const content = await readFile(join(folder, entry.name))
    if (content.length > FILE_BYTES_MAX)
      throw new Fault('too_large', `\`${join(folder, entry.name)}\` is too large to belong into a backup: move it away`)
    files.set(entry.name, content)
  }
  return files
}

async function manifestOf(client: pg.Client, options: BackupOptions, files: string[]): Promise<Manifest> {
  const { rows: migrations } = await client.query<Manifest['migrations'][number]>(
    'select number, name, checksum from reeve.migration order by number',
  )
  const { rows: version } = await client.query<{ version: string }>(
    `select current_setting('server_version') as version`,
  )
  return {
    release: options.release,
    createdAt: options.createdAt,
    postgresVersion: version[0]?.version ?? '',
    migrations,
    tables: await tablesOf(client),
    counters: await countersOf(client),
    files,
  }
}

/** Generated columns are left out: they come by themselves. A partitioned table is one table. */
export async function tablesOf(client: pg.ClientBase): Promise<Manifest['tables']> {
  const { rows } = await client.query<{ name: string; columns: string[] }>(
    `select n.nspname || '.' || c.relname as name,
       (select array_agg(a.attname::text order by a.attnum) from pg_attribute a
        where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped and a.attgenerated = '') as columns
     from pg_class c join pg_namespace n on n.oid = c.relnamespace
     where c.relkind in ('r', 'p') and not c.relispartition and n.nspname <> all ($1) and n.nspname !~ '^pg_'
     order by n.nspname collate "C", c.relname collate "C"`,
    [LEFT_OUT],
  )
  const { rows: references } = await client.query<{ name: string; target: string }>(
    `select distinct n.nspname || '.' || c.relname as name, tn.nspname || '.' || t.relname as target
     from pg_constraint k join pg_class c on c.oid = k.conrelid join pg_namespace n on n.oid = c.relnamespace
       join pg_class t on t.oid = k.confrelid join pg_namespace tn on tn.oid = t.relnamespace
     where k.contype = 'f' and k.conrelid <> k.confrelid`,
  )
  return targetsFirst(rows, references)
}

/** Each table after those that it refers to. */
export function targetsFirst<T extends { readonly name: string }>(
  tables: readonly T[],
  references: readonly { readonly name: string; readonly target: string }[],
): T[] {
  const ordered: T[] = []
  const seen = new Set<string>()
  const visit = (table: T): void => {
    if (seen.has(table.name)) return
    seen.add(table.name)
    for (const { target } of references.filter(({ name }) => name === table.name)) {
      const before = tables.find(({ name }) => name === target)
      if (before !== undefined) visit(before)
    }
    ordered.push(table)
  }
  for (const table of tables) visit(table)
  return ordered
}

async function countersOf(client: pg.Client): Promise<Manifest['counters']> {
  const { rows } = await client.query<{ table: string; column: string; sequence: string }>(
    `select n.nspname || '.' || c.relname as table, a.attname as column,
       pg_get_serial_sequence(quote_ident(n.nspname) || '.' || quote_ident(c.relname), a.attname) as sequence
     from pg_attribute a join pg_class c on c.oid = a.attrelid join pg_namespace n on n.oid = c.relnamespace
     where a.attidentity <> '' and c.relkind in ('r', 'p') and n.nspname <> all ($1) and n.nspname !~ '^pg_'
     order by 1, 2`,
    [LEFT_OUT],
  )
  const counters: Manifest['counters'][number][] = []
  for (const { table, column, sequence } of rows) {
    const { rows: last } = await client.query<{ value: number | null }>(
      'select pg_sequence_last_value($1::regclass) as value',
      [sequence],
    )
    const value = last[0]?.value
    counters.push(value === null || value === undefined ? { table, column } : { table, column, value })
  }
  return counters
}

// Migrations: numbered plain SQL files, each in one transaction as the owner, each once. What was applied is not edited.
import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { Client } from 'pg'
import type pg from 'pg'
import { Fault } from '#kernel'
import { connectionSettings } from './connect.ts'
import type { Connection } from './connect.ts'
import { faultOf } from './pg-faults.ts'

/** `reeve` in letters; any two migrators on one database wait for each other. */
export const LOCK = 0x72_65_65_76

export interface Migration {
  readonly number: number
  readonly name: string
  readonly text: string
  readonly checksum: string
}

export interface Migrated {
  /** Names of the files that were applied now. */
  readonly applied: readonly string[]
  /** How many had been applied before. */
  readonly already: number
}

/** Beside this file in a clone, and beside the bundle in a package. */
const FOLDER = new URL('./migrations/', import.meta.url)

export function readMigrations(folder: URL = FOLDER): Migration[] {
  if (!existsSync(folder)) throw new Error(`no migrations in ${fileURLToPath(folder)}`)
  const files = readdirSync(folder).filter((name) => name.endsWith('.sql'))
  const migrations = files.sort().map((file) => {
    const match = /^(\d{4})-([a-z0-9-]+)\.sql$/.exec(file)
    if (match === null) throw new Error(`a migration is named NNNN-name.sql, not ${file}`)
    const text = readFileSync(new URL(file, folder), 'utf8')
    const checksum = createHash('sha256').update(text).digest('hex')
    return { number: Number(match[1]), name: match[2] ?? '', text, checksum }
  })
  const twice = migrations.find(({ number }, at) => number !== at + 1)
  if (twice !== undefined) throw new Error(`migrations are numbered from 1 without gaps: look at ${nameOf(twice)}`)
  return migrations
}

function nameOf({ number, name }: { number: number; name: string }): string {
  return `${String(number).padStart(4, '0')}-${name}`
}

/** Brings the database up to this release. Waits for another migrator. Faults: database_refused, database_unavailable. */
export async function migrate(
  owner: Connection,
  release = 'unreleased',
  migrations: readonly Migration[] = readMigrations(),
): Promise<Migrated> {
  const client = new Client(connectionSettings(owner, 'reeve migrate'))
  client.on('error', () => undefined)
  try {
    await client.connect()
    await client.query('select pg_advisory_lock($1)', [LOCK])
    const already = await alreadyApplied(client, migrations)
    const applied: string[] = []
    for (const migration of migrations.slice(already)) {
      await client.query('begin')
      applied.push(...(await applyMigrations(client, [migration], release)))
      await client.query('commit')
    }
    return { applied, already }
  } catch (error) {
    throw faultOf(error)
  } finally {
    await client.end().catch(() => undefined)
  }
}

const RECORD = `
  create schema if not exists reeve;
  create table if not exists reeve.migration (
    number integer primary key,
    name text not null,
    checksum text not null,
    applied_at timestamptz(3) not null default now(),
    release text not null
  )`

async function alreadyApplied(client: pg.Client, migrations: readonly Migration[]): Promise<number> {
  await client.query(RECORD)
  const { rows } = await client.query<{ number: number; name: string; checksum: string; release: string }>(
    'select number, name, checksum, release from reeve.migration order by number',
  )
  for (const [at, row] of rows.entries()) {
    const known = migrations[at]
    if (known === undefined)
      throw new Fault(
        'database_refused',
        `downgrades are refused: the database has ${nameOf(row)} of release ${row.release}, which this release does ` +
          'not know: start that release or a later one, or restore a backup made before it',
      )
    if (row.number !== known.number || row.name !== known.name || row.checksum !== known.checksum)
      throw new Fault(
        'database_refused',
        `the migration ${nameOf(row)} was applied with another content than this release has (${nameOf(known)}): ` +
          'an applied migration is never edited; use the release that made this database, or a newer one',
      )
  }
  return rows.length
}

/** In the caller's transaction, each after the other. Returns their names. */
export async function applyMigrations(
  client: pg.ClientBase,
  migrations: readonly Migration[],
  release: string,
): Promise<string[]> {
  await client.query(RECORD)
  for (const migration of migrations) {
    const { number, name, checksum, text } = migration
    try {
      await client.query(text)
    } catch (error) {
      const fault = faultOf(error)
      if (fault instanceof Fault) throw fault
      const said = error instanceof Error ? error.message : String(error)
      throw new Error(`migration ${nameOf(migration)} failed: ${said}`, { cause: error })
    }
    await client.query('insert into reeve.migration (number, name, checksum, release) values ($1, $2, $3, $4)', [
      number,
      name,
      checksum,
      release,
    ])
  }
  return migrations.map(nameOf)
}

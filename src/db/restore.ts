// Restoring a backup: all of it in one transaction, or nothing. The schema is made as it was, filled, brought up to this
// release, and what newer evidence says is applied before anyone can see it.
import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, open, readFile, rename } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { Client } from 'pg'
import type pg from 'pg'
import { from as copyFrom } from 'pg-copy-streams'
import { Fault } from '#kernel'
import { qualified, quoted, tablesOf } from './backup.ts'
import type { Progress } from './backup.ts'
import { readFrames } from './backup-frames.ts'
import type { Frame, Manifest } from './backup-frames.ts'
import { connectionSettings } from './connect.ts'
import type { Connection } from './connect.ts'
import type { Layer } from './layer.ts'
import { applyMigrations, LOCK, readMigrations } from './migrate.ts'
import type { Migration } from './migrate.ts'
import { faultOf, sqlStateOf } from './pg-faults.ts'
import { LAYER_ROLES } from './roles.ts'
import { transactionOn } from './transact.ts'
import type { Tx } from './transaction.ts'

/** The restore's own transaction as a layer's code takes it. SECURITY: it has the owner's rights, whatever the layer. */
export type AsLayer = (layer: Layer) => Tx

export interface RestoreOptions {
  /** The owner's. No server may be running on the database. */
  readonly owner: Connection
  readonly path: string
  readonly release: string
  /** Where the backup's files go. One that is there with another content stops the restore. */
  readonly filesFolder?: string
  /** Replaces a database that is not empty. */
  readonly replace?: boolean
  /** Before a database that is not empty is replaced: what is newer in it than in the backup is read here. */
  readonly gather?: (as: AsLayer, manifest: Manifest) => Promise<void>
  /** After the backup is in and at this release's schema, in the same transaction: what newer evidence says is applied. */
  readonly replay?: (as: AsLayer, manifest: Manifest) => Promise<void>
  readonly onProgress?: (progress: Progress) => void
}

export interface Restored {
  readonly manifest: Manifest
  readonly rows: Readonly<Record<string, number>>
  /** Migrations that this release has beyond the backup's. */
  readonly migrated: readonly string[]
}

/** Reads a backup from end to end and compares every checksum, without a database. */
export async function verifyBackup(path: string): Promise<Omit<Restored, 'migrated'>> {
  const reader = new BackupReader(path)
  const manifest = await reader.manifest()
  await reader.files(manifest)
  const rows: Record<string, number> = {}
  for (const { name } of manifest.tables) {
    let newlines = 0
    const end = await reader.table(name, async (data) => {
      for await (const chunk of data) newlines += newlinesIn(chunk)
    })
    if (end.rows !== newlines) throw new Fault('unreadable_input', `the backup's table ${name} lacks rows`)
    rows[name] = end.rows
  }
  await reader.end()
  return { manifest, rows }
}

function newlinesIn(chunk: Buffer): number {
  let count = 0
  for (let at = chunk.indexOf(10); at >= 0; at = chunk.indexOf(10, at + 1)) count++
  return count
}

/** Faults: unreadable_input, conflict (not empty; another key), database_refused (a newer release's), storage_full. */
export async function restore(options: RestoreOptions): Promise<Restored> {
  const reader = new BackupReader(options.path)
  const manifest = await reader.manifest()
  const known = readMigrations()
  const before = checkMigrations(manifest, known)
  const files = await reader.files(manifest)
  await checkFiles(files, options.filesFolder)
  const client = new Client(connectionSettings(options.owner, 'reeve restore'))
  client.on('error', () => undefined)
  try {
    await client.connect()
    await refuseWhileUsed(client)
    await client.query(`begin; set local lock_timeout = '10s'`)
    await client.query('select pg_advisory_xact_lock($1)', [LOCK])
    const as: AsLayer = (layer) => transactionOn(layer, client)
    await makeRoom(client, options, as, manifest)
    await applyMigrations(client, known.slice(0, before), manifest.release)
    const rows = await fill(client, reader, manifest, options.onProgress)
    await reader.end()
    const migrated = await applyMigrations(client, known.slice(before), options.release)
    await options.replay?.(as, manifest)
    await writeFiles(files, options.filesFolder)
    await client.query('commit')
    return { manifest, rows, migrated }
  } catch (error) {
    await client.query('rollback').catch(() => undefined)
    throw restoreFault(error)
  } finally {
    await client.end().catch(() => undefined)
    await reader.close()
  }
}

/** Layers' connections are a server's. One that has just ended gets a moment to be gone. */
async function refuseWhileUsed(client: Client): Promise<void> {
  for (let attempt = 0; attempt < 20; attempt++) {
    const { rows } = await client.query(
      'select from pg_stat_activity where datname = current_database() and usename = any ($1) limit 1',
      [LAYER_ROLES],
    )
    if (rows.length === 0) return
    await sleep(100)
  }
  throw inUse(undefined)
}

function inUse(cause: unknown): Fault {
  return new Fault('conflict', 'something is using the database: stop every Reeve server on it, then restore', {
    cause,
  })
}

function restoreFault(error: unknown): unknown {
  return sqlStateOf(error) === '55P03' ? inUse(error) : faultOf(error)
}

/** How many of this release's migrations the backup has. */
function checkMigrations(manifest: Manifest, known: readonly Migration[]): number {
  for (const [at, migration] of manifest.migrations.entries()) {
    if (known[at]?.checksum === migration.checksum) continue
    throw new Fault(
      'database_refused',
      known[at] === undefined
        ? `the backup was made by the newer release ${manifest.release}: restore it with that one or a later one`
        : `the backup's migration ${migration.number} (${migration.name}) is not this release's: use the release that made it`,
    )
  }
  return manifest.migrations.length
}

async function makeRoom(client: Client, options: RestoreOptions, as: AsLayer, manifest: Manifest): Promise<void> {
  if (!(await isEmpty(client))) {
    if (options.replace !== true)
      throw new Fault(
        'conflict',
        'the database is not empty: restore into an empty one, or say that it may be replaced',
      )
    await options.gather?.(as, manifest)
  }
  const { rows } = await client.query<{ schema: string }>(
    `select nspname as schema from pg_namespace
     where nspname !~ '^pg_' and nspname not in ('information_schema', 'public')`,
  )
  if (rows.length > 0) await client.query(`drop schema ${rows.map(({ schema }) => quoted(schema)).join(', ')} cascade`)
}

/** Migrations put rows into these: they are in every database. */
const SEEDED: ReadonlySet<string> = new Set(['evidence.retention'])

async function isEmpty(client: Client): Promise<boolean> {
  for (const { name } of await tablesOf(client)) {
    if (SEEDED.has(name)) continue
    const { rows } = await client.query(`select from ${qualified(name)} limit 1`)
    if (rows.length > 0) return false
  }
  return true
}

async function fill(
  client: Client,
  reader: BackupReader,
  manifest: Manifest,
  onProgress: RestoreOptions['onProgress'],
): Promise<Record<string, number>> {
  const rows: Record<string, number> = {}
  for (const [done, { name, columns }] of manifest.tables.entries()) {
    // what was checked when it was written is not judged, nor noted, a second time
    await client.query(`alter table ${qualified(name)} disable trigger user`)
    // what a migration itself put in is in the backup too, as it has become since
    await client.query(`delete from ${qualified(name)}`)
    const copy = copyFrom(`copy ${qualified(name)} (${columns.map(quoted).join(', ')}) from stdin`)
    const end = await reader.table(name, async (data) => {
      // begun only here: a backup that ends before this table throws, and whoever waits for rows that never come hangs
      await pipeline(Readable.from(data), client.query(copy))
    })
    if (end.rows !== copy.rowCount) throw new Fault('unreadable_input', `the backup's table ${name} lacks rows`)
    await client.query(`alter table ${qualified(name)} enable trigger user`)
    rows[name] = end.rows
    onProgress?.({ table: name, done: done + 1, of: manifest.tables.length, rows: end.rows })
  }
  await setCounters(client, manifest)
  return rows
}

async function setCounters(client: pg.ClientBase, manifest: Manifest): Promise<void> {
  for (const { table, column, value } of manifest.counters) {
    if (value !== undefined)
      await client.query('select setval(pg_get_serial_sequence($1, $2), $3)', [qualified(table), column, value])
  }
}

async function checkFiles(files: ReadonlyMap<string, Buffer>, folder: string | undefined): Promise<void> {
  for (const [name, content] of files) {
    if (name !== basename(name) || name.startsWith('.'))
      throw new Fault('unreadable_input', 'the backup names a file outside its folder: it was tampered with')
    if (folder === undefined || !existsSync(join(folder, name))) continue
    if (!content.equals(await readFile(join(folder, name))))
      throw new Fault('conflict', `\`${join(folder, name)}\` is another one than the backup's: move it away first`)
  }
}

async function writeFiles(files: ReadonlyMap<string, Buffer>, folder: string | undefined): Promise<void> {
  if (folder === undefined || files.size === 0) return
  await mkdir(folder, { recursive: true, mode: 0o700 })
  for (const [name, content] of files) {
    const making = join(folder, `.${name}.new`)
    const file = await open(making, 'w', 0o600)
    try {
      await file.writeFile(content)
      await file.sync()
    } finally {
      await file.close()
    }
    await rename(making, join(folder, name))
  }
}

type End = Extract<Frame, { kind: 'table end' }>

/** The frames in the order in which they must come; what is out of order or altered is a fault. */
class BackupReader {
  readonly #frames: AsyncGenerator<Frame | Buffer>
  readonly #path: string
  #ahead: Frame | Buffer | undefined

  constructor(path: string) {
    this.#path = path
    this.#frames = readFrames(path)
  }

  async manifest(): Promise<Manifest> {
    return (await this.#next('manifest')).manifest
  }

  async files(manifest: Manifest): Promise<Map<string, Buffer>> {
    const files = new Map<string, Buffer>()
    for (const name of manifest.files) {
      const { sha256 } = await this.#next('file')
      const content = Buffer.concat(await Array.fromAsync(this.#data()))
      this.#compare(name, createHash('sha256').update(content).digest('hex'), sha256)
      files.set(name, content)
    }
    return files
  }

  /** Hands the rows of the next table, which must be `name`, to `take`, and compares what was handed out. */
  async table(name: string, take: (data: AsyncIterable<Buffer>) => Promise<void>): Promise<End> {
    const { name: found } = await this.#next('table')
    if (found !== name) throw this.#damaged()
    const hash = createHash('sha256')
    await take(hashing(this.#data(), hash))
    const end = await this.#next('table end')
    this.#compare(name, hash.digest('hex'), end.sha256)
    return end
  }

  async end(): Promise<void> {
    await this.#next('end')
    if (!(await this.#frames.next()).done) throw this.#damaged()
  }

  async close(): Promise<void> {
    await this.#frames.return(undefined)
  }

  async #next<K extends Frame['kind']>(kind: K): Promise<Extract<Frame, { kind: K }>> {
    const frame = this.#ahead ?? (await this.#frames.next()).value
    this.#ahead = undefined
    if (frame === undefined || Buffer.isBuffer(frame) || frame.kind !== kind) throw this.#damaged()
    return frame as Extract<Frame, { kind: K }>
  }

  async *#data(): AsyncGenerator<Buffer> {
    for (;;) {
      const { value, done } = await this.#frames.next()
      if (done === true) return
      if (!Buffer.isBuffer(value)) {
        this.#ahead = value
        return
      }
      yield value
    }
  }

  #compare(name: string, found: string, expected: string): void {
    if (found !== expected)
      throw new Fault('unreadable_input', `\`${this.#path}\` is damaged: ${name} is not what was written`)
  }

  #damaged(): Fault {
    return new Fault('unreadable_input', `\`${this.#path}\` is no whole backup: it is damaged or ends too early`)
  }
}

async function* hashing(data: AsyncIterable<Buffer>, hash: { update(chunk: Buffer): unknown }): AsyncGenerator<Buffer> {
  for await (const chunk of data) {
    hash.update(chunk)
    yield chunk
  }
}

// An import through the sync that a server runs, against COPY of every row that it left, into empty tables of the same
// columns, constraints and indexes, on the same durable database in the same run.
import { createReadStream, createWriteStream } from 'node:fs'
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { fileURLToPath } from 'node:url'
import { Client } from 'pg'
import { from, to } from 'pg-copy-streams'
import { openReeveDatabase } from '../src/db/open.ts'
import type { ReeveDatabase } from '../src/db/open.ts'
import { LAYER_NAMES } from '../src/db/layer.ts'
import { against, rounded } from './figure.ts'
import type { BenchOptions, Figure } from './figure.ts'
import { runNode } from './whole-process.ts'

const PRINCIPALS = 100_000
const MEMORY_MIB_MAX = 512
const SHARE_MIN = 0.3
const LAYERS = ['identity', 'access', 'evidence']

interface Imported {
  readonly seconds: number
  readonly counts: { readonly principals: number; readonly credentials: number; readonly entitlements: number }
  readonly problems: number
  readonly refused: number
}

export async function* importing({ scale, say }: BenchOptions): AsyncGenerator<Figure> {
  const folder = await mkdtemp(join(tmpdir(), 'reeve-bench-roll-'))
  // as root, PostgreSQL runs as another user and must pass
  await chmod(folder, 0o711)
  const place = await openReeveDatabase({
    dataDirectory: join(folder, 'data'),
    environment: {},
    release: 'bench',
    log: () => undefined,
  })
  try {
    const principals = Math.round(PRINCIPALS * scale)
    say(`importing ${principals} principals, ${principals * 3} credentials and entitlements`)
    const { imported, peakMiB } = await runImport(place, folder, principals)
    say('COPY of the same rows')
    const copied = await copyAgain(place, folder)
    const { principals: made, credentials, entitlements } = imported.counts
    const bench = { bench: 'roll', scale }
    yield {
      ...bench,
      figure: 'import',
      unit: 'rows/s',
      ...against(
        `${SHARE_MIN} of COPY`,
        copied.rows / imported.seconds,
        (SHARE_MIN * copied.rows) / copied.seconds,
        'more',
      ),
      note:
        `${rounded(copied.seconds / imported.seconds)} of COPY; ${made} principals, ${credentials} credentials, ` +
        `${entitlements} entitlements in ${rounded(imported.seconds)} s, COPY of the ${copied.rows} rows ${rounded(copied.seconds)} s; ` +
        `${imported.problems} problems, ${imported.refused} refused`,
    }
    yield {
      ...bench,
      figure: 'peak memory of an import',
      unit: 'MiB',
      ...against('limit', peakMiB, MEMORY_MIB_MAX, 'less'),
    }
  } finally {
    await place.stop()
    await rm(folder, { recursive: true, force: true })
  }
}

async function runImport(
  place: ReeveDatabase,
  folder: string,
  principals: number,
): Promise<{ imported: Imported; peakMiB: number }> {
  const file = join(folder, 'import.json')
  const layers = Object.fromEntries(LAYER_NAMES.map((layer) => [layer, place.connectionFor(layer)]))
  await writeFile(file, JSON.stringify({ layers, principals }), { mode: 0o600 })
  const run = await runNode([fileURLToPath(new URL('roll-import-run.ts', import.meta.url)), file], process.cwd())
  if (run.code !== 0) throw new Error(`the import failed: ${run.errors}`)
  return { imported: JSON.parse(run.output) as Imported, peakMiB: run.peakMiB }
}

interface Table {
  readonly name: string
  readonly clone: string
  readonly columns: string
}

/** Every row of every table that the import wrote, once more. Only the writing is timed; the rows wait in files. */
async function copyAgain(place: ReeveDatabase, folder: string): Promise<{ seconds: number; rows: number }> {
  const client = new Client(place.owner)
  await client.connect()
  try {
    await mkdir(join(folder, 'rows'))
    await client.query('create schema peer')
    const tables = await tablesWithRows(client)
    for (const { name, columns } of tables) {
      const out = client.query(to(`copy ${name} (${columns}) to stdout`))
      await pipeline(out, createWriteStream(join(folder, 'rows', name)))
    }
    await client.query('checkpoint').catch(() => undefined)
    let rows = 0
    const started = performance.now()
    for (const { name, clone, columns } of tables) {
      const into = client.query(from(`copy ${clone} (${columns}) from stdin`))
      await pipeline(createReadStream(join(folder, 'rows', name)), into)
      rows += into.rowCount
    }
    return { seconds: (performance.now() - started) / 1000, rows }
  } finally {
    await client.end()
  }
}

async function tablesWithRows(client: Client): Promise<Table[]> {
  const { rows: all } = await client.query<{ name: string; clone: string; columns: string }>(
    `select format('%I.%I', n.nspname, c.relname) as name, format('peer.%I', n.nspname || '_' || c.relname) as clone,
            string_agg(format('%I', a.attname), ', ' order by a.attnum) as columns
     from pg_class c join pg_namespace n on n.oid = c.relnamespace
     join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped and a.attgenerated = ''
     where c.relkind = 'r' and n.nspname = any($1) group by n.nspname, c.relname order by 1`,
    [LAYERS],
  )
  const tables: Table[] = []
  for (const table of all) {
    const { rows } = await client.query<{ full: boolean }>(`select exists (select from ${table.name}) as full`)
    if (rows[0]?.full !== true) continue
    await client.query(`create table ${table.clone} (like ${table.name} including all)`)
    tables.push(table)
  }
  return tables
}

// Where a secret could be left behind: rows, files, what processes were started with, and what a crash leaves. Looked for as it
// is, and as bytes are written down elsewhere (hexadecimal, base64).
import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { identifier, LAYER_NAMES, runningLayers, sql } from '#db'

/** In each planted secret, so that one search finds any of them. */
export const MARK = 'xqz7-planted-'

const HEX = Buffer.from(MARK).toString('hex')
/** Wherever it begins in what is encoded; the ends belong to what is beside it. */
const BASE64 = [0, 1, 2].map((before) =>
  Buffer.from(`${' '.repeat(before)}${MARK}`)
    .toString('base64')
    .slice(before === 0 ? 0 : 4, 16),
)
const TRACES = [MARK, HEX, HEX.toUpperCase(), ...BASE64]

export const isIn = (text: string): boolean => TRACES.some((trace) => text.includes(trace))

/** Arguments and environment of every process that may be read, again and again. */
export function watchProcesses(): { stop(): { looks: number; found: string[] } } {
  const found = new Set<string>()
  let looks = 0
  const look = (): void => {
    looks += 1
    for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name)))
      for (const what of ['cmdline', 'environ'])
        if (isIn(contentOf(`/proc/${pid}/${what}`))) found.add(`${pid} ${what}`)
  }
  // where the test fails it is not what keeps the process
  const timer = setInterval(look, 50).unref()
  return {
    stop: () => {
      clearInterval(timer)
      return { looks, found: [...found] }
    },
  }
}

function contentOf(path: string): string {
  try {
    return readFileSync(path, 'latin1')
  } catch {
    // it ended, or is somebody else's
    return ''
  }
}

/** Each row of each table as text, as a dump has it. */
export async function everyRow(dataDirectory: string): Promise<{ count: number; found: string[] }> {
  const running = await runningLayers(dataDirectory)
  assert.ok(running !== undefined, 'the server runs')
  const found: string[] = []
  let count = 0
  try {
    for (const layer of LAYER_NAMES) {
      const database = running.database.layer(layer)
      await database.transaction(
        async (tx) => {
          const tables = await tx.query<{ schema: string; name: string }>(sql`
            select n.nspname as schema, c.relname as name from pg_class c join pg_namespace n on n.oid = c.relnamespace
            where c.relkind = 'r' and n.nspname !~ '^pg_|information_schema'
              and has_schema_privilege(n.oid, 'usage') and has_table_privilege(c.oid, 'select')`)
          for (const { schema, name } of tables) {
            const rows = await tx.query<{ text: string }>(
              sql`select t::text as text from ${identifier(schema)}.${identifier(name)} t`,
            )
            count += rows.length
            if (rows.some(({ text }) => isIn(text))) found.push(`${schema}.${name}`)
          }
        },
        { readOnly: true },
      )
    }
  } finally {
    await running.database.close()
  }
  return { count, found }
}

/** Whatever lies there: the log, the database's own files, what it writes ahead. `count`: files that were looked into. */
export function filesWith(folder: string): { count: number; found: string[] } {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((one) => one.isFile())
    .map(({ parentPath, name }) => join(parentPath, name))
  return { count: files.length, found: files.filter((path) => isIn(contentOf(path))) }
}

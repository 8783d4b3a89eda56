// Whether the database is still guarded as the release made it: tables, rights, functions and triggers, line by line.
import { readFile } from 'node:fs/promises'
import { Client } from 'pg'
import { connectionSettings } from './connect.ts'
import type { Connection } from './connect.ts'
import { faultOf } from './pg-faults.ts'
import { dumpSchema } from './schema.ts'

/** Beside this file in a clone, and beside the bundle in a package. */
const RELEASED = new URL('schema.sql', import.meta.url)
/** What the queue makes at run time, and what others keep in the same database. */
const NOT_OURS = /^-- schema (?:jobs|public)$/

/** What differs, each in words; any role of a layer may ask. */
export async function schemaDifferences(connection: Connection): Promise<string[]> {
  const released = await readFile(RELEASED, 'utf8')
  const client = new Client(connectionSettings(connection, 'reeve verify'))
  client.on('error', () => undefined)
  try {
    await client.connect()
    const expected = linesOf(released)
    const found = linesOf(await dumpSchema(client))
    return [
      ...[...expected].filter(([line]) => !found.has(line)).map(([, said]) => `missing: ${said}`),
      ...[...found].filter(([line]) => !expected.has(line)).map(([, said]) => `beyond the release: ${said}`),
      ...(await disabledTriggers(client)),
    ]
  } catch (error) {
    throw faultOf(error)
  } finally {
    await client.end().catch(() => undefined)
  }
}

/** Each line under the first one of its block, which says what it belongs to. */
function linesOf(dump: string): Map<string, string> {
  const lines = new Map<string, string>()
  let ours = false
  for (const block of dump.split(/\n\n(?=\S)/)) {
    const [first = '', ...rest] = block.split('\n')
    if (first.startsWith('-- schema ')) ours = !NOT_OURS.test(first)
    if (!ours) continue
    // each right is a line of its own
    if (first.startsWith('grant ')) for (const line of [first, ...rest]) lines.set(line, line)
    else
      for (const line of [first, ...rest])
        lines.set(`${first}\n${line}`, line === first ? first : `${line.trim()} (of: ${first})`)
  }
  return lines
}

async function disabledTriggers(client: Client): Promise<string[]> {
  const { rows } = await client.query<{ name: string; table: string }>(`
    select t.tgname as name, t.tgrelid::regclass::text as table
    from pg_catalog.pg_trigger t join pg_catalog.pg_class c on c.oid = t.tgrelid
      join pg_catalog.pg_namespace n on n.oid = c.relnamespace
    where t.tgenabled <> 'O' and n.nspname !~ '^pg_' and n.nspname <> 'jobs'
    order by 2, 1`)
  return rows.map(({ name, table }) => `switched off: the trigger ${name} of ${table}`)
}

import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { identifier, LAYER_NAMES, runningLayers, sql } from '#db'
import { postgresMissing } from '../../src/connectors/postgresql/postgres-in-test.ts'
import { startWithTarget } from './target-in-test.ts'
import type { ContainWorld } from './target-in-test.ts'

const COUNT = process.env['REEVE_EXHAUSTIVE'] === undefined ? 25 : 1000
const MARK = 'xqz7-planted-'

interface Item {
  readonly id: string
  readonly data: { readonly state: string; readonly account: string }
}

describe('values of secrets are nowhere', { skip: postgresMissing(18), timeout: 1_800_000 }, () => {
  test(`${COUNT} passwords that leaked are used, and found in nothing that is kept, told or seen`, async (t) => {
    const roles = Object.fromEntries(
      Array.from({ length: COUNT }, (_, at) => [`app${at}`, `${MARK}${randomBytes(16).toString('hex')}`]),
    )
    const world = await startWithTarget(t, roles)
    const watch = watchProcesses()
    const answers: string[] = []
    for (const [account, secret] of Object.entries(roles)) {
      const asked = { secret, target: 'main', account, because: 'it was planted' }
      answers.push(JSON.stringify(await world.post(world.ida, '/v1/containments', asked, 200)))
    }
    const plans = await ended(world)
    const seen = watch.stop()
    assert.deepEqual([...new Set(plans.map(({ data }) => data.state))], ['verified'])
    assert.equal(plans.length, COUNT)
    assert.ok(seen.looks > 10, 'processes were looked at while they ran')
    assert.deepEqual(seen.found, [])

    const receipts = await Promise.all(plans.slice(0, 20).map(async ({ id }) => await get(world, `/v1/receipts/${id}`)))
    const entries = await get(world, '/v1/entries?limit=200')
    for (const text of [...answers, JSON.stringify(plans), ...receipts, entries]) assert.ok(!text.includes(MARK))
    const rows = await everyRow(join(world.folder, 'data'))
    assert.ok(rows.count > COUNT * 10, `${rows.count} rows`)
    assert.deepEqual(rows.found, [])
    assert.deepEqual(filesWith(join(world.folder, 'data')), [])
    assert.ok(!world.stderr().includes(MARK))
  })
})

async function get({ url, ida }: ContainWorld, path: string): Promise<string> {
  const response = await fetch(`${url}${path}`, { headers: { authorization: `Bearer ${ida}` } })
  assert.equal(response.status, 200, path)
  return await response.text()
}

async function ended(world: ContainWorld): Promise<Item[]> {
  for (;;) {
    const found: Item[] = []
    for (let cursor = ''; ;) {
      const page = JSON.parse(await get(world, `/v1/plans?limit=200${cursor}`)) as { items: Item[]; next?: string }
      found.push(...page.items)
      if (page.next === undefined) break
      cursor = `&cursor=${encodeURIComponent(page.next)}`
    }
    if (found.every(({ data }) => data.state !== 'running')) return found
    await sleep(1000)
  }
}

/** Arguments and environment of every process that may be read, again and again. */
function watchProcesses(): { stop(): { looks: number; found: string[] } } {
  const found = new Set<string>()
  let looks = 0
  const look = (): void => {
    looks += 1
    for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name)))
      for (const what of ['cmdline', 'environ'])
        if (contentOf(`/proc/${pid}/${what}`).includes(MARK)) found.add(`${pid} ${what}`)
  }
  const timer = setInterval(look, 50)
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
async function everyRow(dataDirectory: string): Promise<{ count: number; found: string[] }> {
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
            if (rows.some(({ text }) => text.includes(MARK))) found.push(`${schema}.${name}`)
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

/** Whatever lies in the data directory: the log, the database's own files, what it writes ahead. */
const filesWith = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((one) => one.isFile())
    .map(({ parentPath, name }) => join(parentPath, name))
    .filter((path) => contentOf(path).includes(MARK))

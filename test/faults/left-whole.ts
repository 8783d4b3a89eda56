// What has to hold of a server's database, whatever it was killed in the middle of. Read beside the running server.
import assert from 'node:assert/strict'
import { setTimeout as sleep } from 'node:timers/promises'
import { runningLayers, sql } from '#db'
import type { Made } from './burst.ts'

const VERSIONED = ['identity', 'access', 'connections'] as const
const PLACES_LIMIT_MS = 30_000

type Row = Record<string, unknown>
type Rows = (layer: (typeof VERSIONED)[number] | 'evidence', query: ReturnType<typeof sql>) => Promise<Row[]>

export async function assertLeftWhole(dataDirectory: string, acknowledged: readonly Made[]): Promise<void> {
  const running = await runningLayers(dataDirectory)
  assert.ok(running !== undefined, 'a server runs')
  const { database } = running
  try {
    const rows: Rows = (layer, query) =>
      database.layer(layer).transaction((tx) => tx.query(query), { readOnly: true, statementTimeoutMs: 0 })
    await assertEachOnce(rows, acknowledged)
    await assertOneEntryEach(rows)
    await assertNoGap(rows)
  } finally {
    await database.close()
  }
}

/** Every acknowledged change is there, as acknowledged, and nothing beside them. */
async function assertEachOnce(rows: Rows, acknowledged: readonly Made[]): Promise<void> {
  const stored = await rows(
    'identity',
    sql`select distinct v.record_id as id, v.version, v.entry_id, v.data ->> 'name' as name, v.data ->> 'purpose' as purpose,
               v.data #>> '{purpose,value}' as stated
        from identity.version v where v.data ->> 'externalId' like 'burst-%'`,
  )
  const made = new Map(stored.map((row) => [`${String(row['id'])} ${String(row['version'])}`, row]))
  assert.equal(stored.length, made.size, 'no version twice')
  const told = new Map(acknowledged.map((change) => [`${change.id} ${change.version}`, change]))
  assert.equal(told.size, acknowledged.length, 'no two changes made one version')
  assert.deepEqual([...made.keys()].sort(), [...told.keys()].sort())
  for (const [key, { said, value }] of told) {
    const row = made.get(key)
    const held = said === 'name' ? row?.['name'] : (row?.['stated'] ?? row?.['purpose'])
    assert.equal(held, value, key)
  }
}

/** Every version of every record has exactly one entry, and no entry speaks of a version that is not there. */
async function assertOneEntryEach(rows: Rows): Promise<void> {
  const made: string[] = []
  const key = ({ id, version, entry }: Row): string => `${String(id)} ${String(version)} ${String(entry)}`
  for (const layer of VERSIONED) {
    const versions = {
      identity: sql`select distinct record_id as id, version, entry_id as entry from identity.version`,
      access: sql`select distinct record_id as id, version, entry_id as entry from access.version`,
      connections: sql`select distinct record_id as id, version, entry_id as entry from connections.version`,
    }[layer]
    for (const row of await rows(layer, versions)) made.push(key(row))
  }
  const entries = await rows(
    'evidence',
    sql`select record_id as id, record_version as version, id as entry from evidence.entry where record_id is not null`,
  )
  assert.ok(made.length > 0)
  const told = new Set(entries.map(key))
  assert.equal(told.size, entries.length)
  assert.equal(made.length, told.size)
  assert.deepEqual(
    made.filter((one) => !told.has(one)),
    [],
  )
}

/** When all entries have their place, the places are 0, 1, 2 and so on. */
async function assertNoGap(rows: Rows): Promise<void> {
  const until = Date.now() + PLACES_LIMIT_MS
  for (;;) {
    const [row] = await rows(
      'evidence',
      sql`select (select count(*) from evidence.entry) as entries, count(*) as places, min(seq) as first, max(seq) as last
          from evidence.sequence`,
    )
    const { entries, places, first, last } = row as { entries: number; places: number; first: number; last: number }
    if (entries !== places && Date.now() < until) {
      await sleep(200)
      continue
    }
    assert.deepEqual({ places, first, last }, { places: entries, first: 0, last: entries - 1 })
    return
  }
}

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { runConnection } from '#connections'
import type { ConnectionsLayer } from '#connections'
import { newId } from '#kernel'
import { sequenceOnce } from '#evidence'
import type { Gauge } from '#http'
import { registerPrincipal } from '#identity/roll'
import { databaseUnavailable } from '../db/database-in-test.ts'
import { createWithEntries } from '#evidence/port'
import { CONNECTION_TABLES } from '#connections'
import { apiInTest } from '../../test/http/api.ts'
import type { ApiInTest } from '../../test/http/api.ts'
import { gaugesOf } from './gauges.ts'

const skip = databaseUnavailable()

async function scraped(api: ApiInTest): Promise<Map<string, number>> {
  const { body, status } = await api.ask('GET', '/metrics')
  assert.equal(status, 200)
  const lines = String(body)
    .split('\n')
    .filter((line) => line.startsWith('reeve_'))
  return new Map(lines.map((line) => [line.slice(0, line.lastIndexOf(' ')), Number(line.split(' ').at(-1))]))
}

test('the metrics say how pools, the log, runs and the roll stand', { skip }, async (t) => {
  let connections: ConnectionsLayer | undefined
  const api = await apiInTest({}, (database, clock) => {
    connections = { db: database.layer('connections'), clock, places: { importRoots: [], dataDirectory: '/nowhere' } }
    return { gauges: gaugesOf({ database, clock, connections, identity: { db: database.layer('identity') } as never }) }
  })
  t.after(async () => api.close())
  assert.ok(connections !== undefined)
  const { roll } = api
  const evidence = roll.database.layer('evidence')
  while ((await sequenceOnce(evidence, roll.now())).sequenced > 0) {
    // until all have their place
  }
  const act = { actor: { id: 'reeve' }, at: roll.now() }
  for (const name of ['a', 'b']) await registerPrincipal(roll.identity, act, { kind: 'machine', system: 'aws', name })
  const [id, idle] = [newId('connection'), newId('connection')]
  const data = {
    type: 'files',
    settings: { path: '/x' },
    options: {},
    credentials: {},
    schedule: null,
    state: 'enabled',
  }
  await connections.db.transaction(async (tx) => {
    const items = [id, idle].map((each) => ({
      id: each,
      data: { ...data, name: each },
      words: { type: 'connection.created' },
    }))
    await createWithEntries(tx, CONNECTION_TABLES[0], act, items)
  })
  await runConnection(connections, act, id)

  const says = await scraped(api)
  assert.equal(says.get('reeve_principals{state="registered"}'), 2)
  assert.equal(says.get('reeve_principals{state="retired"}'), 0)
  assert.equal(says.get('reeve_runs_open{state="queued"}'), 1)
  assert.equal(says.get('reeve_runs_open{state="running"}'), 0)
  assert.equal(says.get('reeve_connections{newest_run="queued"}'), 1)
  assert.equal(says.get('reeve_connections{newest_run="never"}'), 1)
  // two principals, two connections, one run, and that the row of the run was written
  assert.equal(says.get('reeve_log_unplaced_entries'), 6)
  assert.equal(says.get('reeve_pool_connections_max{layer="identity"}'), 10)
  assert.ok((says.get('reeve_pool_connections_open{layer="evidence"}') ?? 0) > 0)
  assert.equal(says.get('reeve_pool_waiting{layer="access"}'), 0)
  assert.ok(says.has('reeve_log_lag_seconds') && says.has('reeve_log_entries'))
})

test('a gauge that cannot be read is left out and the others are still told', { skip }, async (t) => {
  const gauges: Gauge[] = [
    { name: 'reeve_broken', help: 'x', read: () => Promise.reject(new Error('away')) },
    { name: 'reeve_whole', help: 'x', label: 'of', read: () => Promise.resolve({ 'a "b"': 3 }) },
  ]
  const api = await apiInTest({}, () => ({ gauges }))
  t.after(async () => api.close())
  const says = await scraped(api)
  assert.equal(says.get(String.raw`reeve_whole{of="a \"b\""}`), 3)
  assert.deepEqual(
    [...says.keys()].filter((name) => name.startsWith('reeve_broken')),
    [],
  )
})

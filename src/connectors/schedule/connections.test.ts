import assert from 'node:assert/strict'
import { mkdir, readFile, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { inspect } from 'node:util'
import { Client } from 'pg'
import { Fault } from '#kernel'
import type { Instant } from '#kernel'
import { databaseUnavailable } from '../../db/database-in-test.ts'
import {
  createConnection,
  getConnection,
  getRun,
  listConnections,
  listRuns,
  notYetReadUnder,
  pauseConnection,
  previewRemoval,
  removeConnection,
  resumeConnection,
  runConnection,
  testConnection,
  updateConnection,
} from './index.ts'
import type { ConnectionInput, Run } from './index.ts'
import { anAct, layerInTest } from './layer-in-test.ts'
import type { LayerInTest } from './layer-in-test.ts'

const skip = databaseUnavailable()
let on: LayerInTest
before(async () => {
  if (skip !== false) return
  on = await layerInTest()
  await mkdir(join(on.root, 'estate'))
  await writeFile(join(on.root, 'estate', 'env.json'), '{"aws_access_key_id": "AKIAZ7Q4T2WXN5PLMK3B"}')
})
after(async () => await on?.close())

const refused =
  (code: string, words = /./) =>
  (error: unknown) => {
    assert.ok(error instanceof Fault, String(error))
    assert.equal(error.code, code)
    assert.match(error.detail, words)
    return true
  }

const named = (name: string): ConnectionInput => ({
  name,
  type: 'files',
  settings: { path: join(on.root, 'estate') },
})

async function entries(): Promise<{ type: string; record_id: string | null; hash: string | null }[]> {
  const client = new Client(on.database.superuser)
  await client.connect()
  try {
    const { rows } = await client.query<{ type: string; record_id: string | null; hash: string | null }>(
      `select type, record_id, encode(record_hash, 'hex') as hash from evidence.entry order by transaction, ordinal`,
    )
    return rows
  } finally {
    await client.end()
  }
}

test('a connection is created, changed, paused, resumed and removed, each with its entry', { skip }, async () => {
  const made = await createConnection(on.layer, anAct(), named('life'))
  assert.equal(made.data.state, 'enabled')
  const changed = await updateConnection(on.layer, anAct(), {
    id: made.id,
    patch: { schedule: { cron: '0 2 * * *', timeZone: 'Europe/Berlin' } },
    expectedVersion: 1,
  })
  assert.equal(changed.version, 2)
  assert.ok((await getConnection(on.layer, made.id)).nextRunAt !== null)
  const paused = await pauseConnection(on.layer, anAct(), made.id)
  assert.equal((await pauseConnection(on.layer, anAct(), made.id)).version, paused.version, 'paused is paused')
  assert.equal((await getConnection(on.layer, made.id)).nextRunAt, null)
  await resumeConnection(on.layer, anAct(), made.id)
  const removed = await removeConnection(on.layer, anAct(), { id: made.id })
  const ours = (await entries()).filter((entry) => entry.record_id === made.id)
  assert.deepEqual(
    ours.map(({ type }) => type),
    ['created', 'changed', 'paused', 'resumed', 'removed'].map((word) => `connection.${word}`),
  )
  assert.equal(ours.at(-1)?.hash, removed.hash)
  await assert.rejects(runConnection(on.layer, anAct(), made.id), refused('conflict', /removed/))
  await createConnection(on.layer, anAct(), named('life'))
})

test('an update of another version than the present one changes nothing', { skip }, async () => {
  const made = await createConnection(on.layer, anAct(), named('versions'))
  const update = { id: made.id, patch: { name: 'other' }, expectedVersion: 7 }
  await assert.rejects(updateConnection(on.layer, anAct(), update), refused('version_mismatch'))
  assert.equal((await getConnection(on.layer, made.id)).data.name, 'versions')
})

test('two connections of one name are refused, also by a rename', { skip }, async () => {
  await createConnection(on.layer, anAct(), named('one'))
  await assert.rejects(createConnection(on.layer, anAct(), named('one')), refused('conflict', /name/))
  const two = await createConnection(on.layer, anAct(), named('two'))
  await assert.rejects(
    updateConnection(on.layer, anAct(), { id: two.id, patch: { name: 'one' } }),
    refused('conflict', /name/),
  )
})

test('what is not a connection is refused before anything is stored', { skip }, async () => {
  const stored = (await listConnections(on.layer, { limit: 100 })).items.length
  const wrong: Partial<ConnectionInput>[] = [
    { name: '' },
    { name: ' spaces ' },
    { name: 'x'.repeat(201) },
    { name: 'line\nbreak' },
    { settings: { path: '/etc' } },
    { settings: { path: join(on.root, 'missing') } },
    { schedule: { everyMinutes: 0 } },
    { options: { secondsMax: 0 } },
    { options: { exclude: ['x'.repeat(1001)] } },
    { credentials: { token: 'env:TOKEN' } },
  ]
  for (const part of wrong) {
    const input = { ...named('wrong'), ...part }
    await assert.rejects(createConnection(on.layer, anAct(), input), refused('unprocessable'), JSON.stringify(part))
  }
  assert.equal((await listConnections(on.layer, { limit: 100 })).items.length, stored)
})

test('a literal secret in place of a reference is refused and not repeated', { skip }, async () => {
  for (const value of ['ghp_0123456789abcdefghijklmnopqrstuvwxyz', 'env:not a name', 'password', 'file:relative']) {
    const input = { ...named('secret'), credentials: { token: value } }
    await assert.rejects(createConnection(on.layer, anAct(), input), (error: unknown) => {
      assert.ok(!inspect(error, { depth: 9 }).includes(value))
      return refused('unprocessable', /reference/)(error)
    })
  }
})

test('a request that is repeated under its key creates one connection', { skip }, async () => {
  const idempotency = { client: 'a', key: 'k1', request: { name: 'repeated' } }
  const act = { ...anAct(), idempotency }
  const first = await createConnection(on.layer, act, named('repeated'))
  const second = await createConnection(on.layer, act, named('repeated'))
  assert.deepEqual(second, first)
})

test('a second run is refused while one is queued, even when both are asked for at once', { skip }, async () => {
  const made = await createConnection(on.layer, anAct(), named('queued'))
  const asked = await Promise.allSettled([1, 2, 3].map(async () => await runConnection(on.layer, anAct(), made.id)))
  const won = asked.filter(({ status }) => status === 'fulfilled')
  assert.equal(won.length, 1)
  for (const result of asked) if (result.status === 'rejected') refused('conflict', /under way/)(result.reason)
  const { lastRun } = await getConnection(on.layer, made.id)
  assert.equal(lastRun?.state, 'queued')
  await removeConnection(on.layer, anAct(), { id: made.id })
  assert.equal((await getRun(on.layer, lastRun.id)).failure, 'the connection was removed')
})

test('a removal queues one last run; it may be asked for again only where that run failed', { skip }, async () => {
  const { beginRun, endRun } = await import('./run-lifecycle.ts')
  const made = await createConnection(on.layer, anAct(), named('ends'))
  const removed = await removeConnection(on.layer, anAct(), { id: made.id })
  const again = async (): Promise<unknown> => await removeConnection(on.layer, anAct(), { id: made.id })
  const newest = async (): Promise<Run> => {
    const { lastRun } = await getConnection(on.layer, made.id)
    assert.ok(lastRun !== null)
    return lastRun
  }
  await assert.rejects(again(), refused('conflict', /removed/))
  const first = await newest()
  assert.equal((await beginRun(on.layer.db, first.id, on.layer.clock()))?.connection.data.state, 'removed')
  await assert.rejects(again(), refused('conflict', /removed/))
  await endRun(on.layer.db, first, on.layer.clock(), { state: 'failed', counts: {}, failure: 'for a test' })
  assert.deepEqual(await again(), removed, 'nothing of the connection changes')
  const second = await newest()
  assert.deepEqual([second.state, second.id === first.id], ['queued', false])
  await endRun(on.layer.db, second, on.layer.clock(), { state: 'succeeded', counts: {} })
  await assert.rejects(again(), refused('conflict', /removed/))
})

test('lists come in pages that leave nothing out and repeat nothing', { skip }, async () => {
  for (const name of ['page a', 'page b', 'page c', 'page d']) await createConnection(on.layer, anAct(), named(name))
  const all = (await listConnections(on.layer, { limit: 100 })).items.map(({ id }) => id)
  const paged: string[] = []
  let from: string | undefined
  do {
    const page = await listConnections(on.layer, { limit: 3, ...(from === undefined ? {} : { after: from }) })
    paged.push(...page.items.map(({ id }) => id))
    from = page.next
  } while (from !== undefined)
  assert.deepEqual(paged, all)

  const at = '2026-05-01T08:00:00.000Z' as Instant
  for (const id of all.slice(0, 5)) await runConnection(on.layer, anAct(at), id).catch(() => undefined)
  const runs = (await listRuns(on.layer, { limit: 100 })).items.map(({ id }) => id)
  const first = await listRuns(on.layer, { limit: 2 })
  assert.ok(first.next !== undefined)
  const rest = await listRuns(on.layer, { limit: 100, after: first.next })
  assert.deepEqual(
    [...first.items, ...rest.items].map(({ id }) => id),
    runs,
  )
})

test('a test of a connection says what would be read and writes nothing', { skip }, async () => {
  const written = (await entries()).length
  const said = await testConnection(on.layer, { type: 'files', settings: { path: join(on.root, 'estate') } })
  assert.equal(said.complete, true)
  assert.equal(said.files, 1)
  assert.ok((said.found['credential'] ?? 0) >= 1, JSON.stringify(said))
  const people = await testConnection(on.layer, { type: 'people', settings: { path: join(on.root, 'estate') } })
  assert.deepEqual(people.found, {}, 'a feed of people is read for people only')
  await assert.rejects(
    testConnection(on.layer, { type: 'files', settings: { path: '/etc' } }),
    refused('unprocessable', /import root/),
  )
  assert.equal((await entries()).length, written)
})

test('a path that became a link to the outside after it was stored is refused', { skip }, async () => {
  const path = join(on.root, 'swapped')
  await mkdir(path)
  const made = await createConnection(on.layer, anAct(), { ...named('swapped'), settings: { path } })
  await (await import('node:fs/promises')).rmdir(path)
  await symlink('/etc', path)
  await assert.rejects(testConnection(on.layer, { id: made.id }), refused('unprocessable', /import root/))
})

test('what would be without a source is said before a connection is removed', { skip }, async () => {
  const made = await createConnection(on.layer, anAct(), named('preview'))
  const layer = { ...on.layer, seenOnlyBy: async (id: string) => ({ principals: id === made.id ? 7 : 0 }) }
  assert.deepEqual(await previewRemoval(layer, made.id), { seenOnlyHere: { principals: 7 } })
  assert.equal((await getConnection(layer, made.id)).data.state, 'enabled')
})

test(
  'an old fingerprint key is needed until every source was read completely under the new one',
  { skip },
  async () => {
    const made = await createConnection(on.layer, anAct(), named('keys'))
    const run = await runConnection(on.layer, anAct(), made.id)
    const needs = async (): Promise<boolean> => (await notYetReadUnder(on.layer, 'hk_new')).includes(made.id)
    const { endRun } = await import('./run-lifecycle.ts')
    assert.equal(await needs(), true)
    await endRun(on.layer.db, run, on.layer.clock(), { state: 'partial', counts: {}, fingerprintKeyId: 'hk_new' })
    assert.equal(await needs(), true, 'a partial read is not a read')
    const again = await runConnection(on.layer, anAct(), made.id)
    await endRun(on.layer.db, again, on.layer.clock(), { state: 'succeeded', counts: {}, fingerprintKeyId: 'hk_new' })
    assert.equal(await needs(), false)
  },
)

test('problems of a run are kept as the first of each kind and how many there are', { skip }, async () => {
  const { endRun } = await import('./run-lifecycle.ts')
  const made = await createConnection(on.layer, anAct(), named('problems'))
  const run = await runConnection(on.layer, anAct(), made.id)
  const problems = Array.from({ length: 5000 }, (_, at) => ({
    type: 'problem' as const,
    connector: at % 2 === 0 ? 'aws' : 'csv',
    file: `f${at}\u0000\uD800`,
    message: 'x'.repeat(2_000_000 / 1000),
  }))
  await endRun(on.layer.db, run, on.layer.clock(), { state: 'partial', counts: { a: { b: 1 } }, problems })
  const kept = await getRun(on.layer, run.id)
  assert.deepEqual(
    kept.problems.map(({ kind, count, first }) => [kind, count, first.length]),
    [
      ['aws', 2500, 20],
      ['csv', 2500, 20],
    ],
  )
  assert.ok(JSON.stringify(kept).length < 50_000)
  assert.deepEqual(kept.counts, { a: { b: 1 } })
  assert.equal(await readFile(join(on.root, 'estate', 'env.json'), 'utf8').then((text) => text.length > 0), true)
})

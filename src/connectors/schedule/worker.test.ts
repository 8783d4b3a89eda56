import assert from 'node:assert/strict'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, afterEach, before, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { Client } from 'pg'
import { Fault, systemClock } from '#kernel'
import { holdLock } from '#db'
import { databaseUnavailable } from '../../db/database-in-test.ts'
import {
  createConnection,
  getRun,
  listRuns,
  pauseConnection,
  runConnection,
  runFiles,
  startConnectionWorker,
  updateConnection,
} from './index.ts'
import type { ConnectionWorker, Run, RunHandler, RunState } from './index.ts'
import { anAct, layerInTest } from './layer-in-test.ts'
import type { LayerInTest } from './layer-in-test.ts'
import { lockName } from './perform.ts'

const skip = databaseUnavailable()
let on: LayerInTest
const workers: ConnectionWorker[] = []
const failures: string[] = []
before(async () => {
  if (skip !== false) return
  on = await layerInTest()
  await mkdir(join(on.root, 'estate'))
  await writeFile(join(on.root, 'estate', 'env.json'), '{"aws_access_key_id": "AKIAZ7Q4T2WXN5PLMK3B"}')
})
afterEach(async () => {
  await Promise.all(workers.splice(0).map(async (worker) => await worker.stop()))
})
after(async () => await on?.close())

async function start(onRun: RunHandler): Promise<ConnectionWorker> {
  const worker = await startConnectionWorker({
    layer: on.layer,
    connection: on.database.connectionFor('connections'),
    onRun,
    onFailure: (error, doing) => failures.push(`${doing}: ${String(error)}`),
    everyMs: 300,
    schedulesEverySeconds: 1,
  })
  workers.push(worker)
  return worker
}

let made = 0
async function aConnection(): Promise<string> {
  const { id } = await createConnection(on.layer, anAct(), {
    name: `connection ${(made += 1)}`,
    type: 'files',
    settings: { path: join(on.root, 'estate') },
  })
  return id
}

async function until<T>(what: string, work: () => Promise<T | undefined | false>): Promise<T> {
  for (let wait = 0; wait < 300; wait++) {
    const found = await work()
    if (found !== undefined && found !== false) return found
    await sleep(100)
  }
  throw new Error(`did not come: ${what}; ${failures.join('; ')}`)
}

const ended = async (run: Run, ...states: RunState[]): Promise<Run> =>
  await until(`run ${run.id} is ${states.join()}`, async () => {
    const now = await getRun(on.layer, run.id)
    return states.includes(now.state) && now
  })

async function asSuperuser<T>(work: (client: Client) => Promise<T>): Promise<T> {
  const client = new Client(on.database.superuser)
  await client.connect()
  try {
    return await work(client)
  } finally {
    await client.end()
  }
}

test('a queued run is taken, reads its files and ends with what sync counted', { skip }, async () => {
  const seen: { files: number; facts: number; keyId: string; actor: string }[] = []
  const key = { keyId: 'hk_test', key: new Uint8Array(32) }
  await start(
    runFiles({
      places: on.layer.places,
      clock: systemClock,
      key: () => key,
      sync: async ({ read, keyId, act, source, confirmLeavers }) => {
        assert.equal(confirmLeavers, true)
        seen.push({ files: read.stats.files, facts: read.facts.length, keyId, actor: String(act.actor.onBehalfOf) })
        assert.match(source.id, /^cnn_/)
        return { counts: { credentials: { created: 1 } } }
      },
    }),
  )
  const run = await runConnection(on.layer, anAct(), await aConnection(), { confirmLeavers: true })
  const over = await ended(run, 'succeeded')
  assert.equal(seen.length, 1)
  assert.equal(seen[0]?.files, 1)
  assert.ok((seen[0]?.facts ?? 0) >= 1)
  assert.equal(seen[0]?.actor, anAct().actor.id)
  assert.deepEqual(over.counts['credentials'], { created: 1 })
  assert.equal(over.fingerprintKeyId, 'hk_test')
  assert.equal(over.attempts, 1)
})

test('a run that throws has failed: with the words of a fault, without those of anything else', { skip }, async () => {
  const words = ['a fault that says what to do', 'hunter2 in a stack']
  await start(async ({ run }) => {
    const { id } = run
    throw id === first.id ? new Fault('unprocessable', words[0] ?? '') : new Error(words[1])
  })
  const first = await runConnection(on.layer, anAct(), await aConnection())
  const second = await runConnection(on.layer, anAct(), await aConnection())
  assert.equal((await ended(first, 'failed')).failure, words[0])
  const opaque = await ended(second, 'failed')
  assert.ok(opaque.failure !== null && !opaque.failure.includes('hunter2'))
  assert.ok(
    failures.some((line) => line.includes(second.id) && line.includes('hunter2')),
    'the log has it',
  )
})

test('two workers never run one connection at once', { skip }, async () => {
  let now = 0
  let most = 0
  let times = 0
  const handler: RunHandler = async () => {
    times += 1
    now += 1
    most = Math.max(most, now)
    await sleep(1500)
    now -= 1
    return { state: 'succeeded', counts: {} }
  }
  await start(handler)
  await start(handler)
  const run = await runConnection(on.layer, anAct(), await aConnection())
  await ended(run, 'succeeded')
  await sleep(1500)
  assert.equal(most, 1)
  assert.equal(times, 1)
})

test('a run that its worker left running is begun again, and only once nobody holds its lock', { skip }, async () => {
  const connectionId = await aConnection()
  const run = await runConnection(on.layer, anAct(), connectionId)
  await asSuperuser(
    async (client) =>
      await client.query(
        `update connections.run set state = 'running', started_at = queued_at, attempts = 1 where id = $1`,
        [run.id],
      ),
  )
  const held = await holdLock(on.database.connectionFor('connections'), lockName(connectionId))
  assert.ok(held !== undefined)
  let times = 0
  await start(async () => {
    times += 1
    return { state: 'succeeded', counts: {} }
  })
  await sleep(2500)
  assert.equal(times, 0, 'its worker lives')
  await held.release()
  assert.equal((await ended(run, 'succeeded')).attempts, 2)
  assert.equal(times, 1)
})

test('a run that ends its process each time is given up after three attempts', { skip }, async () => {
  const run = await runConnection(on.layer, anAct(), await aConnection())
  await asSuperuser(
    async (client) =>
      await client.query(`update connections.run set state = 'running', attempts = 3 where id = $1`, [run.id]),
  )
  await start(async () => ({ state: 'succeeded', counts: {} }))
  assert.match((await ended(run, 'failed')).failure ?? '', /begun 3 times/)
})

test('a server that stops gives its run back, and the next one begins it anew', { skip }, async () => {
  let begun = 0
  const worker = await start(async ({ signal }) => {
    begun += 1
    await sleep(60_000, undefined, { signal })
    return { state: 'succeeded', counts: {} }
  })
  const run = await runConnection(on.layer, anAct(), await aConnection())
  await until('it is begun', async () => begun === 1)
  workers.splice(workers.indexOf(worker), 1)
  await worker.stop()
  const given = await getRun(on.layer, run.id)
  assert.equal(given.state, 'queued')
  assert.equal(given.attempts, 0)
  await start(async () => ({ state: 'partial', counts: {} }))
  await ended(run, 'partial')
})

test('a worker whose lock is lost is told to stop, and does not write the end', { skip }, async () => {
  const connectionId = await aConnection()
  const told = Promise.withResolvers<boolean>()
  let begun = 0
  await start(async ({ signal }) => {
    begun += 1
    if (begun > 1) return { state: 'succeeded', counts: { second: 1 } }
    await sleep(20_000, undefined, { signal }).catch(() => undefined)
    told.resolve(signal.aborted)
    return { state: 'succeeded', counts: { first: 1 } }
  })
  const run = await runConnection(on.layer, anAct(), connectionId)
  await until('it is begun', async () => begun === 1)
  await asSuperuser(
    async (client) =>
      await client.query(
        `select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'reeve lock' and datname = current_database()`,
      ),
  )
  assert.equal(await told.promise, true)
  assert.deepEqual((await ended(run, 'succeeded')).counts, { second: 1 })
})

test('progress of a run can be read while it runs', { skip }, async () => {
  const go = Promise.withResolvers<void>()
  await start(async ({ progress }) => {
    progress({ files: 7, step: 'reading' })
    await go.promise
    return { state: 'succeeded', counts: {} }
  })
  const run = await runConnection(on.layer, anAct(), await aConnection())
  await until('progress is there', async () => (await getRun(on.layer, run.id)).progress.files === 7)
  go.resolve()
  assert.deepEqual((await ended(run, 'succeeded')).progress, {})
})

test(
  'moments that were missed run once, and a clock that goes back fires none of them again',
  { skip, timeout: 60_000 },
  async () => {
    const connectionId = await aConnection()
    const worker = await start(async () => ({ state: 'succeeded', counts: {} }))
    // ten past moments an hour ago and more, none in the next minutes
    const hour = new Date(Date.now() - 7_200_000)
    const cron = `${hour.getUTCMinutes()} ${[0, 1, 2, 3].map((back) => (hour.getUTCHours() + 24 - back) % 24).join(',')} * * *`
    await updateConnection(on.layer, anAct(), { id: connectionId, patch: { schedule: { cron, timeZone: 'UTC' } } })
    worker.wake()
    const goBack = async (): Promise<void> =>
      await asSuperuser(async (client) => {
        await client.query(`update jobs.schedule set created_on = now() - interval '1 day' where key = $1`, [
          connectionId,
        ])
        await client.query(`update jobs.version set cron_on = now() - interval '8 hours'`)
      })
    await until(
      'its schedule is kept',
      async () =>
        await asSuperuser(
          async (client) =>
            (await client.query('select from jobs.schedule where key = $1', [connectionId])).rows.length === 1,
        ),
    )
    await goBack()
    const [run] = await until('the run that was missed', async () => {
      const { items } = await listRuns(on.layer, { limit: 10, connectionId })
      return items.length > 0 && items
    })
    assert.equal(run?.askedBy, 'reeve')
    await goBack()
    await sleep(9000)
    assert.equal((await listRuns(on.layer, { limit: 10, connectionId })).items.length, 1)

    await pauseConnection(on.layer, anAct(), connectionId)
    worker.wake()
    await until(
      'a paused connection has no schedule',
      async () =>
        await asSuperuser(
          async (client) =>
            (await client.query('select from jobs.schedule where key = $1', [connectionId])).rows.length === 0,
        ),
    )
  },
)

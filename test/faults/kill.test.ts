// The server is killed at random moments of an import and a burst of changes, again and again on one data directory.
import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import type { TestContext } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { databaseUnavailable } from '../../src/db/database-in-test.ts'
import { seededRandom } from '../../src/db/random-in-test.ts'
import { startServer, temporaryFolder } from '../e2e/server-in-test.ts'
import type { ServerInTest } from '../e2e/server-in-test.ts'
import { reeve } from '../scan/run-reeve.ts'
import { Burst } from './burst.ts'
import { assertLeftWhole } from './left-whole.ts'

const EXHAUSTIVE = process.env['REEVE_EXHAUSTIVE'] !== undefined
const KILLS = EXHAUSTIVE ? 20 : 2
/** Accounts in the table, and how many of them are others at each import. */
const ROWS = EXHAUSTIVE ? 800 : 400
const STEP = ROWS / 2
const RUN_LIMIT_MS = 120_000

const SETTINGS = `server:
  importRoots: [estate]
  rateLimits: { perTokenPerMinute: 100000 }
csv:
  - files: accounts.csv
    mapping: { columns: { externalId: account, permission: right, resource: on } }
`

interface Run {
  readonly id: string
  readonly state: string
  readonly failure: string | null
  readonly attempts: number
}

test(
  `killed ${KILLS} times at random moments: every acknowledged change is there once, the import goes on and is whole`,
  { skip: databaseUnavailable(), timeout: 60 * 60_000 },
  async (t) => {
    const folder = await temporaryFolder(t)
    const estate = join(folder, 'estate')
    await mkdir(estate)
    const config = join(folder, 'reeve.yaml')
    await writeFile(config, SETTINGS)
    const dataDirectory = join(folder, 'data')
    const start = async (): Promise<ServerInTest> => await startServer({ dataDirectory, args: ['--config', config] })
    const held = { server: await start() }
    try {
      await killAgainAndAgain(t, { held, start, dataDirectory, estate })
    } finally {
      // in order, so that its PostgreSQL ends too, before the folder goes
      await held.server.stop()
    }
  },
)

interface Place {
  readonly held: { server: ServerInTest }
  readonly start: () => Promise<ServerInTest>
  readonly dataDirectory: string
  readonly estate: string
}

async function killAgainAndAgain(t: TestContext, { held, start, dataDirectory, estate }: Place): Promise<void> {
  const random = seededRandom()
  t.diagnostic(`seed ${random.seed}`)
  const { identity, access } = await administrators(held.server)
  const ask = asker(() => held.server.url, access)
  const took = await firstImport(ask, estate)
  const connection = await connectionOf(ask)
  const burst = new Burst(identity)
  let resumed = 0
  for (let kill = 1; kill <= KILLS; kill++) {
    await writeTable(estate, kill)
    const key = randomUUID()
    const bursting = burst.run(held.server.url)
    const queued = ask('POST', `/v1/connections/${connection}/run`, {}, key).catch(() => undefined)
    const moment = random.below(Math.ceil(took * 1.5))
    await Promise.race([sleep(moment), bursting])
    await held.server.kill()
    await bursting
    await queued
    held.server = await start()
    await burst.settle(held.server.url)
    // asked for again under its key it is the run that it was, if it was
    const { id } = await ask<Run>('POST', `/v1/connections/${connection}/run`, {}, key)
    const run = await endOf(ask, id)
    assert.equal(run.state, 'succeeded', `killed after ${moment} ms: ${run.failure ?? ''}`)
    resumed += run.attempts > 1 ? 1 : 0
    t.diagnostic(`kill ${kill} after ${moment} ms: attempt ${run.attempts}, ${burst.acknowledged.length} changes`)
    assert.deepEqual(await accountsHeld(ask), { there: ROWS, gone: kill * STEP })
    await assertLeftWhole(dataDirectory, burst.acknowledged)
  }
  assert.ok(burst.acknowledged.length > KILLS, 'there was a burst')
  t.diagnostic(`${resumed} of ${KILLS} imports were under way when the server was killed`)
  const verified = await reeve(['evidence', 'verify', '--state', '--data-dir', dataDirectory])
  assert.match(verified.stdout, /^passed  state/m, verified.stdout + verified.stderr)
  assert.doesNotMatch(verified.stdout, /^failed/m, verified.stdout)
  assert.equal(await held.server.stop(), 0)
}

type Ask = <T = unknown>(method: 'GET' | 'POST', path: string, body?: object, key?: string) => Promise<T>

const asker =
  (url: () => string, token: string): Ask =>
  async <T>(method: 'GET' | 'POST', path: string, body?: object, key?: string) => {
    const response = await fetch(`${url()}${path}`, {
      method,
      headers: {
        authorization: `Bearer ${token}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...(key === undefined ? {} : { 'idempotency-key': key }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
    const text = await response.text()
    assert.ok(response.ok, `${method} ${path}: ${response.status} ${text}`)
    return JSON.parse(text) as T
  }

/** Tokens of the two administrations. */
async function administrators(server: ServerInTest): Promise<{ readonly identity: string; readonly access: string }> {
  const ask = asker(() => server.url, server.token ?? '')
  const { administrators: made } = await ask<{ administrators: { value: string }[] }>(
    'POST',
    '/v1/bootstrap/administrators',
    {
      administrators: [
        { name: 'Ada', email: 'ada@larkfield.example', roles: ['identity-admin'] },
        { name: 'Alan', email: 'alan@larkfield.example', roles: ['access-admin', 'auditor'] },
      ],
    },
  )
  const [identity, access] = made.map(({ value }) => value)
  return { identity: identity ?? '', access: access ?? '' }
}

async function writeTable(estate: string, turn: number): Promise<void> {
  const rows = Array.from({ length: ROWS }, (_, at) => `account-${turn * STEP + at},read,bucket-${at % 50}`)
  await writeFile(join(estate, 'accounts.csv'), `account,right,on\n${rows.join('\n')}\n`)
}

/** How long an import takes that nobody disturbs. */
async function firstImport(ask: Ask, estate: string): Promise<number> {
  await writeTable(estate, 0)
  const began = performance.now()
  const { id } = await ask<{ id: string }>('POST', '/v1/connections', {
    name: 'accounts',
    type: 'files',
    settings: { path: estate },
  })
  const run = await ask<Run>('POST', `/v1/connections/${id}/run`, {})
  assert.equal((await endOf(ask, run.id)).state, 'succeeded')
  return performance.now() - began
}

async function connectionOf(ask: Ask): Promise<string> {
  const { items } = await ask<{ items: { id: string }[] }>('GET', '/v1/connections')
  return items[0]?.id ?? ''
}

async function endOf(ask: Ask, id: string): Promise<Run> {
  const until = Date.now() + RUN_LIMIT_MS
  for (;;) {
    const run = await ask<Run>('GET', `/v1/runs/${id}`)
    if ((run.state !== 'queued' && run.state !== 'running') || Date.now() > until) return run
    await sleep(200)
  }
}

async function accountsHeld(ask: Ask): Promise<{ there: number; gone: number }> {
  const count = { there: 0, gone: 0 }
  let cursor: string | undefined
  do {
    const page: { items: { data: { externalId: string; goneAt?: string } }[]; next?: string } = await ask(
      'GET',
      `/v1/principals?system=csv&limit=200${cursor === undefined ? '' : `&cursor=${cursor}`}`,
    )
    for (const { data } of page.items) count[data.goneAt === undefined ? 'there' : 'gone'] += 1
    cursor = page.next
  } while (cursor !== undefined)
  return count
}

// Servers of Reeve as processes on one database, and a real PostgreSQL as their target behind a proxy that knows each statement.
import assert from 'node:assert/strict'
import { chmod, cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { evidenceKeys, verifyReceiptFile } from '#main'
import { canonicalJson } from '#kernel'
import { sql } from '#db'
import type { PlanRecord } from '#effect'
import { testDatabase } from '../../src/db/database-in-test.ts'
import type { TestDatabase } from '../../src/db/database-in-test.ts'
import { startPostgres } from '../../src/connectors/postgresql/postgres-in-test.ts'
import type { Major, TestPostgres } from '../../src/connectors/postgresql/postgres-in-test.ts'
import { environmentOf } from '../e2e/decision-estate-in-test.ts'
import { personsOf, postTo } from '../e2e/persons-in-test.ts'
import type { Post } from '../e2e/persons-in-test.ts'
import { startServer } from '../e2e/server-in-test.ts'
import type { ServerInTest } from '../e2e/server-in-test.ts'
import { statementProxy } from './statement-proxy.ts'
import type { StatementProxy } from './statement-proxy.ts'

export const PASSWORD = 'of-the-role-and-long-enough'
const SUCCESSOR = 'keeper'
/** No bar: a busy machine takes its time. */
const ENDED_MS = 180_000

export interface PlanWorld {
  readonly base: TestDatabase
  /** Another one after a failover. */
  postgres: TestPostgres
  readonly proxy: StatementProxy
  readonly folder: string
  readonly ida: string
  readonly ben: string
  /** At whichever server `held` is. */
  readonly held: { server: ServerInTest }
  /** One on a directory of its own with the keys of the first, or the first once more. */
  readonly start: (directory?: string, env?: Readonly<Record<string, string>>) => Promise<ServerInTest>
  readonly post: Post
  readonly get: <T>(path: string) => Promise<T>
  /** A role that Reeve may hold and revoke. */
  readonly role: (name: string) => Promise<void>
  /** The administrative role may change it, and give it to others. */
  readonly administers: (role: string) => Promise<void>
  readonly close: () => Promise<void>
}

/** The target is called `main`; its administrative role may hold what `role` makes. */
export async function planWorld(major: Major = 18): Promise<PlanWorld> {
  const [base, postgres] = await Promise.all([testDatabase(), startPostgres(major, { max_connections: '100' })])
  const proxy = await statementProxy(postgres.port)
  const { administrator } = postgres.call().settings
  await postgres.sql(`create role ${SUCCESSOR} nologin`)
  await postgres.administered([SUCCESSOR])
  const folder = await mkdtemp(join(tmpdir(), 'reeve-plans-'))
  await chmod(folder, 0o755)
  await mkdir(join(folder, 'secrets'), { mode: 0o700 })
  await writeFile(join(folder, 'secrets', 'main'), await postgres.call().secretOf(''), { mode: 0o600 })
  const config = join(folder, 'reeve.yaml')
  const limits = '  rateLimits: { perTokenPerMinute: 100000 }\n'
  await writeFile(config, `server:\n${limits}  references: { folders: [${JSON.stringify(join(folder, 'secrets'))}] }\n`)
  const running = new Set<ServerInTest>()
  const start: PlanWorld['start'] = async (directory = 'a', env = {}) => {
    const dataDirectory = join(folder, directory)
    if (directory !== 'a') await cp(join(folder, 'a', 'keys'), join(dataDirectory, 'keys'), { recursive: true })
    const args = ['--both-administrations', '--config', config]
    const server = await startServer({ dataDirectory, args, env: { ...environmentOf(base), ...env } })
    running.add(server)
    return server
  }
  const held = { server: await start() }
  const { ida, ben } = await personsOf(held.server)
  const post = postTo(() => held.server.url)
  const administers = async (role: string): Promise<void> => {
    // before 16 CREATEROLE is enough
    if (major < 16) return
    await world.postgres.sql(`grant ${role} to ${administrator.user} with admin true, inherit false, set false`)
  }
  await post(ida, '/v1/targets', {
    name: 'main',
    address: { host: '127.0.0.1', port: proxy.port },
    administrator: { user: administrator.user, password: `file:${folder}/secrets/main` },
    tls: 'off',
    successor: SUCCESSOR,
  })
  const world: PlanWorld = {
    base,
    postgres,
    proxy,
    folder,
    ida,
    ben,
    held,
    start,
    post,
    get: async (path) => {
      const answer = await fetch(`${held.server.url}${path}`, { headers: { authorization: `Bearer ${ida}` } })
      assert.equal(answer.status, 200, path)
      return (await answer.json()) as never
    },
    role: async (name) => {
      await world.postgres.sql(`create role ${name} login connection limit 7 password '${PASSWORD}'`)
      await administers(name)
    },
    administers,
    close: async () => {
      proxy.hook = () => undefined
      await Promise.all([...running].map(async (server) => await server.kill()))
      await proxy.close()
      await Promise.all([postgres.stop(), base.close()])
      await rm(folder, { recursive: true, force: true, maxRetries: 10 })
    },
  }
  return world
}

export async function until(holds: () => Promise<boolean> | boolean, what: string, limitMs = ENDED_MS): Promise<void> {
  for (const end = Date.now() + limitMs; !(await holds()); await sleep(100))
    assert.ok(Date.now() < end, `not within ${limitMs} ms: ${what}`)
}

export const planOf = async (world: PlanWorld, id: string): Promise<PlanRecord> =>
  (await world.get<{ data: PlanRecord }>(`/v1/plans/${id}`)).data

/** As it is when nothing is left to do: its state. */
export async function endOf(world: PlanWorld, id: string): Promise<PlanRecord> {
  let plan = await planOf(world, id)
  await until(async () => {
    plan = await planOf(world, id)
    return plan.nextAt === undefined
  }, `plan ${id} ends`)
  return plan
}

/** The steps of it that are not, in words. */
export const notVerified = ({ steps }: PlanRecord): string =>
  JSON.stringify(steps.flatMap(({ name, verdict }) => (verdict?.effect === 'verified' ? [] : [{ name, ...verdict }])))

/** By a real login at the target itself: let in, or what it answers. */
export async function login({ postgres }: PlanWorld, user: string, password = PASSWORD): Promise<string> {
  try {
    await (await postgres.session(user, password)).end()
    return 'let in'
  } catch (error) {
    return (error as { code?: string }).code ?? String(error)
  }
}

/** Each receipt of the plan: its outcome; each is proven offline. */
export async function receiptsOf(world: PlanWorld, planId: string): Promise<string[]> {
  const found = await world.base.database
    .layer('effect')
    .transaction(
      async (tx) =>
        await tx.query<{ id: string; outcome: string }>(
          sql`select id, data ->> 'outcome' as outcome from effect.receipt where plan_id = ${planId} order by recorded_at`,
        ),
    )
  for (const { id } of found) await proven(world, id)
  return found.map(({ outcome }) => outcome)
}

/** By the folder of a world. */
const keysOfLogs = new Map<string, string>()

async function proven(world: PlanWorld, receiptId: string): Promise<void> {
  const file = join(world.folder, `${receiptId}.json`)
  let proof: Response | undefined
  const headers = { authorization: `Bearer ${world.ida}` }
  await until(async () => {
    proof = await fetch(`${world.held.server.url}/v1/receipts/${receiptId}/proof`, { headers })
    return proof.status !== 409
  }, 'a checkpoint covers the receipt')
  assert.equal(proof?.status, 200)
  await writeFile(file, `${canonicalJson((await proof?.json()) as never)}\n`)
  const logKey = keysOfLogs.get(world.folder) ?? (await logKeyOf(world))
  keysOfLogs.set(world.folder, logKey)
  const findings = await verifyReceiptFile(file, { logKey, witnessKeys: [] })
  assert.deepEqual(
    findings.filter(({ outcome }) => outcome === 'failed'),
    [],
    await readFile(file, 'utf8'),
  )
  assert.ok(findings.some(({ check, outcome }) => check === 'entry' && outcome === 'passed'))
}

async function logKeyOf({ folder, base }: PlanWorld): Promise<string> {
  const environment = { ...environmentOf(base) }
  const { keys } = await evidenceKeys({ dataDirectory: join(folder, 'a'), environment, release: 'test' })
  return keys.at(-1) ?? ''
}

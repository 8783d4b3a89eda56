// Revocation: from the answer of the commit to the first denial, in a server and two decision points as processes of their own,
// with the database's hints and without any.
import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as passed } from 'node:timers/promises'
import { Client } from 'pg'
import { quarantinePrincipal } from '#identity/roll'
import { denySubject } from '../src/access/grant/deny-subject.ts'
import { endGrant } from '../src/access/grant/end-grant.ts'
import { testDatabase } from '../src/db/database-in-test.ts'
import type { TestDatabase } from '../src/db/database-in-test.ts'
import { environmentOf, estate, until } from '../test/e2e/decision-estate-in-test.ts'
import type { DecisionEstate } from '../test/e2e/decision-estate-in-test.ts'
import { decidedAt, startPoint } from '../test/e2e/point-in-test.ts'
import { startServer } from '../test/e2e/server-in-test.ts'
import { cpuMilliseconds } from './cpu-time.ts'
import { against, median, rounded } from './figure.ts'
import type { Bench, BenchOptions, Figure } from './figure.ts'

const ROUNDS = 500
const LIMIT_MS = 100
const IDLE_MS = 10_000
const CALLER = 'c'.repeat(40)

export const revoke: Bench = {
  name: 'revoke',
  about: 'from the commit to a denial in a server and two decision points, with the hint of the database and without',
  defaultScale: 0.2,
  async *run(options) {
    const base = await testDatabase()
    const folder = await mkdtemp(join(tmpdir(), 'reeve-bench-revoke-'))
    const ends: (() => Promise<unknown>)[] = []
    try {
      const { world, three, serverPid } = await startThree(base, folder, ends)
      yield* idle(base, serverPid, options)
      yield* revoking('with the hint', world, three, options)
      await withoutHints(base)
      yield* revoking('without the hint', world, three, options)
    } finally {
      for (const end of ends.toReversed()) await end()
      await base.close()
      await rm(folder, { recursive: true, force: true, maxRetries: 10 })
    }
  },
}

/** The reason that one of the processes gives. */
type Asked = (name: string) => Promise<string>

interface Three {
  readonly world: DecisionEstate
  readonly three: readonly Asked[]
  readonly serverPid: number
}

async function startThree(base: TestDatabase, folder: string, ends: (() => Promise<unknown>)[]): Promise<Three> {
  const data = join(folder, 'data')
  const server = await startServer({ dataDirectory: data, env: environmentOf(base) })
  ends.push(async () => await server.stop())
  const world = await estate(base, join(data, 'keys'))
  const [token, caller] = [join(folder, 'pdp.token'), join(folder, 'caller.token')]
  await writeFile(token, await world.clientToken('sidecar', ['decide:follow']), { mode: 0o600 })
  await writeFile(caller, CALLER, { mode: 0o600 })
  const points = [
    ['--listen', `unix:${join(folder, 'pdp.sock')}`, '--spool', join(folder, 'spool')],
    ['--listen', '127.0.0.1:0', '--caller-token-file', caller],
  ]
  const asked = [asking(server.url, world.pdpToken)]
  for (const args of points) {
    const point = await startPoint(['--server', server.url, '--token-file', token, ...args])
    ends.push(async () => await point.stop())
    asked.push(asking(point.address, CALLER))
  }
  return { world, three: asked, serverPid: server.pid }
}

const asking =
  (address: string, token: string): Asked =>
  async (name) =>
    (await decidedAt(address, name, token)).reason

type Made = Awaited<ReturnType<DecisionEstate['granted']>>

const WAYS = [
  async ({ roll, act }: DecisionEstate, { principalId: id }: Made) =>
    await quarantinePrincipal(roll.identity, act(), { id, reason: 'a measurement' }),
  async ({ access, act }: DecisionEstate, { grantId: id }: Made) =>
    await endGrant(access, act(), { id, because: 'a measurement' }),
  async ({ access, act }: DecisionEstate, { principalId: subjectId }: Made) =>
    await denySubject(access, act(), { subjectId, reason: 'a measurement' }),
]

async function* revoking(
  how: string,
  world: DecisionEstate,
  three: readonly Asked[],
  { scale, say }: BenchOptions,
): AsyncGenerator<Figure> {
  const rounds = Math.max(10, Math.round(ROUNDS * scale))
  say(`${rounds} revocations, ${how}`)
  const delays: number[] = []
  for (let round = 0; round < rounds; round++) {
    const name = `${how} ${round}`.replaceAll(' ', '-')
    const made = await world.granted(name)
    await Promise.all(three.map(async (ask) => await until(async () => (await ask(name)) === 'granted', 10_000)))
    const end = WAYS[round % WAYS.length]
    assert.ok(end !== undefined)
    await end(world, made)
    const since = performance.now()
    const denied = async (ask: Asked): Promise<number> =>
      await until(async () => (await ask(name)) !== 'granted', 10_000, since)
    delays.push(...(await Promise.all(three.map(denied))))
  }
  const about = { bench: 'revoke', scale, unit: 'ms' } as const
  const sorted = delays.toSorted((one, other) => one - other)
  const p99 = sorted[Math.ceil(sorted.length * 0.99) - 1] ?? Number.NaN
  yield { ...about, figure: `commit to denial ${how}, median`, value: rounded(median(sorted)) }
  const note = `${delays.length} of ${rounds} holds, ended grants and denials in three processes; the longest ${rounded(sorted.at(-1) ?? 0)} ms`
  yield {
    ...about,
    figure: `commit to denial ${how}, 99th percentile`,
    ...against('limit', p99, LIMIT_MS, 'less'),
    note,
  }
}

/** What looking by itself costs while nothing happens. */
async function* idle(base: TestDatabase, serverPid: number, { scale, say }: BenchOptions): AsyncGenerator<Figure> {
  say(`${IDLE_MS / 1000} seconds of nothing`)
  await passed(2000)
  const backends = await asSuperuser(base, `select pid from pg_stat_activity where datname = current_database()`)
  const groups = { server: [serverPid], database: backends.map(({ pid }) => Number(pid)) }
  const before = Object.values(groups).map(cpuMilliseconds)
  await passed(IDLE_MS)
  for (const [at, [who, pids]] of Object.entries(groups).entries()) {
    const used = [...cpuMilliseconds(pids)].map(([pid, ms]) => ms - (before[at]?.get(pid) ?? ms))
    if (used.length === 0) continue
    const value = rounded((100 * used.reduce((sum, ms) => sum + ms, 0)) / IDLE_MS)
    yield { bench: 'revoke', scale, figure: `the ${who} while nothing happens`, value, unit: '% of a core' }
  }
}

/** From now on nothing is notified, as if every hint were lost. */
async function withoutHints(base: TestDatabase): Promise<void> {
  await asSuperuser(
    base,
    `create or replace function outbox.tell(kind text, subjects text[], said jsonb) returns void
     language sql security definer set search_path = pg_catalog, pg_temp as $$
       insert into outbox.change (kind, subjects) select $1, $2 where $2 is not null
     $$`,
  )
}

async function asSuperuser(base: TestDatabase, text: string): Promise<Record<string, unknown>[]> {
  const client = new Client(base.superuser)
  await client.connect()
  try {
    return (await client.query<Record<string, unknown>>(text)).rows
  } finally {
    await client.end()
  }
}

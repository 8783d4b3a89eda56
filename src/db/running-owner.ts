// The owner's way into an embedded database that a server is running, for a backup beside it.
import { join } from 'node:path'
import type { Connection } from './connect.ts'
import { MAJOR } from './embedded/directory.ts'
import { DATABASE } from './embedded/embedded.ts'
import { PORT, runningPostmaster } from './embedded/postmaster.ts'
import { readPasswords } from './passwords.ts'
import { OWNER_ROLE } from './roles.ts'

/** `undefined` where no server runs on this data directory. Starts and stops nothing. */
export async function runningOwner(dataDirectory: string): Promise<Connection | undefined> {
  const folder = join(dataDirectory, 'postgresql')
  const running = runningPostmaster(join(folder, MAJOR))
  const password = (await readPasswords(join(folder, 'passwords.json')))?.[OWNER_ROLE]
  if (running === undefined || password === undefined) return undefined
  return { host: running.socketFolder, port: PORT, user: OWNER_ROLE, password, database: DATABASE }
}

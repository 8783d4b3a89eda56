// A backup of a server that runs or not: its database in one snapshot, and its keys only when asked for.
import { join } from 'node:path'
import { backup, openReeveDatabase, runningOwner } from '#db'
import type { BackupMade, Connection } from '#db'
import { systemClock } from '#kernel'
import { servedDirectory } from './served-directory.ts'

export interface BackUpOptions {
  readonly environment: Readonly<Record<string, string | undefined>>
  readonly dataDirectory?: string
  readonly release: string
  readonly path: string
  /** SECURITY: the backup is then as secret as the keys. */
  readonly withKeys: boolean
  readonly onTable?: (table: string) => void
}

/** Throws Fault('usage') on a directory that no server has kept a roll in. */
export async function backUp(options: BackUpOptions): Promise<BackupMade> {
  const dataDirectory = await servedDirectory(options.dataDirectory, options.environment)
  return await withOwner(options, dataDirectory, async (owner) =>
    backup({
      owner,
      path: options.path,
      release: options.release,
      createdAt: systemClock(),
      ...(options.withKeys ? { filesFolder: join(dataDirectory, 'keys') } : {}),
      onProgress: ({ table }) => options.onTable?.(table),
    }),
  )
}

/** A database that is not running is started for as long as `work` lasts. */
async function withOwner<T>(
  { environment, release }: BackUpOptions,
  dataDirectory: string,
  work: (owner: Connection) => Promise<T>,
): Promise<T> {
  if ((environment['REEVE_DATABASE_URL'] ?? '') === '') {
    const running = await runningOwner(dataDirectory)
    if (running !== undefined) return await work(running)
  }
  const opened = await openReeveDatabase({ dataDirectory, environment, release, log: () => undefined })
  try {
    return await work(opened.owner)
  } finally {
    await opened.stop()
  }
}

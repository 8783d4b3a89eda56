// Restores a backup into a data directory, and keeps what ended since then from being live again unseen.
import { rename } from 'node:fs/promises'
import { join } from 'node:path'
import { openReeveDatabase, restore, sql } from '#db'
import type { AsLayer, Restored } from '#db'
import { Fault, REEVE, systemClock } from '#kernel'
import type { Act } from '#kernel'
import { dataDirectoryFrom, prepareDataDirectory } from './data-directory.ts'
import { evidenceOfBackup, gatherEvidence, noEvidence } from './newer-evidence.ts'
import { replayEvidence } from './replay-evidence.ts'
import type { Replayed } from './replay-evidence.ts'

export interface RestoreBackupOptions {
  readonly environment: Readonly<Record<string, string | undefined>>
  readonly dataDirectory?: string
  readonly release: string
  readonly path: string
  /** A newer backup. */
  readonly evidencePath?: string
  /** Replace a database that is not empty; it is itself newer evidence. */
  readonly replace: boolean
  /** Said outright: nothing newer can be read. */
  readonly withoutEvidence: boolean
  readonly keepTokens: boolean
  readonly onTable?: (table: string) => void
}

export interface RestoredBackup {
  readonly restored: Restored
  readonly replayed: Replayed
  readonly evidenceGiven: boolean
  /** From then on nothing is known. */
  readonly knownUntil: string
}

/** Throws a Fault; then nothing was changed. */
export async function restoreBackup(options: RestoreBackupOptions): Promise<RestoredBackup> {
  const { evidencePath, replace, withoutEvidence, environment, release } = options
  if (evidencePath === undefined && !replace && !withoutEvidence) {
    throw new Fault(
      'usage',
      'what was revoked or retired since the backup would be live again: give a newer backup with --evidence FILE, or ' +
        'replace the present database with --replace, or say --without-evidence where neither can be read',
    )
  }
  const dataDirectory = dataDirectoryFrom(options.dataDirectory, environment)
  await prepareDataDirectory(dataDirectory)
  const evidence = evidencePath === undefined ? noEvidence() : await evidenceOfBackup(evidencePath)
  const opened = await openReeveDatabase({ dataDirectory, environment, release, log: () => undefined })
  try {
    // no pool has a connection yet, but the restore wants to be alone
    await opened.database.close()
    let gathered = false
    let replayed: Replayed | undefined
    const act: Act = { actor: { id: REEVE }, at: systemClock(), reason: 'a backup was restored' }
    const restored = await restore({
      owner: opened.owner,
      path: options.path,
      release,
      // what migrations themselves put in is no content; whether there is some is said by its entries
      replace: true,
      filesFolder: join(dataDirectory, 'keys'),
      onProgress: ({ table }) => options.onTable?.(table),
      gather: async (as) => {
        if (!(await hasEntries(as))) return
        if (!replace) throw notEmpty()
        await gatherEvidence(as, evidence)
        gathered = true
      },
      replay: async (as, manifest) => {
        const evidenceGiven = gathered || evidencePath !== undefined
        const { keepTokens } = options
        replayed = await replayEvidence(as, { evidence, act, keepTokens, backupOf: manifest.createdAt, evidenceGiven })
      },
    })
    if (replayed === undefined) throw new Error('a restore that returned has replayed')
    await setLogAside(dataDirectory)
    const evidenceGiven = gathered || evidencePath !== undefined
    const { createdAt } = restored.manifest
    return { restored, replayed, evidenceGiven, knownUntil: evidenceGiven ? evidence.until : createdAt }
  } finally {
    await opened.stop()
  }
}

async function hasEntries(as: AsLayer): Promise<boolean> {
  return (await as('evidence').query(sql`select from evidence.entry limit 1`)).length > 0
}

const notEmpty = (): Fault =>
  new Fault(
    'conflict',
    'there is a roll in this database already: restore into another data directory, or replace it with --replace',
  )

/** Its tiles may hold more than the restored log does; they are kept, and made anew from the database. */
async function setLogAside(dataDirectory: string): Promise<void> {
  const folder = join(dataDirectory, 'log')
  await rename(folder, `${folder}.before-restore-${Date.now()}`).catch((cause: NodeJS.ErrnoException) => {
    if (cause.code !== 'ENOENT') throw cause
  })
}

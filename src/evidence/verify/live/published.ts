// The checkpoint that is published beside the tiles. It may be newer than what was read, and never one that the database does
// not have.
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { LayerDatabase } from '#db'
import { parseCheckpoint, parseNote } from '../offline/formats.ts'
import type { Cosigners } from './cosigners.ts'
import type { LogKeys } from './log-keys.ts'

export interface PublishedParts {
  readonly evidence: LayerDatabase
  readonly tileFolder: string
  readonly keys: LogKeys
  readonly cosigners: Cosigners
  readonly origin: string
  /** How many entries the database's checkpoints say were signed. */
  readonly signed: number
}

/** What is wrong with it. */
export async function publishedProblem(parts: PublishedParts): Promise<string | undefined> {
  const { evidence, tileFolder, keys, cosigners, signed } = parts
  try {
    const note = parseNote(await readFile(join(tileFolder, 'checkpoint'), 'utf8'))
    const { size, root, origin } = parseCheckpoint(note.text)
    if (!keys.signed(note)) return 'it is not signed by the key of the log'
    cosigners.checkNote(note)
    const stored = await storedRoot(evidence, size)
    if (origin !== parts.origin || stored !== root.toString('base64')) return 'the database has no such checkpoint'
    return size < signed ? `it is of ${size} entries, and ${signed} were signed already` : undefined
  } catch (error) {
    return (error as Error).message
  }
}

async function storedRoot(evidence: LayerDatabase, size: number): Promise<string | undefined> {
  const [row] = await evidence.transaction(
    async (tx) =>
      await tx.prepared<{ root: string }>(
        'verify_stored',
        `select encode(root, 'base64') as root from evidence.checkpoint where size = $1`,
        [size],
      ),
    { readOnly: true },
  )
  return row?.root.replaceAll('\n', '')
}

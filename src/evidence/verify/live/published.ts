// The checkpoint that is published beside the tiles. It may be newer than what was read, and never one that the database does
// not have.
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { LayerDatabase } from '#db'
import { parseCheckpoint, parseNote } from '../offline/formats.ts'
import type { Note } from '../offline/formats.ts'
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

const LOOKS = 10
const BETWEEN_MS = 200

/** Of how many entries it says that it is: so far the tiles beside it go. What cannot be read covers nothing, which is said. */
export async function publishedSize(tileFolder: string): Promise<number> {
  try {
    return (await readPublished(tileFolder)).checkpoint.size
  } catch {
    return 0
  }
}

async function readPublished(
  tileFolder: string,
): Promise<{ readonly note: Note; readonly checkpoint: ReturnType<typeof parseCheckpoint> }> {
  const note = parseNote(await readFile(join(tileFolder, 'checkpoint'), 'utf8'))
  return { note, checkpoint: parseCheckpoint(note.text) }
}

/** What is wrong with it. A server that runs publishes what another one of this log has signed within a second. */
export async function publishedProblem(parts: PublishedParts): Promise<string | undefined> {
  const { evidence, tileFolder, keys, cosigners, signed } = parts
  try {
    let { note, checkpoint } = await readPublished(tileFolder)
    for (let look = 1; look < LOOKS && checkpoint.size < signed; look += 1) {
      await sleep(BETWEEN_MS)
      ;({ note, checkpoint } = await readPublished(tileFolder))
    }
    const { size, root, origin } = checkpoint
    if (!keys.signed(note)) return 'it is not signed by the key of the log'
    cosigners.checkNote(note)
    const stored = await storedRoot(evidence, size)
    if (origin !== parts.origin || stored !== root.toString('base64')) return 'the database has no such checkpoint'
    return size < signed
      ? `it is of ${size} entries, and ${signed} were signed already; where another server of this log signed them, verify beside that one, or start this one`
      : undefined
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

// A new key of the log: announced in the log itself, signed by the key before it, under a checkpoint that the old one signed.
import { newId, REEVE } from '#kernel'
import type { Clock } from '#kernel'
import { sql } from '#db'
import type { LayerDatabase } from '#db'
import { appendEntry } from '../append.ts'
import { formatNote, signNote, verifierKey, verifierOf, verifyNote } from '../checkpoint/note.ts'
import type { NoteSigner } from '../checkpoint/note.ts'
import type { StoredEntry } from '../entry.ts'
import { ENTRY_COLUMNS, entryOf } from '../read.ts'
import type { EntryRow } from '../read.ts'
import { sequenceOnce } from '../sequencer.ts'
import { newestCheckpoint } from './checkpoints.ts'
import { Log } from './log.ts'
import type { LogParts } from './log.ts'

/**
 * Signs everything that is there with the key `parts.signer`, then announces `next`. Call it before anything else writes:
 * whatever follows the announcement is signed by the new key alone.
 */
export async function announceKey(parts: LogParts, next: NoteSigner, clock: Clock): Promise<void> {
  const { evidence, signer } = parts
  const key = verifierKey(verifierOf(next))
  // a start that ended right after the announcement has made it already
  if (await isAnnounced(evidence, key)) return
  const log = await Log.open(parts)
  while ((await sequenceOnce(evidence, clock())).sequenced > 0);
  await log.integrate(clock())
  const text = `reeve log key\n${key}\n`
  const note = formatNote({ text, signatures: [signNote(text, signer)] })
  await evidence.transaction(async (tx) => {
    await appendEntry(tx, {
      id: newId('entry'),
      layer: 'evidence',
      type: 'log.key_rotated',
      at: clock(),
      actor: REEVE,
      subjects: [],
      content: { note },
    })
  })
}

async function isAnnounced(evidence: LayerDatabase, key: string): Promise<boolean> {
  const rows = await evidence.transaction(
    async (tx) =>
      await tx.query(sql`
        select from evidence.entry
        where type = 'log.key_rotated' and strpos(content ->> 'note', ${`\n${key}\n`}) > 0 limit 1`),
    { readOnly: true, statementTimeoutMs: 0 },
  )
  return rows.length > 0
}

/** Which of these keys signed the newest checkpoint; `undefined` where there is none, or none of them did. */
export async function signerOfNewest(
  evidence: LayerDatabase,
  signers: readonly NoteSigner[],
): Promise<NoteSigner | undefined> {
  const newest = await evidence.transaction(async (tx) => await newestCheckpoint(tx), { readOnly: true })
  if (newest === undefined) return undefined
  return signers.find((signer) => verifyNote(newest.note, verifierOf(signer)) !== undefined)
}

/** Every announcement that has its place, below `size`, in order. */
export async function listRotations(
  evidence: LayerDatabase,
  size: number = Number.MAX_SAFE_INTEGER,
): Promise<StoredEntry[]> {
  const rows = await evidence.transaction(
    async (tx) =>
      await tx.query<EntryRow>(sql`
        select ${ENTRY_COLUMNS} from evidence.entry e join evidence.sequence s on s.entry_id = e.id
        where e.type = 'log.key_rotated' and s.seq < ${size} order by s.seq`),
    { readOnly: true, statementTimeoutMs: 0 },
  )
  return rows.map(entryOf)
}

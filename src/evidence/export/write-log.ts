// The log's part of a bundle: entries in their order, checkpoints, and the subtrees around the range.
import type { LayerDatabase } from '#db'
import { formatNote } from '../checkpoint/note.ts'
import { entryLeaf } from '../entry.ts'
import type { StoredEntry } from '../entry.ts'
import type { SignedCheckpoint } from '../log/checkpoints.ts'
import type { TileFolder } from '../log/tile-folder.ts'
import { listEntries } from '../read.ts'
import type { BundleFolder } from './bundle-folder.ts'
import { checkpointNotes, subtreesAround } from './log-range.ts'
import type { LogRange } from './log-range.ts'

const BATCH = 2000

/** Returns the checkpoint that everything hangs under. */
export async function writeLog(
  bundle: BundleFolder,
  evidence: LayerDatabase,
  tiles: TileFolder,
  range: LogRange,
): Promise<SignedCheckpoint> {
  const subtrees = await subtreesAround(async (tile) => await tiles.read(tile), range)
  await bundle.write('log/subtrees.json', `${JSON.stringify(subtrees)}\n`)
  const { notes, last } = await checkpointNotes(evidence, range)
  await bundle.write('log/checkpoints.notes', [...notes, formatNote(last.note)].join('\u0000'))
  const file = await bundle.open('log/entries.ndjson')
  for (let at = range.from; at < range.to;) {
    const entries = await listEntries(evidence, { after: at - 1, limit: Math.min(BATCH, range.to - at) })
    for (const entry of entries) await file.add(`${lineOf(entry)}\n`)
    const end = entries.at(-1)?.seq
    if (end === undefined) throw new Error(`entry ${at} is missing from the sequence`)
    at = end + 1
  }
  await file.close(range.to - range.from)
  return last
}

function lineOf(entry: StoredEntry): string {
  const { seq, salt, reason, content } = entry
  return JSON.stringify({ seq, leaf: entryLeaf(entry).toString('utf8'), salt, reason, content })
}

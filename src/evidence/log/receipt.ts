// A receipt: that one entry is in the log under a signed, where possible cosigned, checkpoint (C2SP tlog-proof).
import type { LayerDatabase } from '#db'
import type { NoteVerifier } from '../checkpoint/note.ts'
import { formatNote } from '../checkpoint/note.ts'
import { inclusionProof } from '../tree/proof.ts'
import type { ReadTile } from '../tree/subtree.ts'
import { newestCheckpoint } from './checkpoints.ts'
import type { SignedCheckpoint } from './checkpoints.ts'
import type { TileFolder } from './tile-folder.ts'

const PLACE = 'select seq from evidence.sequence where entry_id = $1'

/** Where an entry stands, and the checkpoint that it is proven under. */
export interface Placed {
  readonly index: number
  readonly checkpoint: SignedCheckpoint
}

/**
 * Under the newest checkpoint that one of the `trusted` witnesses cosigned, else (not `cosignedOnly`) under the newest.
 * `undefined` where there is no such entry, or no such checkpoint over it yet (within a second there is).
 */
export async function placedUnder(
  evidence: LayerDatabase,
  tiles: TileFolder,
  entryId: string,
  trusted: readonly NoteVerifier[] = [],
  cosignedOnly = false,
): Promise<Placed | undefined> {
  // what another process of this log signed further on is not in this folder yet
  const [atMost, [place]] = await Promise.all([
    tiles.reach(),
    evidence.prepared<{ seq: number }>('place_of_entry', PLACE, [entryId]),
  ])
  if (place === undefined) return undefined
  // no snapshot is needed: a place is for ever, and whatever checkpoint is over it proves it
  const cosigned = await newestCheckpoint(evidence, { cosignedFrom: place.seq + 1, atMost, trusted })
  const checkpoint = cosigned ?? (cosignedOnly ? undefined : await newestCheckpoint(evidence, { atMost }))
  return checkpoint === undefined || checkpoint.size <= place.seq ? undefined : { index: place.seq, checkpoint }
}

/** The proof of an entry; see `placedUnder`. */
export async function proveEntry(...which: Parameters<typeof placedUnder>): Promise<string | undefined> {
  const placed = await placedUnder(...which)
  return placed === undefined ? undefined : await formatProof(which[1].readingOnce(), placed)
}

/** C2SP tlog-proof. */
export async function formatProof(read: ReadTile, { index, checkpoint }: Placed): Promise<string> {
  const proof = await inclusionProof(read, index, checkpoint.size)
  const hashes = proof.map((hash) => `${hash.toString('base64')}\n`).join('')
  return `c2sp.org/tlog-proof@v1\nindex ${index}\n${hashes}\n${formatNote(checkpoint.note)}`
}

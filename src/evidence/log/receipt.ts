// A receipt: that one entry is in the log under a signed, where possible cosigned, checkpoint (C2SP tlog-proof).
import type { LayerDatabase } from '#db'
import type { NoteVerifier } from '../checkpoint/note.ts'
import { formatNote } from '../checkpoint/note.ts'
import { inclusionProof } from '../tree/proof.ts'
import { newestCheckpoint } from './checkpoints.ts'
import type { TileFolder } from './tile-folder.ts'

const PLACE = 'select seq from evidence.sequence where entry_id = $1'

interface ProofParts {
  readonly index: number
  readonly proof: readonly Buffer[]
  /** The signed checkpoint, as it is published. */
  readonly checkpoint: string
}

function formatProof({ index, proof, checkpoint }: ProofParts): string {
  return `c2sp.org/tlog-proof@v1\nindex ${index}\n${proof.map((hash) => `${hash.toString('base64')}\n`).join('')}\n${checkpoint}`
}

/**
 * The proof of an entry, under the newest checkpoint that one of the `trusted` witnesses cosigned, else (not `cosignedOnly`) under
 * the newest. `undefined` where there is no such entry, or no such checkpoint over it yet (within a second there is).
 */
export async function proveEntry(
  evidence: LayerDatabase,
  tiles: TileFolder,
  entryId: string,
  trusted: readonly NoteVerifier[] = [],
  cosignedOnly = false,
): Promise<string | undefined> {
  // what another process of this log signed further on is not in this folder yet
  const [atMost, [place]] = await Promise.all([
    tiles.reach(),
    evidence.prepared<{ seq: number }>('place_of_entry', PLACE, [entryId]),
  ])
  if (place === undefined) return undefined
  // no snapshot is needed: a place is for ever, and whatever checkpoint is over it proves it
  const cosigned = await newestCheckpoint(evidence, { cosignedFrom: place.seq + 1, atMost, trusted })
  const newest = cosigned ?? (cosignedOnly ? undefined : await newestCheckpoint(evidence, { atMost }))
  if (newest === undefined || newest.size <= place.seq) return undefined
  const proof = await inclusionProof(tiles.readingOnce(), place.seq, newest.size)
  return formatProof({ index: place.seq, proof, checkpoint: formatNote(newest.note) })
}

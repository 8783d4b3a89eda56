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
  const atMost = await tiles.reach()
  const found = await evidence.transaction(
    async (tx) => {
      const [place] = await tx.prepared<{ seq: number }>('place_of_entry', PLACE, [entryId])
      if (place === undefined) return undefined
      const cosigned = await newestCheckpoint(tx, { cosignedFrom: place.seq + 1, atMost, trusted })
      const newest = cosigned ?? (cosignedOnly ? undefined : await newestCheckpoint(tx, { atMost }))
      return newest === undefined || newest.size <= place.seq ? undefined : { index: place.seq, newest }
    },
    { readOnly: true },
  )
  if (found === undefined) return undefined
  const { index, newest } = found
  const proof = await inclusionProof(tiles.readingOnce(), index, newest.size)
  return formatProof({ index, proof, checkpoint: formatNote(newest.note) })
}

// What proves one record offline: the entry that made it with all that it says, that the entry is in the log, and how the key that
// signed the log follows from those before it.
import { Fault } from '#kernel'
import type { LayerDatabase } from '#db'
import type { Json } from '#kernel'
import type { NoteVerifier } from '../checkpoint/note.ts'
import { entryLeaf } from '../entry.ts'
import type { StoredEntry } from '../entry.ts'
import { listEntries } from '../read.ts'
import { inclusionProof } from '../tree/proof.ts'
import { formatProof, placedUnder } from './receipt.ts'
import { listRotations } from './rotation.ts'
import type { TileFolder } from './tile-folder.ts'

interface ToldEntry {
  readonly seq: number
  /** As it is hashed into the tree. */
  readonly leaf: string
  /** Hex: with it, reason and content have the hash that stands in the leaf. */
  readonly salt: string
  readonly reason?: string
  readonly content: { readonly [key: string]: Json }
}

/** A file of it holds this as canonical JSON (RFC 8785), one line. */
export interface RecordProof {
  readonly format: 'reeve-receipt@v1'
  readonly entry: ToldEntry
  /** C2SP tlog-proof. */
  readonly proof: string
  /** Each key that the log announced before that checkpoint, with the path of its entry. Absent where it never did. */
  readonly keys?: { readonly entry: ToldEntry; readonly proof: string[] }[]
}

/** Throws Fault('conflict') where its entry has no place under a signed checkpoint yet: within a second it has. */
export async function proveRecord(
  evidence: LayerDatabase,
  tiles: TileFolder,
  recordId: string,
  trusted: readonly NoteVerifier[] = [],
): Promise<RecordProof> {
  const [entry] = await listEntries(evidence, { recordId, limit: 1 })
  const placed = entry === undefined ? undefined : await placedUnder(evidence, tiles, entry.id, trusted)
  if (entry === undefined || placed === undefined)
    throw new Fault('conflict', 'no signed checkpoint covers it yet: ask again in a second')
  const { size } = placed.checkpoint
  const read = tiles.readingOnce()
  const keys = await Promise.all(
    (await listRotations(evidence, size)).map(async (rotation) => ({
      entry: told(rotation),
      proof: (await inclusionProof(read, rotation.seq, size)).map((hash) => hash.toString('base64')),
    })),
  )
  const proof = await formatProof(read, placed)
  return { format: 'reeve-receipt@v1', entry: told(entry), proof, ...(keys.length > 0 && { keys }) }
}

function told(entry: StoredEntry): ToldEntry {
  const { seq, salt, reason, content } = entry
  if (salt === undefined || content === undefined)
    throw new Fault('conflict', 'what its entry says was taken away: only its hash is left')
  return { seq, leaf: entryLeaf(entry).toString('utf8'), salt, content, ...(reason !== undefined && { reason }) }
}

// What proves one record offline: the entry that made it with all that it says, and that the entry is in the log.
import { Fault } from '#kernel'
import type { LayerDatabase } from '#db'
import type { Json } from '#kernel'
import type { NoteVerifier } from '../checkpoint/note.ts'
import { entryLeaf } from '../entry.ts'
import { listEntries } from '../read.ts'
import { proveEntry } from './receipt.ts'
import type { TileFolder } from './tile-folder.ts'

/** A file of it holds this as canonical JSON (RFC 8785), one line. */
export interface RecordProof {
  readonly format: 'reeve-receipt@v1'
  readonly entry: {
    readonly seq: number
    /** As it is hashed into the tree. */
    readonly leaf: string
    /** Hex: with it, reason and content have the hash that stands in the leaf. */
    readonly salt: string
    readonly reason?: string
    readonly content: { readonly [key: string]: Json }
  }
  /** C2SP tlog-proof. */
  readonly proof: string
}

/** Throws Fault('conflict') where its entry has no place under a signed checkpoint yet: within a second it has. */
export async function proveRecord(
  evidence: LayerDatabase,
  tiles: TileFolder,
  recordId: string,
  trusted: readonly NoteVerifier[] = [],
): Promise<RecordProof> {
  const [entry] = await listEntries(evidence, { recordId, limit: 1 })
  const proof = entry === undefined ? undefined : await proveEntry(evidence, tiles, entry.id, trusted)
  if (entry === undefined || proof === undefined)
    throw new Fault('conflict', 'no signed checkpoint covers it yet: ask again in a second')
  const { seq, salt, reason, content } = entry
  if (salt === undefined || content === undefined)
    throw new Fault('conflict', 'what its entry says was taken away: only its hash is left')
  const said = { salt, content, ...(reason !== undefined && { reason }) }
  return { format: 'reeve-receipt@v1', entry: { seq, leaf: entryLeaf(entry).toString('utf8'), ...said }, proof }
}

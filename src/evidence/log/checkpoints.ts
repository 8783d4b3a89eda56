// The log's checkpoints in the database, with what witnesses said of each.
import { sql } from '#db'
import type { LayerDatabase, Tx } from '#db'
import type { Instant } from '#kernel'
import { parseCheckpoint } from '../checkpoint/checkpoint.ts'
import type { Checkpoint } from '../checkpoint/checkpoint.ts'
import { parseNote, signatureLine } from '../checkpoint/note.ts'
import type { Note, NoteSignature } from '../checkpoint/note.ts'

export interface SignedCheckpoint extends Checkpoint {
  /** With every cosignature that has come in. */
  readonly note: Note
  readonly signedAt: Instant
  /** Names of the witnesses among its signatures. */
  readonly witnesses: readonly string[]
}

/** The newest; or the newest of at most `size`; or the newest of at least `from` entries that a witness cosigned. */
export async function newestCheckpoint(
  tx: Tx,
  wanted: { readonly atMost?: number; readonly cosignedFrom?: number } = {},
): Promise<SignedCheckpoint | undefined> {
  const { atMost, cosignedFrom } = wanted
  const [row] = await tx.query<{
    note: string
    signedAt: Instant
    lines: string[] | null
    witnesses: string[] | null
  }>(sql`
    select c.note, c.signed_at as "signedAt",
           (select array_agg(w.line order by w.witness) from evidence.cosignature w where w.size = c.size) as lines,
           (select array_agg(w.witness order by w.witness) from evidence.cosignature w where w.size = c.size) as witnesses
    from evidence.checkpoint c
    where true ${atMost === undefined ? sql`` : sql`and c.size <= ${atMost}`}
    ${cosignedFrom === undefined ? sql`` : sql`and c.size >= ${cosignedFrom} and exists (select from evidence.cosignature w where w.size = c.size)`}
    order by c.size desc limit 1`)
  if (row === undefined) return undefined
  const note = parseNote(`${row.note}${(row.lines ?? []).join('')}`)
  return { ...parseCheckpoint(note.text), note, signedAt: row.signedAt, witnesses: row.witnesses ?? [] }
}

/** Keeps the first word of each witness on each checkpoint. */
export async function storeCosignature(
  evidence: LayerDatabase,
  size: number,
  signature: NoteSignature,
  at: Instant,
): Promise<void> {
  await evidence.transaction(async (tx) => {
    await tx.execute(sql`
      insert into evidence.cosignature (size, witness, line, received_at)
      values (${size}, ${signature.name}, ${signatureLine(signature)}, ${at}) on conflict do nothing`)
  })
}

/** The largest size that this witness cosigned, as far as we were told. */
export async function rememberedBy(tx: Tx, witness: string): Promise<number> {
  const [row] = await tx.query<{ size: number | null }>(
    sql`select max(size) as size from evidence.cosignature where witness = ${witness}`,
  )
  return row?.size ?? 0
}

/** The log's name: that of its checkpoints, which never changes, else the one proposed. */
export async function logOrigin(evidence: LayerDatabase, proposed: string): Promise<string> {
  const newest = await evidence.transaction(async (tx) => await newestCheckpoint(tx), { readOnly: true })
  return newest?.origin ?? proposed
}

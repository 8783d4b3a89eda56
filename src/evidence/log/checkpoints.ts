// The log's checkpoints in the database, with what witnesses said of each.
import { sql } from '#db'
import type { LayerDatabase, Tx } from '#db'
import type { Instant } from '#kernel'
import { parseCheckpoint } from '../checkpoint/checkpoint.ts'
import type { Checkpoint } from '../checkpoint/checkpoint.ts'
import { parseNote, signatureLine, verifyNote } from '../checkpoint/note.ts'
import type { Note, NoteSignature, NoteVerifier } from '../checkpoint/note.ts'

export interface SignedCheckpoint extends Checkpoint {
  /** With every cosignature that has come in. */
  readonly note: Note
  readonly signedAt: Instant
  /** Those of the given witnesses whose cosignature is good, and when each made its own. */
  readonly witnesses: readonly { readonly name: string; readonly at: Instant }[]
}

/** A note is read with a hundred signatures at most. */
export const LINES_MAX = 90
const SOUGHT = 50
const SOUGHT_MAX = 1000

const NEWEST = `
  select c.note, c.signed_at as "signedAt",
         (select array_agg(w.line order by w.witness)
          from (select line, witness from evidence.cosignature w where w.size = c.size
                order by w.witness = any($2::text[]) desc, w.witness limit $3) w) as lines
  from evidence.checkpoint c where c.size <= $1 order by c.size desc limit 1`
/** Of one witness: then every plan reads the end of `cosignature_witness`, and not what others cosigned since. */
const COSIGNED = `
  select size from evidence.cosignature where witness = $1 and size >= $2 and size < $3 order by size desc limit $4`

/**
 * The newest, of at most `atMost` entries; or of those the newest of at least `cosignedFrom` entries that one of the `trusted`
 * keys cosigned. SECURITY: a row that says that somebody cosigned is a claim of whoever can write to the database; only what
 * verifies under a trusted key counts.
 */
export async function newestCheckpoint(
  tx: Pick<Tx, 'prepared'>,
  wanted: {
    readonly atMost?: number
    readonly cosignedFrom?: number
    readonly trusted?: readonly NoteVerifier[]
  } = {},
): Promise<SignedCheckpoint | undefined> {
  const { atMost = Number.MAX_SAFE_INTEGER, cosignedFrom, trusted = [] } = wanted
  if (cosignedFrom !== undefined) return await newestCosigned(tx, cosignedFrom, atMost, trusted)
  const [row] = await tx.prepared<{ note: string; signedAt: Instant; lines: string[] | null }>(
    'newest_checkpoint',
    NEWEST,
    [atMost, trusted.map(({ name }) => name), LINES_MAX],
  )
  if (row === undefined) return undefined
  const note = parseNote(`${row.note}${(row.lines ?? []).join('')}`)
  const witnesses = trusted.flatMap((verifier) => {
    const found = verifyNote(note, verifier)
    return found === undefined
      ? []
      : [{ name: verifier.name, at: new Date(found.seconds * 1000).toISOString() as Instant }]
  })
  return { ...parseCheckpoint(note.text), note, signedAt: row.signedAt, witnesses }
}

/** Passes over what only claims to be cosigned, as far as that is bounded. */
async function newestCosigned(
  tx: Pick<Tx, 'prepared'>,
  from: number,
  atMost: number,
  trusted: readonly NoteVerifier[],
): Promise<SignedCheckpoint | undefined> {
  const names = trusted.map(({ name }) => name)
  let below = Math.min(atMost, Number.MAX_SAFE_INTEGER - 1) + 1
  for (let sought = 0; names.length > 0 && sought < SOUGHT_MAX; sought += SOUGHT) {
    const found = new Set<number>()
    for (const name of names) {
      const rows = await tx.prepared<{ size: number }>('cosigned_sizes', COSIGNED, [name, from, below, SOUGHT])
      for (const { size } of rows) found.add(size)
    }
    const sizes = [...found].sort((a, b) => b - a).slice(0, SOUGHT)
    for (const size of sizes) {
      const newest = await newestCheckpoint(tx, { atMost: size, trusted })
      if (newest?.size === size && newest.witnesses.length > 0) return newest
    }
    const last = sizes.at(-1)
    if (last === undefined) return undefined
    below = last
  }
  return undefined
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

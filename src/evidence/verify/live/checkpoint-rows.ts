// Checkpoints as PostgreSQL has them, from the smallest to the largest, with what witnesses said.
import { sql } from '#db'
import type { LayerDatabase } from '#db'

const BATCH = 1000

export interface CheckpointRow {
  readonly size: number
  /** Base64. */
  readonly root: string
  readonly note: string
  /** Milliseconds since 1970. */
  readonly signedAt: number
  /** Cosignature lines. */
  readonly lines: readonly string[]
}

interface Row extends Omit<CheckpointRow, 'signedAt'> {
  readonly signedAt: string
}

export async function* checkpointRows(evidence: LayerDatabase): AsyncGenerator<CheckpointRow> {
  for (let after = -1; ;) {
    const rows = await evidence.transaction(
      async (tx) =>
        await tx.query<Row>(sql`
          select c.size, encode(c.root, 'base64') as root, c.note, c.signed_at as "signedAt",
                 array(select w.line from evidence.cosignature w where w.size = c.size order by w.witness) as lines
          from evidence.checkpoint c where c.size > ${after} order by c.size limit ${BATCH}`),
      { readOnly: true, statementTimeoutMs: 0 },
    )
    for (const row of rows) yield { ...row, signedAt: Date.parse(row.signedAt) }
    const last = rows.at(-1)
    if (last === undefined || rows.length < BATCH) return
    after = last.size
  }
}

/** Entries that were committed more than a minute ago and have no place. */
export async function countUnplaced(evidence: LayerDatabase, nowMs: number): Promise<{ count: number; first: string }> {
  const [row] = await evidence.transaction(
    async (tx) =>
      await tx.query<{ count: number; first: string | null }>(sql`
        select count(*) as count, min(e.id) as first from evidence.entry e
        where e.at < ${new Date(nowMs - 60_000).toISOString()}
          and not exists (select from evidence.sequence s where s.entry_id = e.id)`),
    { readOnly: true, statementTimeoutMs: 0 },
  )
  return { count: row?.count ?? 0, first: row?.first ?? '' }
}

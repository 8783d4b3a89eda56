// Which stretch of the log a bundle holds, and what is needed around it so that it hangs under a signed root.
import type { Instant } from '#kernel'
import { sql } from '#db'
import type { LayerDatabase } from '#db'
import { newestCheckpoint } from '../log/checkpoints.ts'
import type { SignedCheckpoint } from '../log/checkpoints.ts'
import { subtreeHash, subtreesOf } from '../tree/subtree.ts'
import type { ReadTile } from '../tree/subtree.ts'

/** Entries `from` to `to` (exclusive) of the tree of `size`. */
export interface LogRange {
  readonly from: number
  readonly to: number
  readonly size: number
}

/** By when things happened. Absent ends are the log's own. */
export interface Period {
  readonly from?: Instant
  readonly to?: Instant
}

/** From the first entry at or after `period.from` to the last one before `period.to`, of those below `size`. */
export async function rangeOf(evidence: LayerDatabase, period: Period, size: number): Promise<LogRange> {
  const { from, to } = period
  if (from === undefined && to === undefined) return { from: 0, to: size, size }
  const [row] = await evidence.transaction(
    async (tx) =>
      await tx.query<{ first: number | null; last: number | null }>(sql`
        select min(s.seq) as first, max(s.seq) as last
        from evidence.sequence s join evidence.entry e on e.id = s.entry_id
        where s.seq < ${size} ${from === undefined ? sql`` : sql`and e.at >= ${from}`}
          ${to === undefined ? sql`` : sql`and e.at < ${to}`}`),
    { readOnly: true, statementTimeoutMs: 0 },
  )
  if (row?.first === undefined || row.first === null || row.last === null) return { from: size, to: size, size }
  return { from: row.first, to: row.last + 1, size }
}

/** Complete subtrees left and right of the range, base64. */
export async function subtreesAround(
  read: ReadTile,
  { from, to, size }: LogRange,
): Promise<{ readonly left: string[]; readonly right: string[] }> {
  const hashes = async (first: number, end: number): Promise<string[]> => {
    const found: string[] = []
    for (const part of subtreesOf(first, end)) found.push((await subtreeHash(read, size, part)).toString('base64'))
    return found
  }
  return { left: await hashes(0, from), right: await hashes(to, size) }
}

const CHECKPOINTS_MAX = 2000

/** Notes of the range, spread evenly where there are many, and the one of `size` with its cosignatures at the end. */
export async function checkpointNotes(
  evidence: LayerDatabase,
  { from, to, size }: LogRange,
): Promise<{ readonly notes: string[]; readonly last: SignedCheckpoint }> {
  return await evidence.transaction(
    async (tx) => {
      const last = await newestCheckpoint(tx, { atMost: size })
      if (last?.size !== size) throw new Error('a bundle ends with a checkpoint')
      const rows = await tx.query<{ note: string }>(sql`
        select note from (
          select note, size, row_number() over (order by size) as number, count(*) over () as count
          from evidence.checkpoint where size >= ${from} and size <= ${to} and size < ${size}
        ) of_range
        where number % (1 + count / ${CHECKPOINTS_MAX}) = 0 order by size`)
      return { notes: rows.map(({ note }) => note), last }
    },
    { readOnly: true, statementTimeoutMs: 0 },
  )
}

/** What the database counts by itself, by type. */
export async function countTypes(evidence: LayerDatabase, { from, to }: LogRange): Promise<Record<string, number>> {
  const rows = await evidence.transaction(
    async (tx) =>
      await tx.query<{ type: string; count: number }>(sql`
        select e.type, count(*) as count from evidence.entry e
        where e.id in (select entry_id from evidence.sequence where seq >= ${from} and seq < ${to})
        group by e.type order by e.type`),
    { readOnly: true, statementTimeoutMs: 0 },
  )
  return Object.fromEntries(rows.map(({ type, count }) => [type, count]))
}

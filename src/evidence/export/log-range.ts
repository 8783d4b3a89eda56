// Which entries a bundle says everything of, and up to which one its tables are as they are. The heads of all are in it.
import type { Instant } from '#kernel'
import { sql } from '#db'
import type { LayerDatabase } from '#db'
import { LINES_MAX, newestCheckpoint } from '../log/checkpoints.ts'
import type { SignedCheckpoint } from '../log/checkpoints.ts'
import type { UpTo } from './population.ts'

/** By when things happened. Absent ends are the log's own. */
export interface Period {
  readonly from?: Instant
  readonly to?: Instant
}

/** Of the tree of `size`: entries before `end` are those that the tables know. */
export interface LogRange {
  readonly size: number
  readonly end: number
}

export const isWithin = ({ from, to }: Period, at: string): boolean =>
  (from === undefined || at >= from) && (to === undefined || at < to)

/** The tables end where the first entry stands that is dated after the period by a clock that was not ahead. */
export async function rangeOf(evidence: LayerDatabase, { to }: Period, size: number): Promise<LogRange> {
  if (to === undefined) return { size, end: size }
  const [row] = await evidence.transaction(
    async (tx) =>
      await tx.query<{ end: number | null }>(sql`
        select min(s.seq) as end from evidence.sequence s join evidence.entry e on e.id = s.entry_id
        where s.seq < ${size} and e.at >= ${to} and s.seq > coalesce((
          select max(o.seq) from evidence.sequence o join evidence.entry step on step.id = o.entry_id
          where o.seq < ${size} and step.type = 'clock.stepped' and step.at < ${to}), -1)`),
    { readOnly: true, statementTimeoutMs: 0 },
  )
  return { size, end: row?.end ?? size }
}

/** Which version of each record the log had before `end`. A record that no entry knows is shown, so that it is seen. */
export function versionsBefore(evidence: LayerDatabase, { end }: LogRange): UpTo {
  return async (ids) => {
    const rows = await evidence.transaction(
      async (tx) =>
        await tx.query<{ id: string; version: number | null }>(sql`
          select e.record_id as id, max(e.record_version) filter (where s.seq < ${end}) as version
          from evidence.entry e left join evidence.sequence s on s.entry_id = e.id
          where e.record_id = any(${ids}) group by e.record_id`),
      { readOnly: true, statementTimeoutMs: 0 },
    )
    return new Map(rows.map(({ id, version }) => [id, version ?? 0]))
  }
}

/** Ids of rows without versions whose entry stands at `end` or later: they are not shown. */
export async function madeLater(
  evidence: LayerDatabase,
  types: readonly string[],
  { end }: LogRange,
): Promise<ReadonlySet<string>> {
  const rows = await evidence.transaction(
    async (tx) =>
      await tx.query<{ id: string }>(sql`
        select distinct unnest(e.subjects) as id from evidence.entry e left join evidence.sequence s on s.entry_id = e.id
        where e.type = any(${types}) and (s.seq is null or s.seq >= ${end})`),
    { readOnly: true, statementTimeoutMs: 0 },
  )
  return new Set(rows.map(({ id }) => id))
}

const CHECKPOINTS_MAX = 2000

/** Notes of the log with their cosignatures, spread evenly where there are many, and the one of `size` at the end. */
export async function checkpointNotes(
  evidence: LayerDatabase,
  { size }: LogRange,
): Promise<{ readonly notes: string[]; readonly last: SignedCheckpoint }> {
  return await evidence.transaction(
    async (tx) => {
      const last = await newestCheckpoint(tx, { atMost: size })
      if (last?.size !== size) throw new Error('a bundle ends with a checkpoint')
      const rows = await tx.query<{ note: string }>(sql`
        select note || coalesce((
          select string_agg(w.line, '' order by w.witness) from (
            select c.line, c.witness from evidence.cosignature c where c.size = of_log.size
            order by c.witness limit ${LINES_MAX}) w), '') as note
        from (
          select note, size, row_number() over (order by size) as number, count(*) over () as count
          from evidence.checkpoint where size < ${size}
        ) of_log
        where number % (1 + count / ${CHECKPOINTS_MAX}) = 0 order by size`)
      return { notes: rows.map(({ note }) => note), last }
    },
    { readOnly: true, statementTimeoutMs: 0 },
  )
}

/** What the database counts by itself, by type. */
export async function countTypes(
  evidence: LayerDatabase,
  { from, to }: Period,
  { size }: LogRange,
): Promise<Record<string, number>> {
  const rows = await evidence.transaction(
    async (tx) =>
      await tx.query<{ type: string; count: number }>(sql`
        select e.type, count(*) as count from evidence.entry e
        where e.id in (select entry_id from evidence.sequence where seq < ${size})
          ${from === undefined ? sql`` : sql`and e.at >= ${from}`} ${to === undefined ? sql`` : sql`and e.at < ${to}`}
        group by e.type order by e.type`),
    { readOnly: true, statementTimeoutMs: 0 },
  )
  return Object.fromEntries(rows.map(({ type, count }) => [type, count]))
}

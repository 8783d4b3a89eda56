// Which source sees which record. Rows are written when something changes, never once per sync.
import type { Instant } from '#kernel'
import { sql } from '#db'
import type { Tx } from '#db'
import type { Rank } from './observed.ts'

export interface Presence {
  readonly sourceId: string
  readonly recordId: string
  readonly defines: boolean
  readonly rank: Rank
  readonly goneAt: Instant | null
  readonly lastUsedAt: Instant | null
}

/** Every source's presence of these records. */
export async function presencesOf(tx: Tx, recordIds: readonly string[]): Promise<Map<string, Presence[]>> {
  const byRecord = new Map<string, Presence[]>()
  if (recordIds.length === 0) return byRecord
  const rows = await tx.query<Presence>(sql`
    select source_id as "sourceId", record_id as "recordId", defines, rank, gone_at as "goneAt",
           last_used_at as "lastUsedAt"
    from identity.presence where record_id = any(${recordIds}) order by source_id`)
  for (const row of rows) {
    const list = byRecord.get(row.recordId)
    if (list === undefined) byRecord.set(row.recordId, [row])
    else list.push(row)
  }
  return byRecord
}

export interface PresenceNow {
  readonly recordId: string
  readonly defines: boolean
  readonly rank: Rank
  readonly lastUsedAt: Instant | null
}

export interface PresenceWrites {
  readonly added: readonly PresenceNow[]
  readonly changed: readonly PresenceNow[]
  /** Records of which another source's word no longer counts. */
  readonly takenOver: readonly string[]
}

export async function writePresences(
  tx: Tx,
  sourceId: string,
  at: Instant,
  { added, changed, takenOver }: PresenceWrites,
): Promise<void> {
  if (added.length > 0) {
    await tx.copyIn(
      'identity.presence',
      ['source_id', 'record_id', 'defines', 'rank', 'first_seen_at', 'last_used_at'],
      added.map(({ recordId, defines, rank, lastUsedAt }) => [sourceId, recordId, defines, rank, at, lastUsedAt]),
    )
  }
  if (changed.length > 0) {
    await tx.execute(sql`
      update identity.presence as held
      set defines = now.defines, rank = now.rank, gone_at = null, last_used_at = now.last_used_at
      from unnest(${changed.map(({ recordId }) => recordId)}::text[], ${changed.map(({ defines }) => defines)}::boolean[],
                  ${changed.map(({ rank }) => rank)}::smallint[],
                  ${changed.map(({ lastUsedAt }) => lastUsedAt)}::timestamptz[])
        as now (record_id, defines, rank, last_used_at)
      where held.source_id = ${sourceId} and held.record_id = now.record_id`)
  }
  if (takenOver.length > 0) {
    await tx.execute(sql`
      update identity.presence set defines = false
      where record_id = any(${takenOver}) and source_id <> ${sourceId} and defines`)
  }
}

/**
 * Whether the word of `sourceId` counts for a record: no other source that still sees it speaks with at least this rank.
 * Among equals the first one stays.
 */
export function counts(sourceId: string, rank: Rank, presences: readonly Presence[]): boolean {
  return !presences.some(
    (other) => other.sourceId !== sourceId && other.goneAt === null && other.defines && other.rank <= rank,
  )
}

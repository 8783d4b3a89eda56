// How the log stands: how far it reaches, what waits, who cosigned; and what entries say of record versions.
import { sql } from '#db'
import type { LayerDatabase } from '#db'
import type { Instant } from '#kernel'
import { newestCheckpoint } from './log/checkpoints.ts'
import { mayBeUnplaced } from './sequencer.ts'

interface Standing {
  readonly size: number
  readonly at: Instant
}

export interface LogStanding {
  /** How many entries have their place. */
  readonly size: number
  /** When the oldest entry was written that has no place, or is under no checkpoint. */
  readonly waitingSince?: Instant
  readonly signed?: Standing
  /** The newest checkpoint that a witness cosigned. */
  readonly cosigned?: Standing & { readonly by: readonly string[] }
}

export async function logStanding(evidence: LayerDatabase): Promise<LogStanding> {
  return await evidence.transaction(
    async (tx) => {
      const signed = await newestCheckpoint(tx)
      const cosigned = await newestCheckpoint(tx, { cosignedFrom: 0 })
      const unplaced = await mayBeUnplaced(tx)
      const [row] = await tx.query<{ size: number; waiting: Instant | null }>(sql`
        select (select coalesce(max(seq) + 1, 0) from evidence.sequence) as size,
               least((select min(e.at) from evidence.entry e where ${unplaced}
                        and not exists (select from evidence.sequence s where s.entry_id = e.id)),
                     (select min(e.at) from evidence.sequence s join evidence.entry e on e.id = s.entry_id
                      where s.seq >= ${signed?.size ?? 0})) as waiting`)
      return {
        size: row?.size ?? 0,
        ...(row === undefined || row.waiting === null ? {} : { waitingSince: row.waiting }),
        ...(signed === undefined ? {} : { signed: { size: signed.size, at: signed.signedAt } }),
        ...(cosigned === undefined
          ? {}
          : { cosigned: { size: cosigned.size, at: cosigned.signedAt, by: cosigned.witnesses } }),
      }
    },
    { readOnly: true, statementTimeoutMs: 0 },
  )
}

export interface LogBacklog {
  /** How many entries have their place. */
  readonly size: number
  readonly unplaced: number
  /** When the oldest of those was written. */
  readonly since?: Instant
}

/** What waits for the sequencer; cheap enough to be asked again and again. */
export async function logBacklog(evidence: LayerDatabase): Promise<LogBacklog> {
  return await evidence.transaction(
    async (tx) => {
      const unplaced = await mayBeUnplaced(tx)
      const [row] = await tx.query<{ size: number; unplaced: number; since: Instant | null }>(sql`
        select (select coalesce(max(seq) + 1, 0) from evidence.sequence) as size,
               count(*) as unplaced, min(e.at) as since
        from evidence.entry e
        where ${unplaced} and not exists (select from evidence.sequence s where s.entry_id = e.id)`)
      const { since, ...counts } = row ?? { size: 0, unplaced: 0, since: null }
      return { ...counts, ...(since === null ? {} : { since }) }
    },
    { readOnly: true },
  )
}

export interface VersionNamed {
  readonly id: string
  readonly version: number
}

/** `id version` → the hash (hex) that the entry of this record version carries. */
export async function entryHashes(
  evidence: LayerDatabase,
  versions: readonly VersionNamed[],
): Promise<Map<string, string>> {
  if (versions.length === 0) return new Map()
  const rows = await evidence.transaction(
    async (tx) =>
      await tx.query<VersionNamed & { hash: string }>(sql`
        select e.record_id as id, e.record_version as version, encode(e.record_hash, 'hex') as hash
        from unnest(${versions.map(({ id }) => id)}::text[], ${versions.map(({ version }) => version)}::integer[])
          as wanted (id, version)
        join evidence.entry e on e.record_id = wanted.id and e.record_version = wanted.version`),
    { readOnly: true },
  )
  return new Map(rows.map(({ id, version, hash }) => [`${id} ${version}`, hash]))
}

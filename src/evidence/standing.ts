// How the log stands: how far it reaches, what waits, who cosigned; and what entries say of record versions.
import { sql } from '#db'
import type { LayerDatabase } from '#db'
import type { Instant } from '#kernel'
import type { NoteVerifier } from './checkpoint/note.ts'
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
  /** The newest checkpoint that one of the given witnesses cosigned, who did, and when by its own word. */
  readonly cosigned?: Standing & { readonly by: readonly string[] }
  /** When the oldest entry was written that no given witness's cosignature covers. */
  readonly uncosignedSince?: Instant
  /** How many witnesses were given. */
  readonly trusted: number
  /** Names in cosignatures of nobody who was given: they count for nothing. Ten at most. */
  readonly strangers: readonly string[]
}

/** Entries about rows are dated as what stands in front of them: for how long they wait nobody can tell from that. */
const DATED = sql`e.type <> 'rows.changed'`

export async function logStanding(
  evidence: LayerDatabase,
  trusted: readonly NoteVerifier[] = [],
): Promise<LogStanding> {
  return await evidence.transaction(
    async (tx) => {
      const signed = await newestCheckpoint(tx)
      const cosigned = await newestCheckpoint(tx, { cosignedFrom: 0, trusted })
      const unplaced = await mayBeUnplaced(tx)
      const [row] = await tx.query<{
        size: number
        waiting: Instant | null
        uncosigned: Instant | null
        strangers: string[]
      }>(sql`
        select (select coalesce(max(seq) + 1, 0) from evidence.sequence) as size,
               least((select min(e.at) from evidence.entry e where ${unplaced} and ${DATED}
                        and not exists (select from evidence.sequence s where s.entry_id = e.id)),
                     (select min(e.at) from evidence.sequence s join evidence.entry e on e.id = s.entry_id
                      where s.seq >= ${signed?.size ?? 0} and ${DATED})) as waiting,
               (select min(e.at) from evidence.sequence s join evidence.entry e on e.id = s.entry_id
                where s.seq >= ${cosigned?.size ?? 0} and ${DATED}) as uncosigned,
               array(select distinct w.witness from evidence.cosignature w
                     where w.witness <> all(${trusted.map(({ name }) => name)}::text[]) order by 1 limit 10) as strangers`)
      return {
        size: row?.size ?? 0,
        ...(row === undefined || row.waiting === null ? {} : { waitingSince: row.waiting }),
        ...(signed === undefined ? {} : { signed: { size: signed.size, at: signed.signedAt } }),
        ...(cosigned === undefined
          ? {}
          : {
              cosigned: {
                size: cosigned.size,
                at: cosigned.witnesses.reduce<Instant>((at, said) => (said.at > at ? said.at : at), '' as Instant),
                by: cosigned.witnesses.map(({ name }) => name),
              },
            }),
        ...(row?.uncosigned === undefined || row.uncosigned === null ? {} : { uncosignedSince: row.uncosigned }),
        trusted: trusted.length,
        strangers: row?.strangers ?? [],
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
               count(*) as unplaced, min(e.at) filter (where ${DATED}) as since
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

// Reading entries back, in the order of the log.
import { sql } from '#db'
import type { LayerDatabase } from '#db'
import type { Id, Instant, Json } from '#kernel'
import type { StoredEntry } from './entry.ts'

export interface EntryQuery {
  /** Entries after this place; from the beginning without it. */
  readonly after?: number
  readonly limit: number
  /** Only entries that made a version of this record. */
  readonly recordId?: string
}

export interface EntryRow {
  readonly seq: number
  readonly id: Id<'entry'>
  readonly layer: string
  readonly writtenBy: string
  readonly type: string
  readonly at: Instant
  readonly actor: string
  readonly onBehalfOf: string | null
  readonly subjects: readonly string[]
  readonly recordId: string | null
  readonly recordVersion: number | null
  readonly recordHash: string | null
  readonly reason: string | null
  readonly follows: readonly string[]
  readonly content: { readonly [key: string]: Json } | null
  readonly contentHash: string | null
  readonly salt: string | null
}

/** Of `evidence.sequence s` and `evidence.entry e`. */
export const ENTRY_COLUMNS = sql`
  s.seq, e.id, e.layer, e.written_by::text as "writtenBy", e.type, e.at, e.actor, e.on_behalf_of as "onBehalfOf",
  e.subjects, e.record_id as "recordId", e.record_version as "recordVersion",
  encode(e.record_hash, 'hex') as "recordHash", e.reason, e.follows, e.content,
  encode(e.content_hash, 'hex') as "contentHash", encode(e.salt, 'hex') as salt`

/** In order of `seq`. What has no place yet is not listed. */
export async function listEntries(evidence: LayerDatabase, query: EntryQuery): Promise<StoredEntry[]> {
  const { after = -1, limit, recordId } = query
  const rows = await evidence.transaction(
    async (tx) =>
      await tx.query<EntryRow>(sql`
        select ${ENTRY_COLUMNS} from evidence.sequence s join evidence.entry e on e.id = s.entry_id
        where s.seq > ${after} ${recordId === undefined ? sql`` : sql`and e.record_id = ${recordId}`}
        order by s.seq limit ${limit}`),
    { readOnly: true },
  )
  return rows.map(entryOf)
}

export function entryOf({
  onBehalfOf,
  recordId,
  recordVersion,
  recordHash,
  reason,
  content,
  contentHash,
  salt,
  ...row
}: EntryRow): StoredEntry {
  return {
    ...row,
    ...(onBehalfOf === null ? {} : { onBehalfOf }),
    ...(recordId === null || recordVersion === null || recordHash === null
      ? {}
      : { record: { id: recordId, version: recordVersion, hash: recordHash } }),
    ...(reason === null ? {} : { reason }),
    ...(content === null ? {} : { content }),
    ...(contentHash === null ? {} : { contentHash }),
    ...(salt === null ? {} : { salt }),
  }
}

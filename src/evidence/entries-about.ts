// Entries of some types about some records, with what they say: for whoever judges what was done, and not only what there is.
import { sql } from '#db'
import type { LayerDatabase } from '#db'
import type { Id, Instant, Json } from '#kernel'

const LIMIT = 10_000

export interface EntryAbout {
  readonly id: Id<'entry'>
  readonly type: string
  readonly at: Instant
  /** The record whose version it made, or the first that it is about. */
  readonly about: string
  readonly reason: string | null
  readonly content: { readonly [key: string]: Json } | null
  /** It said something, and does not any more. */
  readonly pruned: boolean
}

/** The newest first; also those that have no place in the log yet. At most 10,000. */
export async function entriesAbout(
  evidence: LayerDatabase,
  ids: readonly string[],
  types: readonly string[],
): Promise<EntryAbout[]> {
  if (ids.length === 0) return []
  return await evidence.transaction(
    async (tx) =>
      await tx.query<EntryAbout>(sql`
        select id, type, at, coalesce(record_id, subjects[1]) as about, reason, content,
          content_hash is not null and salt is null as pruned
        from evidence.entry
        where (record_id = any(${[...ids]}::text[]) or (record_id is null and subjects[1] = any(${[...ids]}::text[])))
          and type = any(${[...types]}::text[])
        order by at desc, ordinal desc limit ${LIMIT}`),
    { readOnly: true, statementTimeoutMs: 0 },
  )
}

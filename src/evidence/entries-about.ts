// Entries of some types about some records, with what they say: for whoever judges what was done, and not only what there is.
import { sql } from '#db'
import type { LayerDatabase } from '#db'
import type { Id, Instant, Json } from '#kernel'

const PAGE = 1000

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

interface Paged extends EntryAbout {
  readonly ordinal: string
}

/** All of them, the newest first; also those that have no place in the log yet. */
export async function* entriesAbout(
  evidence: LayerDatabase,
  ids: readonly string[],
  types: readonly string[],
  page = PAGE,
): AsyncGenerator<EntryAbout> {
  if (ids.length === 0) return
  for (let last: Paged | undefined; ;) {
    const entries = await pageOf(evidence, ids, types, page, last)
    yield* entries
    last = entries.at(-1)
    if (last === undefined || entries.length < page) return
  }
}

async function pageOf(
  evidence: LayerDatabase,
  ids: readonly string[],
  types: readonly string[],
  page: number,
  last: Paged | undefined,
): Promise<Paged[]> {
  const before =
    last === undefined ? sql`` : sql`and (at, ordinal) < (${last.at}::timestamptz, ${last.ordinal}::bigint)`
  return await evidence.transaction(
    async (tx) =>
      await tx.query<Paged>(sql`
        select id, ordinal::text as ordinal, type, at, coalesce(record_id, subjects[1]) as about, reason, content,
          content_hash is not null and salt is null as pruned
        from evidence.entry
        where (record_id = any(${[...ids]}::text[]) or (record_id is null and subjects[1] = any(${[...ids]}::text[])))
          and type = any(${[...types]}::text[]) ${before}
        order by entry.at desc, entry.ordinal desc limit ${page}`),
    { readOnly: true, statementTimeoutMs: 0 },
  )
}

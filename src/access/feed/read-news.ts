// What is new in the outbox since a look before, and whether it goes on from there: another database, or an older copy that was put
// back, does not, though it may have the same name and the same first lines.
import type { LayerDatabase } from '#db'

export interface News {
  readonly id: number
  readonly kind: string
  readonly subjects: readonly string[]
  readonly transaction: string
}

/** Up to where the outbox was read. */
export interface OutboxPlace {
  readonly epoch: string
  /** Every transaction below it is over and was read. */
  readonly xmin: bigint
  /** The newest line that there was, and what no other line of its number has. */
  readonly newestId: number | null
  readonly newestMark: string | null
}

/** In one statement, so of one snapshot and in one round trip: it is asked fifty times a second by each server. */
const NEWS = `
  select pg_snapshot_xmin(pg_current_snapshot())::text as xmin, e.id as epoch, n.id as "newestId", n.mark as "newestMark",
         ($2::bigint is null or exists (
           select from outbox.change k
           where k.id = $2 and k.transaction::text || ' ' || extract(epoch from k.at)::text = $3)) as "hasNewest",
         exists (select from outbox.change k where k.id > coalesce($2, 0) and k.transaction < $1::xid8) as "hasUnread",
         c.id, c.kind, c.subjects, c.transaction::text
  from outbox.epoch e
  left join lateral (select k.id, k.transaction::text || ' ' || extract(epoch from k.at)::text as mark
                     from outbox.change k order by k.id desc limit 1) n on true
  left join outbox.change c on c.transaction >= coalesce($1::xid8, pg_snapshot_xmin(pg_current_snapshot()))
  order by c.id`

export interface Look {
  readonly xmin: string
  readonly epoch: string
  readonly newestId: number | null
  readonly newestMark: string | null
  /** The line that was the newest before is there, and is the same. */
  readonly hasNewest: boolean
  /** Of a transaction that was over before and told nothing then. */
  readonly hasUnread: boolean
  /** Null where there is no news. */
  readonly id: number | null
}

export interface FoundNews {
  readonly news: readonly News[]
  readonly place: OutboxPlace
  readonly goesOn: boolean
}

/** What transactions told that may not have been over at `before`; without it, of those that may still be under way. */
export async function readNews(access: LayerDatabase, before?: OutboxPlace): Promise<FoundNews> {
  const { xmin: from = null, newestId: id = null, newestMark: mark = null } = before ?? {}
  const rows = await access.prepared<Look>('outbox_news', NEWS, [from?.toString() ?? null, id, mark])
  const [first] = rows
  if (first === undefined) throw new Error('the outbox has no epoch')
  const { xmin, epoch, newestId, newestMark } = first
  return {
    news: rows.filter((row): row is Look & News => row.id !== null),
    place: { epoch, xmin: BigInt(xmin), newestId, newestMark },
    goesOn: before === undefined || goesOn(before, first),
  }
}

/** Numbers of transactions never go back, what was over stays as it was, and lines are kept for an hour at least. */
export const goesOn = ({ epoch, xmin }: OutboxPlace, found: Look): boolean =>
  found.epoch === epoch && BigInt(found.xmin) >= xmin && found.hasNewest && !found.hasUnread

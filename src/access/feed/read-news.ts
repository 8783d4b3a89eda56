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
  /** Of the newest line that there was. */
  readonly newestId: number | null
  /**
   * By number, what no other line of it has: the newest line, and what was first seen with it or later. What was seen before it is in
   * every copy that has it; of these, one that overlapped with it need not be.
   */
  readonly last: ReadonlyMap<number, string>
}

/** Of these at most so many are looked for each time. */
const LAST_MAX = 256

const mark = (line: string): string => `${line}.transaction::text || ' ' || extract(epoch from ${line}.at)::text`

/** In one statement, so of one snapshot and in one round trip: it is asked twenty-five times a second by each server. */
const NEWS = `
  select pg_snapshot_xmin(pg_current_snapshot())::text as xmin, e.id as epoch, n.id as "newestId", n.mark as "newestMark",
         not exists (
           select from unnest($3::bigint[], $4::text[]) as l (id, mark)
           -- what is older may have been forgotten, but for the newest
           where (l.id = $2 or split_part(l.mark, ' ', 2)::numeric > extract(epoch from now() - interval '1 hour'))
             and not exists (select from outbox.change k where k.id = l.id and ${mark('k')} = l.mark)) as "hasLast",
         exists (select from outbox.change k where k.id > coalesce($2, 0) and k.transaction < $1::xid8) as "hasUnread",
         c.id, c.kind, c.subjects, c.transaction::text, ${mark('c')} as mark
  from outbox.epoch e
  left join lateral (select k.id, ${mark('k')} as mark from outbox.change k order by k.id desc limit 1) n on true
  left join outbox.change c on c.transaction >= coalesce($1::xid8, least(
    pg_snapshot_xmin(pg_current_snapshot()),
    -- who begins cannot tell which of the last overlapped
    coalesce((select k.transaction from outbox.change k order by k.id desc offset 63 limit 1), '0'::xid8)))
  order by c.id`

export interface Look {
  readonly xmin: string
  readonly epoch: string
  readonly newestId: number | null
  readonly newestMark: string | null
  /** The lines that were the last before are there, and are the same. */
  readonly hasLast: boolean
  /** Of a transaction that was over before and told nothing then. */
  readonly hasUnread: boolean
  /** Null where there is no news. */
  readonly id: number | null
  readonly mark: string | null
}

export interface FoundNews {
  readonly news: readonly News[]
  readonly place: OutboxPlace
  readonly goesOn: boolean
}

/** What transactions told that may not have been over at `before`; without it, of those that may still be under way. */
export async function readNews(access: LayerDatabase, before?: OutboxPlace): Promise<FoundNews> {
  const { xmin: from = null, newestId: id = null, last = new Map<number, string>() } = before ?? {}
  const known = [from?.toString() ?? null, id, [...last.keys()], [...last.values()]]
  const rows = await access.prepared<Look>('outbox_news', NEWS, known)
  const [first] = rows
  if (first === undefined) throw new Error('the outbox has no epoch')
  return {
    news: rows.filter((row): row is Look & News => row.id !== null),
    place: placeAt(first, rows, before),
    goesOn: before === undefined || goesOn(before, first),
  }
}

function placeAt(
  { epoch, xmin, newestId, newestMark }: Look,
  rows: readonly Look[],
  before?: OutboxPlace,
): OutboxPlace {
  const last = new Map(before?.newestId === newestId ? before.last : [])
  for (const { id, mark: of } of rows) if (id !== null && of !== null) last.set(id, of)
  const kept = [...last].sort(([a], [b]) => b - a).slice(0, LAST_MAX)
  if (newestId !== null && newestMark !== null) kept.push([newestId, newestMark])
  return { epoch, xmin: BigInt(xmin), newestId, last: new Map(kept) }
}

/** Numbers of transactions never go back, what was over stays as it was, and lines are kept for an hour at least. */
export const goesOn = ({ epoch, xmin }: OutboxPlace, found: Look): boolean =>
  found.epoch === epoch && BigInt(found.xmin) >= xmin && found.hasLast && !found.hasUnread

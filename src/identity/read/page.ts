// Pages of any list: by key, never by offset, so that a page costs the same wherever it is and whatever was added before.
import { createHash } from 'node:crypto'
import { canonicalJson, Fault } from '#kernel'
import type { Json } from '#kernel'
import { joined, sql } from '#db'
import type { Sql, Tx } from '#db'

export const PAGE_LIMIT_DEFAULT = 50
export const PAGE_LIMIT_MAX = 200
/** Above this many a total is told as "10,000+". */
export const COUNT_MAX = 10_000

export interface PageRequest {
  readonly limit?: number
  /** `next` of the page before. It belongs to the query that gave it. */
  readonly cursor?: string
  /** Totals are worked out when asked for. */
  readonly total?: boolean
}

export interface Page<T> {
  readonly items: readonly T[]
  /** Absent on the last page. */
  readonly next?: string
  readonly total?: { readonly count: number; readonly capped: boolean }
}

/** Where a page ended: the key (`null` among those that have none, which come last) and the id that breaks ties. */
export interface Place {
  readonly key: string | null
  readonly id: string
}

/** One list. SQL has no clause of its own for paging; `readPage` adds it. */
export interface Listing {
  readonly select: Sql
  readonly from: Sql
  readonly where: readonly Sql[]
  /** An indexed column of text in collation "C", and whether it can be null. Without it the order is that of ids. */
  readonly key?: { readonly column: Sql; readonly nullable: boolean }
  readonly id: Sql
  /** What was asked, all but the page: a cursor of another query is refused. */
  readonly query: Json
}

export async function readPage<Row extends { readonly id: string }>(
  tx: Tx,
  listing: Listing,
  request: PageRequest,
): Promise<Page<Row>> {
  const limit = pageLimit(request)
  const after = placeOf(request.cursor, listing.query)
  const rows: (Row & Keyed)[] = []
  if (after === undefined || after.key !== null) rows.push(...(await keyed<Row>(tx, listing, after, limit + 1)))
  if (listing.key?.nullable === true && rows.length <= limit) {
    const from = after !== undefined && after.key === null ? after : undefined
    rows.push(...(await keyless<Row>(tx, listing, from, limit + 1 - rows.length)))
  }
  return {
    ...pageOf(rows, limit, listing.query),
    ...(request.total === true ? { total: await countCapped(tx, listing) } : {}),
  }
}

interface Keyed {
  readonly sortKey: string | null
}

async function keyed<Row>(
  tx: Tx,
  { select, from, where, key, id }: Listing,
  after: Place | undefined,
  limit: number,
): Promise<(Row & Keyed)[]> {
  const order = key === undefined ? id : sql`${key.column}, ${id}`
  const conditions = [...where, ...afterPlace(key?.column, id, after)]
  if (key?.nullable === true) conditions.push(sql`${key.column} is not null`)
  return await tx.query<Row & Keyed>(sql`
    select ${select}, ${key === undefined ? sql`''` : key.column} as "sortKey" from ${from}
    where ${joined(conditions, ' and ', sql`true`)} order by ${order} limit ${limit}`)
}

/** Those without a key, after all that have one. */
async function keyless<Row>(
  tx: Tx,
  { select, from, where, key, id }: Listing,
  after: Place | undefined,
  limit: number,
): Promise<(Row & Keyed)[]> {
  const conditions = [...where, sql`${key?.column ?? sql`null`} is null`, ...afterPlace(undefined, id, after)]
  return await tx.query<Row & Keyed>(sql`
    select ${select}, null::text as "sortKey" from ${from}
    where ${joined(conditions, ' and ')} order by ${id} limit ${limit}`)
}

/** Conditions for what comes after a place in the order of `column`, `id`. */
export function afterPlace(column: Sql | undefined, id: Sql, after: Place | undefined): Sql[] {
  if (after === undefined) return []
  return [column === undefined ? sql`${id} > ${after.id}` : sql`(${column}, ${id}) > (${after.key}, ${after.id})`]
}

/** A page of rows of which one more than `limit` was read, so that it is known whether there is a next one. */
function pageOf<Row extends { readonly id: string }>(
  rows: readonly (Row & Keyed)[],
  limit: number,
  query: Json,
): Page<Row> {
  const items = rows.slice(0, limit)
  const last = items.at(-1)
  const next =
    rows.length > limit && last !== undefined
      ? { next: cursorOf({ key: last.sortKey, id: last.id }, query) }
      : undefined
  return { items: items.map(({ sortKey: _sortKey, ...row }) => row as unknown as Row), ...next }
}

/** Of all pages together. Above `COUNT_MAX` nobody counts on. */
export async function countCapped(
  tx: Tx,
  { from, where }: Pick<Listing, 'from' | 'where'>,
): Promise<{ count: number; capped: boolean }> {
  const [row] = await tx.query<{ count: number }>(sql`
    select count(*) as count
    from (select from ${from} where ${joined(where, ' and ', sql`true`)} limit ${COUNT_MAX + 1}) as counted`)
  const count = row?.count ?? 0
  return { count: Math.min(count, COUNT_MAX), capped: count > COUNT_MAX }
}

/** Throws Fault('invalid') for a limit that is no whole number from 1 to `PAGE_LIMIT_MAX`. */
export function pageLimit({ limit = PAGE_LIMIT_DEFAULT }: PageRequest): number {
  if (!Number.isInteger(limit) || limit < 1 || limit > PAGE_LIMIT_MAX) {
    throw new Fault('invalid', `\`limit\` must be a whole number from 1 to ${PAGE_LIMIT_MAX}`)
  }
  return limit
}

/** Opaque to the caller. It carries a place and the hash of the query, nothing that is not on the page itself. */
export function cursorOf({ key, id }: Place, query: Json): string {
  return Buffer.from(JSON.stringify([hashOf(query), key, id])).toString('base64url')
}

/** Throws Fault('invalid') for what is no cursor, and for a cursor of another query. */
export function placeOf(cursor: string | undefined, query: Json): Place | undefined {
  if (cursor === undefined) return undefined
  const [hash, key, id] = parsed(cursor)
  if (hash !== hashOf(query) || (typeof key !== 'string' && key !== null) || typeof id !== 'string') {
    throw new Fault('invalid', 'the cursor is not of this query; begin again without one')
  }
  return { key, id }
}

function parsed(cursor: string): unknown[] {
  try {
    const value: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'))
    return Array.isArray(value) ? value : []
  } catch {
    // not ours; told by the caller in words
    return []
  }
}

const hashOf = (query: Json): string =>
  createHash('sha256').update(canonicalJson(query)).digest('base64url').slice(0, 16)

// Reading records: as they are, as they were on a day, and as they were known on another.
import type { Instant } from '#kernel'
import { identifier, sql } from '../sql.ts'
import type { Sql } from '../sql.ts'
import type { Tx } from '../transaction.ts'
import type { Current, RecordTable } from './record-table.ts'
import type { VersionSegment } from './timeline.ts'

/** The column list that makes a `Current` of a row of any record table. */
export const CURRENT: Sql = sql`id, version, valid_from as "validFrom", recorded_at as "recordedAt", encode(hash, 'hex') as hash, data`

const named = ({ schema, table }: RecordTable): Sql => sql`${identifier(schema)}.${identifier(table)}`

/** The records that are there, by id. With `lock` they stay as they are until the transaction ends (locked in id order). */
export async function readCurrent<D>(
  tx: Tx,
  table: RecordTable,
  ids: readonly string[],
  options: { readonly lock?: boolean } = {},
): Promise<Map<string, Current<D>>> {
  if (ids.length === 0) return new Map()
  const rows = await tx.query<Current<D>>(
    sql`select ${CURRENT} from ${named(table)} where id = any(${[...new Set(ids)]}) order by id ${options.lock === true ? sql`for update` : sql``}`,
  )
  return new Map(rows.map((row) => [row.id, row]))
}

/** Every segment of every version of one record. */
export async function readVersions<D>(tx: Tx, table: RecordTable, id: string): Promise<VersionSegment<D>[]> {
  return await tx.query<VersionSegment<D>>(sql`
    select version, valid_from as "validFrom", valid_to as "validTo", data
    from ${identifier(table.schema)}.version where record_id = ${id} order by version, valid_from`)
}

/** Two dates: what held on `asOf`, by what was known at `asKnownAt`. */
export interface TwoTimes {
  readonly asOf: Instant
  readonly asKnownAt: Instant
}

/** The condition on `identity.version` rows `v` that speak of these two times; the highest version of them counts. */
export const speaksOf = ({ asOf, asKnownAt }: TwoTimes): Sql => sql`
  v.recorded_at <= ${asKnownAt} and v.valid_from <= ${asOf} and (v.valid_to is null or v.valid_to > ${asOf})`

/** Records as they were; what was not, or was not known, is left out. `validFrom` is where the stretch begins that counts. */
export async function readAsOf<D>(
  tx: Tx,
  table: RecordTable,
  ids: readonly string[],
  times: TwoTimes,
): Promise<Map<string, Current<D>>> {
  const rows = await tx.query<Current<D>>(sql`
    select wanted.id, v.version, v.valid_from as "validFrom", v.recorded_at as "recordedAt",
           encode(v.hash, 'hex') as hash, v.data
    from unnest(${[...new Set(ids)]}::text[]) as wanted (id)
    cross join lateral (
      select v.version, v.valid_from, v.recorded_at, v.hash, v.data from ${identifier(table.schema)}.version v
      where v.record_id = wanted.id and ${speaksOf(times)}
      order by v.version desc limit 1
    ) v`)
  return new Map(rows.map((row) => [row.id, row]))
}

/** One version in the history of a record: who, when, why, and what held since when. */
export interface HistoryEntry<D> {
  readonly version: number
  readonly validFrom: Instant
  readonly validTo: Instant | null
  readonly recordedAt: Instant
  readonly actor: string
  readonly reason: string | null
  readonly entryId: string
  readonly hash: string
  readonly data: D
}

/** Newest first. `before` is the version to go on from. A version that speaks of several stretches has several rows. */
export async function readHistory<D>(
  tx: Tx,
  table: RecordTable,
  id: string,
  page: { readonly before?: number; readonly versions: number },
): Promise<HistoryEntry<D>[]> {
  const before = page.before ?? 2_147_483_647
  return await tx.query<HistoryEntry<D>>(sql`
    select version, valid_from as "validFrom", valid_to as "validTo", recorded_at as "recordedAt", actor, reason,
           entry_id as "entryId", encode(hash, 'hex') as hash, data
    from ${identifier(table.schema)}.version
    where record_id = ${id} and version < ${before} and version >= (
      select coalesce(min(version), 0) from (
        select distinct version from ${identifier(table.schema)}.version
        where record_id = ${id} and version < ${before} order by version desc limit ${page.versions}
      ) as page)
    order by version desc, valid_from`)
}

/** What was said before `version` of the moment `at`: the data that this version replaced there. By version. */
export async function readReplaced<D>(
  tx: Tx,
  table: RecordTable,
  id: string,
  places: readonly { readonly version: number; readonly at: Instant }[],
): Promise<Map<number, D>> {
  const rows = await tx.query<{ version: number; data: D }>(sql`
    select place.version, w.data
    from unnest(${places.map(({ version }) => version)}::integer[], ${places.map(({ at }) => at)}::timestamptz[])
      as place (version, at)
    cross join lateral (
      select w.data from ${identifier(table.schema)}.version w
      where w.record_id = ${id} and w.version < place.version
        and w.valid_from <= place.at and (w.valid_to is null or w.valid_to > place.at)
      order by w.version desc limit 1
    ) w`)
  return new Map(rows.map(({ version, data }) => [version, data]))
}

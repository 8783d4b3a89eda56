// Every record of a table in the order of ids, with the versions that its present stands on. In batches, never all at once.
import type { Instant, Json } from '#kernel'
import { identifier, sql } from '../sql.ts'
import type { LayerDatabase } from '../transaction.ts'
import type { RecordTable } from './record-table.ts'

/** One version with its stretches of time: what its hash is of. */
export interface WholeVersion {
  readonly id: string
  readonly version: number
  readonly recordedAt: Instant
  readonly segments: readonly {
    readonly validFrom: Instant
    readonly validTo: Instant | null
    readonly data: { readonly [key: string]: Json }
  }[]
}

export interface RecordWithVersions {
  readonly id: string
  readonly version: number
  readonly hash: string
  /** From the version that last said how things are now to the newest. */
  readonly versions: readonly WholeVersion[]
}

const BATCH = 500

/** Each batch is one snapshot of its own. */
export async function* readAllRecords(db: LayerDatabase, table: RecordTable): AsyncGenerator<RecordWithVersions> {
  for (let after = ''; ;) {
    const rows = await batchAfter(db, table, after)
    yield* rows
    const last = rows.at(-1)
    if (last === undefined || rows.length < BATCH) return
    after = last.id
  }
}

interface VersionRow {
  readonly id: string
  readonly version: number
  readonly validFrom: Instant
  readonly validTo: Instant | null
  readonly recordedAt: Instant
  readonly data: { readonly [key: string]: Json }
}

async function batchAfter(
  db: LayerDatabase,
  { schema, table }: RecordTable,
  after: string,
): Promise<RecordWithVersions[]> {
  const [current, rows] = await db.transaction(
    async (tx) => {
      const found = await tx.query<{ id: string; version: number; hash: string }>(sql`
        select id, version, encode(hash, 'hex') as hash from ${identifier(schema)}.${identifier(table)}
        where id > ${after} order by id limit ${BATCH}`)
      const versions = await tx.query<VersionRow>(sql`
        select v.record_id as id, v.version, v.valid_from as "validFrom", v.valid_to as "validTo",
               v.recorded_at as "recordedAt", v.data
        from unnest(${found.map(({ id }) => id)}::text[]) as wanted (id)
        cross join lateral (
          select * from ${identifier(schema)}.version v
          where v.record_id = wanted.id and v.version >= (
            select max(version) from ${identifier(schema)}.version o
            where o.record_id = wanted.id and o.valid_to is null)
        ) v
        order by v.record_id, v.version, v.valid_from`)
      return [found, versions] as const
    },
    { readOnly: true },
  )
  const byId = Map.groupBy(rows, ({ id }) => id)
  return current.map(({ id, version, hash }) => ({ id, version, hash, versions: versionsOf(byId.get(id) ?? []) }))
}

/** Rows in order of version and time become versions. */
function versionsOf(rows: readonly VersionRow[]): WholeVersion[] {
  return [...Map.groupBy(rows, ({ version }) => version).values()].flatMap((segments) => {
    const [first] = segments
    if (first === undefined) return []
    const { id, version, recordedAt } = first
    return [
      {
        id,
        version,
        recordedAt,
        segments: segments.map(({ validFrom, validTo, data }) => ({ validFrom, validTo, data })),
      },
    ]
  })
}

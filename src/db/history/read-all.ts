// Every record of a table in the order of ids, with the versions that its present stands on. In batches, never all at once.
import type { Instant, Json } from '#kernel'
import { identifier, sql } from '../sql.ts'
import type { LayerDatabase, Tx } from '../transaction.ts'
import type { RecordTable } from './record-table.ts'

/** One version with its stretches of time: what its hash is of. */
export interface WholeVersion {
  readonly id: string
  readonly version: number
  readonly recordedAt: Instant
  /** Hex. Versions of earlier releases have none, nor has what was erased. */
  readonly salt?: string
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

/** By id: up to which version a record is read. 0: it was not there. Not in the map: it is read as it is. */
export type UpTo = (ids: readonly string[]) => Promise<ReadonlyMap<string, number>>

/** In batches, each as of a moment of its own. */
export async function* readAllRecords(
  db: LayerDatabase,
  table: RecordTable,
  upTo: UpTo = () => Promise.resolve(new Map()),
): AsyncGenerator<RecordWithVersions> {
  for (let after = ''; ;) {
    const found = await db.transaction(async (tx) => await presentAfter(tx, table, after), { readOnly: true })
    const limits = await upTo(found.map(({ id }) => id))
    const wanted = found.flatMap((present) => {
      const version = limits.get(present.id) ?? present.version
      return version === 0 ? [] : [version === present.version ? present : { id: present.id, version, hash: '' }]
    })
    yield* await db.transaction(async (tx) => await standsOn(tx, table, wanted), { readOnly: true })
    const last = found.at(-1)
    if (last === undefined || found.length < BATCH) return
    after = last.id
  }
}

interface VersionRow {
  readonly id: string
  readonly version: number
  readonly validFrom: Instant
  readonly validTo: Instant | null
  readonly recordedAt: Instant
  readonly hash: string
  readonly salt: string | null
  readonly data: { readonly [key: string]: Json }
}

interface Present {
  readonly id: string
  readonly version: number
  readonly hash: string
}

async function presentAfter(tx: Tx, { schema, table }: RecordTable, after: string): Promise<Present[]> {
  return await tx.query<Present>(sql`
    select id, version, encode(hash, 'hex') as hash from ${identifier(schema)}.${identifier(table)}
    where id > ${after} order by id limit ${BATCH}`)
}

/** Of each the versions that it stands on, and its hash as that version has it where it is not the present one. */
async function standsOn(tx: Tx, { schema }: RecordTable, wanted: readonly Present[]): Promise<RecordWithVersions[]> {
  const rows = await tx.query<VersionRow>(sql`
    select v.record_id as id, v.version, v.valid_from as "validFrom", v.valid_to as "validTo",
           v.recorded_at as "recordedAt", encode(v.hash, 'hex') as hash, encode(v.salt, 'hex') as salt, v.data
    from unnest(${wanted.map(({ id }) => id)}::text[], ${wanted.map(({ version }) => version)}::integer[])
      as wanted (id, version)
    cross join lateral (
      select * from ${identifier(schema)}.version v
      where v.record_id = wanted.id and v.version <= wanted.version and v.version >= (
        select max(version) from ${identifier(schema)}.version o
        where o.record_id = wanted.id and o.valid_to is null and o.version <= wanted.version)
    ) v
    order by v.record_id, v.version, v.valid_from`)
  const byId = Map.groupBy(rows, ({ id }) => id)
  return wanted.map(({ id, version, hash }) => {
    const own = byId.get(id) ?? []
    return { id, version, hash: hash === '' ? (own.at(-1)?.hash ?? '') : hash, versions: versionsOf(own) }
  })
}

/** Rows in order of version and time become versions. */
function versionsOf(rows: readonly VersionRow[]): WholeVersion[] {
  return [...Map.groupBy(rows, ({ version }) => version).values()].flatMap((segments) => {
    const [first] = segments
    if (first === undefined) return []
    const { id, version, recordedAt, salt } = first
    return [
      {
        id,
        version,
        recordedAt,
        ...(salt === null ? {} : { salt }),
        segments: segments.map(({ validFrom, validTo, data }) => ({ validFrom, validTo, data })),
      },
    ]
  })
}

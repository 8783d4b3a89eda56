// The whole state of a layer's records for whoever checks it: every version, and the row of the present beside them.
import type { Instant } from '#kernel'
import { identifier, joined, sql } from '../sql.ts'
import type { LayerDatabase } from '../transaction.ts'
import type { RecordTable } from './record-table.ts'

export interface VersionOfState {
  readonly version: number
  readonly recordedAt: Instant
  readonly hash: string
  /** Hex. Null of what was written by an earlier release, and of what was erased. */
  readonly salt: string | null
  readonly entryId: string
  readonly actor: string
  readonly reason: string | null
  readonly segments: readonly {
    readonly validFrom: Instant
    readonly validTo: Instant | null
    /** JSON as PostgreSQL has it, with all digits of its numbers. */
    readonly data: string
  }[]
}

export interface RecordOfState {
  readonly id: string
  /** In their order. */
  readonly versions: readonly VersionOfState[]
  readonly present: readonly PresentOfState[]
}

/** A row of a record table. */
export interface PresentOfState {
  readonly id: string
  readonly table: string
  readonly version: number
  readonly validFrom: Instant
  readonly recordedAt: Instant
  readonly hash: string
  /** JSON, likewise. */
  readonly data: string
}

export interface LayerState {
  readonly layer: string
  /** Every record that has a version, by id; in batches. */
  records(): AsyncIterable<readonly RecordOfState[]>
  /** Rows of the present that have no version at all; the first of each table. */
  withoutVersion(): Promise<readonly { readonly id: string; readonly table: string }[]>
  /** Which of these `id version` are there. */
  existing(versions: readonly { readonly id: string; readonly version: number }[]): Promise<ReadonlySet<string>>
}

const BATCH = 500
const NAMED_MAX = 20

export function layerState(db: LayerDatabase, schema: string, tables: readonly RecordTable[]): LayerState {
  return {
    layer: db.layer,
    async *records() {
      for (let after = ''; ;) {
        const batch = await recordsAfter(db, schema, tables, after)
        if (batch.length > 0) yield batch
        const last = batch.at(-1)
        if (last === undefined || batch.length < BATCH) return
        after = last.id
      }
    },
    withoutVersion: async () =>
      await db.transaction(
        async (tx) =>
          (
            await Promise.all(
              tables.map(
                async ({ table }) =>
                  await tx.query<{ id: string; table: string }>(sql`
                    select t.id, ${table} as table from ${identifier(schema)}.${identifier(table)} t
                    where not exists (select from ${identifier(schema)}.version v where v.record_id = t.id)
                    order by t.id limit ${NAMED_MAX}`),
              ),
            )
          ).flat(),
        { readOnly: true, statementTimeoutMs: 0 },
      ),
    existing: async (versions) => {
      const rows = await db.transaction(
        async (tx) =>
          await tx.query<{ key: string }>(sql`
            select w.id || ' ' || w.version as key
            from unnest(${versions.map(({ id }) => id)}::text[], ${versions.map(({ version }) => version)}::integer[])
              as w (id, version)
            where exists (select from ${identifier(schema)}.version v where v.record_id = w.id and v.version = w.version)`),
        { readOnly: true, statementTimeoutMs: 0 },
      )
      return new Set(rows.map(({ key }) => key))
    },
  }
}

interface Row extends VersionOfState {
  readonly id: string
  readonly validFrom: Instant
  readonly validTo: Instant | null
  readonly data: string
}

async function recordsAfter(
  db: LayerDatabase,
  schema: string,
  tables: readonly RecordTable[],
  after: string,
): Promise<RecordOfState[]> {
  const [rows, present] = await db.transaction(
    async (tx) => {
      const versions = await tx.query<Row>(sql`
        select v.record_id as id, v.version, v.recorded_at as "recordedAt", encode(v.hash, 'hex') as hash,
               encode(v.salt, 'hex') as salt, v.entry_id as "entryId", v.actor, v.reason, v.valid_from as "validFrom", v.valid_to as "validTo",
               v.data::text as data
        from ${identifier(schema)}.version v
        where v.record_id in (
          select record_id from ${identifier(schema)}.version where record_id > ${after}
          group by record_id order by record_id limit ${BATCH})
        order by v.record_id, v.version, v.valid_from`)
      const ids = [...new Set(versions.map(({ id }) => id))]
      const unions = tables.map(
        ({ table }) => sql`
          (select id, ${table} as table, version, valid_from as "validFrom", recorded_at as "recordedAt",
                  encode(hash, 'hex') as hash, data::text as data
           from ${identifier(schema)}.${identifier(table)} where id = any(${ids}))`,
      )
      const all = unions.length === 0 ? [] : await presentOf(tx, unions)
      return [versions, all] as const
    },
    { readOnly: true, statementTimeoutMs: 0 },
  )
  const presentById = Map.groupBy(present, ({ id }) => id)
  return [...Map.groupBy(rows, ({ id }) => id)].map(([id, own]) => ({
    id,
    versions: [...Map.groupBy(own, ({ version }) => version).values()].flatMap(versionOf),
    present: presentById.get(id) ?? [],
  }))
}

async function presentOf(
  tx: Parameters<Parameters<LayerDatabase['transaction']>[0]>[0],
  unions: readonly ReturnType<typeof sql>[],
): Promise<PresentOfState[]> {
  const [first, ...rest] = unions
  if (first === undefined) return []
  return await tx.query<PresentOfState>(joined([first, ...rest.map((one) => sql`union all ${one}`)], ' '))
}

function versionOf(rows: readonly Row[]): VersionOfState[] {
  const [first] = rows
  if (first === undefined) return []
  const { version, recordedAt, hash, salt, entryId, actor, reason } = first
  const segments = rows.map(({ validFrom, validTo, data }) => ({ validFrom, validTo, data }))
  // rows of one version that do not agree on what they share give another hash than any of them has
  const shared = (row: Row): string =>
    JSON.stringify([row.hash, row.salt, row.entryId, row.recordedAt, row.actor, row.reason])
  const same = rows.every((row) => shared(row) === shared(first))
  return [{ version, recordedAt, hash: same ? hash : '', salt, entryId, actor, reason, segments }]
}

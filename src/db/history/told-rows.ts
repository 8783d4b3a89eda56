// Rows without versions, as a trigger tells them to the log: the text of each, for whoever holds it against its entry.
import { identifier, joined, sql } from '../sql.ts'
import type { Sql } from '../sql.ts'
import type { LayerDatabase } from '../transaction.ts'

/** As the trigger of the table has it (`evidence.tell_rows`). */
export interface ToldTable {
  /** `access.token` */
  readonly name: string
  readonly key: readonly string[]
  /** Columns that are no evidence. */
  readonly leftOut: readonly string[]
  /** The entry types of the acts that write such a row, where an entry of one has to stand beside each writing. */
  readonly acts?: readonly string[]
}

export interface ToldRow {
  /** The values of its key, as a JSON array. */
  readonly key: string
  /** What its hash is of, after the salt. */
  readonly said: string
}

export interface ToldRows extends ToldTable {
  readonly layer: string
  /** All of them, in batches, in no order; or those of these keys. */
  rows(keys?: readonly string[]): AsyncIterable<readonly ToldRow[]>
}

/** Blocks of 8 KiB that are read at once. */
const BLOCKS = 100

export function toldRows(db: LayerDatabase, table: ToldTable): ToldRows {
  const [schema = '', name = ''] = table.name.split('.')
  const source = sql`${identifier(schema)}.${identifier(name)}`
  const columns = joined(
    table.key.map((column) => sql`whole -> ${column}::text`),
    ', ',
  )
  const read = async (where: Sql): Promise<ToldRow[]> =>
    await db.transaction(
      async (tx) =>
        await tx.query<ToldRow>(sql`
          select key::text as key, jsonb_build_array(${table.name}::text, key, whole - ${[...table.leftOut]}::text[])::text as said
          from (select jsonb_build_array(${columns}) as key, whole
                from (select to_jsonb(t) as whole, t.ctid from ${source} t) as r where ${where}) as keyed`),
      { readOnly: true, statementTimeoutMs: 0 },
    )
  return {
    ...table,
    layer: db.layer,
    async *rows(keys) {
      if (keys !== undefined) {
        yield await read(sql`jsonb_build_array(${columns})::text = any(${[...keys]})`)
        return
      }
      const blocks = await blocksOf(db, table.name)
      // what moves meanwhile is looked at once more by its key
      for (let from = 0; from < blocks; from += BLOCKS)
        yield await read(sql`ctid >= ${`(${from},0)`}::tid and ctid < ${`(${from + BLOCKS},0)`}::tid`)
    },
  }
}

async function blocksOf(db: LayerDatabase, name: string): Promise<number> {
  const [row] = await db.transaction(
    async (tx) => await tx.query<{ blocks: number }>(sql`select pg_relation_size(${name}::regclass) / 8192 as blocks`),
    { readOnly: true },
  )
  return row?.blocks ?? 0
}

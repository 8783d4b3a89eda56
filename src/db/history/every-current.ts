// Every record of a table as it is, or as it was and was known at one instant. In batches, in the order of ids.
import type { Instant } from '#kernel'
import { identifier, sql } from '../sql.ts'
import type { LayerDatabase } from '../transaction.ts'
import { CURRENT, readAsOf } from './read.ts'
import type { TwoTimes } from './read.ts'
import type { Current, RecordTable } from './record-table.ts'

const BATCH = 1000

/** Each batch is one snapshot of its own. `at`: as it held then, by what was known then, or at another time. */
export async function* everyCurrent<D>(
  db: LayerDatabase,
  table: RecordTable,
  at?: Instant | TwoTimes,
): AsyncGenerator<Current<D>> {
  const times = typeof at === 'string' ? { asOf: at, asKnownAt: at } : at
  for (let after = ''; ;) {
    const { ids, rows } = await db.transaction(
      async (tx) => {
        const found = await tx.query<Current<D>>(sql`
          select ${times === undefined ? CURRENT : sql`id`} from ${identifier(table.schema)}.${identifier(table.table)}
          where id > ${after} order by id limit ${BATCH}`)
        const names = found.map(({ id }) => id)
        if (times === undefined) return { ids: names, rows: found }
        // no record is ever deleted: what was then is among what is now
        const then = await readAsOf<D>(tx, table, names, times)
        return { ids: names, rows: names.flatMap((id) => then.get(id) ?? []) }
      },
      { readOnly: true },
    )
    yield* rows
    const last = ids.at(-1)
    if (last === undefined || ids.length < BATCH) return
    after = last
  }
}

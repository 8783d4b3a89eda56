// Rows without versions that give somebody something: each writing of one stands beside the entry of the act that wrote it.
import { sql } from '#db'
import type { LayerDatabase } from '#db'
import type { RowSource } from './verify-rows.ts'

const NAMED_MAX = 1000

/** `last`: what is in force, and not what was taken back since. */
export type Writings = 'every' | 'last'

/**
 * Rows that the layer's own role wrote with no entry of such an act, in the same transaction, that names them: somebody with its
 * password, not Reeve. What another role wrote, and what was there when the log began to be told, is judged by its entry.
 */
export async function rowsWithoutActs(
  evidence: LayerDatabase,
  { name, layer, acts }: RowSource,
  writings: Writings,
): Promise<string[]> {
  if (acts === undefined) return []
  const role = `reeve_${layer}`
  const last = sql`distinct on (key)`
  const rows = await evidence.transaction(
    async (tx) =>
      await tx.query<{ key: string; entryId: string }>(sql`
        select c.key, c.entry_id as "entryId" from (
          select ${writings === 'last' ? last : sql``} key, ordinal, gone, entry_id from evidence.row_change
          where table_name = ${name} and key is not null order by key, ordinal desc
        ) as c join evidence.entry e on e.id = c.entry_id
        where not c.gone and e.written_by = ${role} and not coalesce(e.content ? 'began', false)
          and not exists (
            select from evidence.entry act
            where act.transaction = e.transaction and act.written_by = ${role} and act.type = any(${[...acts]})
              and c.key::jsonb ->> 0 = any(act.subjects))
        order by c.ordinal limit ${NAMED_MAX}`),
    { readOnly: true, statementTimeoutMs: 0 },
  )
  return rows.map(
    ({ key, entryId }) =>
      `${name} ${key} was written past Reeve: entry ${entryId} follows from no ${acts.join(' or ')}`,
  )
}

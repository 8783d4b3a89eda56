// Who of these persons has left, as the transaction that asks sees it.
import type { Id } from '#kernel'
import { sql } from '#db'
import type { Tx } from '#db'

export async function leaversAmong(tx: Tx, ids: readonly Id<'person'>[]): Promise<readonly Id<'person'>[]> {
  if (ids.length === 0) return []
  const rows = await tx.query<{ id: Id<'person'> }>(
    sql`select id from identity.person where id = any(${[...ids]}) and status = 'leaver' order by id`,
  )
  return rows.map(({ id }) => id)
}

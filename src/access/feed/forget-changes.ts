// The outbox is for who follows it; whoever was away for longer than half an hour reads everything anew.
import type { Instant } from '#kernel'
import { sql } from '#db'
import type { LayerDatabase } from '#db'

/** Lines of before; PostgreSQL keeps an hour whoever asks, and the newest of the older ones. Answers how many. */
export async function forgetChanges(db: LayerDatabase, before: Instant): Promise<number> {
  const [row] = await db.transaction(
    async (tx) => await tx.query<{ gone: number }>(sql`select access.forget_changes(${before})::int as gone`),
  )
  return row?.gone ?? 0
}

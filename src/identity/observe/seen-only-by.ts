// What the roll would lose sight of without one source: counts, for who thinks of removing it.
import { sql } from '#db'
import type { IdentityLayer } from '../operation.ts'

export interface SeenOnly {
  readonly principals: number
  readonly credentials: number
}

/** Records that this source sees and no other does; those that were joined into another one are not counted. */
export async function seenOnlyBy(identity: IdentityLayer, sourceId: string): Promise<SeenOnly> {
  const [row] = await identity.db.transaction(
    async (tx) =>
      await tx.query<SeenOnly>(sql`
        with only_here as (
          select p.record_id as id from identity.presence p
          where p.source_id = ${sourceId} and p.gone_at is null and not exists (
            select from identity.presence other
            where other.record_id = p.record_id and other.source_id <> p.source_id and other.gone_at is null))
        select
          (select count(*) from only_here join identity.principal r using (id) where not r.data ? 'mergedInto') as principals,
          (select count(*) from only_here join identity.credential r using (id) where not r.data ? 'mergedInto') as credentials`),
    { readOnly: true },
  )
  return row ?? { principals: 0, credentials: 0 }
}

// What the access layer would lose sight of without one source: counts, for who thinks of removing it.
import { sql } from '#db'
import type { AccessLayer } from './records.ts'

export interface AccessSeenOnly {
  readonly accounts: number
  readonly entitlements: number
}

export async function accessSeenOnlyBy(access: AccessLayer, sourceId: string): Promise<AccessSeenOnly> {
  const [row] = await access.db.transaction(
    async (tx) =>
      await tx.query<AccessSeenOnly>(sql`
        select count(*) filter (where starts_with(p.record_id, 'acc_')) as accounts,
               count(*) filter (where starts_with(p.record_id, 'ent_')) as entitlements
        from access.presence p
        where p.source_id = ${sourceId} and p.gone_at is null and not exists (
          select from access.presence other
          where other.record_id = p.record_id and other.source_id <> p.source_id and other.gone_at is null)`),
    { readOnly: true },
  )
  return row ?? { accounts: 0, entitlements: 0 }
}

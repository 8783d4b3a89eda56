// Grants whose target was not told yet, or not seen to have done what it was told: for whoever watches.
import { sql } from '#db'
import type { LayerDatabase } from '#db'
import type { GrantState } from '../grant/records.ts'

const UNSETTLED = ['approved', 'provisioning', 'ending', 'unproven'] as const satisfies readonly GrantState[]

/** By state; each is there. */
export async function unsettledGrants(db: LayerDatabase): Promise<Readonly<Record<string, number>>> {
  const rows = await db.transaction(
    async (tx) =>
      await tx.query<{ state: string; count: string }>(sql`
        select state, count(*)::text as count from access.access_grant
        where next_at is not null and state = any(${UNSETTLED}) group by state`),
    { readOnly: true },
  )
  const found = new Map(rows.map(({ state, count }) => [state, Number(count)]))
  return Object.fromEntries(UNSETTLED.map((state) => [state, found.get(state) ?? 0]))
}

// How many principals are in each state of their lives. Counted one by one: not for every request.
import { sql } from '#db'
import type { IdentityLayer } from '../operation.ts'
import { PRINCIPAL_STATES } from '../record/principal-record.ts'

export async function principalsByState(identity: IdentityLayer): Promise<Readonly<Record<string, number>>> {
  const rows = await identity.db.transaction(
    async (tx) =>
      await tx.query<{ state: string; count: number }>(
        sql`select state, count(*) as count from identity.principal group by state`,
      ),
    { readOnly: true },
  )
  const none = Object.fromEntries(PRINCIPAL_STATES.map((state) => [state, 0]))
  return { ...none, ...Object.fromEntries(rows.map(({ state, count }) => [state, count])) }
}

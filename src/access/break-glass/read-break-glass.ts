// Uses of break-glass: as a list, counted, and for whoever judges all of them.
import type { Instant } from '#kernel'
import { sql } from '#db'
import type { LayerDatabase } from '#db'
import { CURRENT, everyCurrent } from '#db/history'
import { BREAK_GLASS } from './records.ts'
import type { BreakGlassRecord, BreakGlassState } from './records.ts'
import type { CurrentBreakGlass } from './use-break-glass.ts'

export async function listBreakGlass(
  db: LayerDatabase,
  state: BreakGlassState | undefined,
  { after = '', limit }: { readonly after?: string; readonly limit: number },
): Promise<CurrentBreakGlass[]> {
  return await db.transaction(
    async (tx) =>
      await tx.query<CurrentBreakGlass>(sql`select ${CURRENT} from access.break_glass
        where ${state === undefined ? sql`true` : sql`state = ${state}`} and id > ${after} order by id limit ${limit}`),
    { readOnly: true },
  )
}

/** By state. */
export async function breakGlassByState(db: LayerDatabase): Promise<Readonly<Record<BreakGlassState, number>>> {
  const rows = await db.transaction(
    async (tx) =>
      await tx.query<{ state: BreakGlassState; count: string }>(
        sql`select state, count(*)::text as count from access.break_glass group by state`,
      ),
    { readOnly: true },
  )
  const found = new Map(rows.map(({ state, count }) => [state, Number(count)]))
  return { open: found.get('open') ?? 0, reviewed: found.get('reviewed') ?? 0 }
}

export const everyBreakGlass = (db: LayerDatabase, at?: Instant): AsyncGenerator<CurrentBreakGlass> =>
  everyCurrent<BreakGlassRecord>(db, BREAK_GLASS, at)

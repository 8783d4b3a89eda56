// How many left within the last day, by the roll itself: whatever feed said it, and however many feeds there were.
import { msAfter } from '#kernel'
import type { Instant } from '#kernel'
import { sql } from '#db'
import type { Tx } from '#db'
import { FIRST_ADMINISTRATORS } from './adopt.ts'

const WINDOW_MS = 24 * 60 * 60 * 1000

export interface LeaverWindow {
  /** Who left in it. Who had left when the roll first heard of them did not leave. */
  readonly left: number
  /** Who was there when it began; in a roll without a feed until then, who was there in it. */
  readonly people: number
}

export async function readLeaverWindow(tx: Tx, at: Instant): Promise<LeaverWindow> {
  const start = msAfter(at, -WINDOW_MS)
  const [row] = await tx.query<{ left: number; people: number; fed: number; here: number }>(sql`
    with changed as (
      select id, status from identity.person where recorded_at > ${start}::timestamptz
    ),
    -- as each of them was when the window began
    before as (
      select distinct on (v.record_id) v.record_id, v.data ->> 'status' as status, v.data ->> 'source' as source
      from changed c join identity.version v on v.record_id = c.id
      where v.recorded_at <= ${start}::timestamptz
      order by v.record_id, v.version desc, v.valid_from desc
    ),
    there as (
      select source from before where status <> 'leaver'
      union all
      select data ->> 'source' from identity.person
      where recorded_at <= ${start}::timestamptz and status <> 'leaver'
    )
    select
      (select count(*)::integer from there) as people,
      (select count(*)::integer from there where source <> ${FIRST_ADMINISTRATORS}) as fed,
      (select count(*)::integer from identity.person where status <> 'leaver') as here,
      (select count(*)::integer from changed c left join before b on b.record_id = c.id
        where c.status = 'leaver' and (b.status <> 'leaver' or (b.status is null and exists (
          select from identity.version v where v.record_id = c.id and v.data ->> 'status' <> 'leaver')))) as left`)
  if (row === undefined) throw new Error('a query of counts has a row')
  return { left: row.left, people: row.fed === 0 ? row.here + row.left : row.people }
}

// Identities of tier admin, page by page in the order of ids; now or as of a date. For lists of another layer.
import { sql } from '#db'
import { CURRENT, readAsOf } from '#db/history'
import type { Current, TwoTimes } from '#db/history'
import type { IdentityLayer } from '../operation.ts'
import type { PrincipalRecord } from '../record/principal-record.ts'
import { PRINCIPAL } from '../record/tables.ts'

export interface AdminPage {
  readonly after?: string
  readonly limit: number
  readonly times?: TwoTimes
  /** Of these only. */
  readonly among?: readonly string[]
}

const SCAN = 1000

const isAdmin = ({ tier, state, goneAt }: PrincipalRecord): boolean =>
  tier.value === 'admin' && state !== 'retired' && goneAt === undefined

/** Without those that are retired or gone. Of the past every record is looked at: what it says now tells nothing of then. */
export async function principalsOfTierAdmin(
  { db }: IdentityLayer,
  { after = '', limit, times, among }: AdminPage,
): Promise<Current<PrincipalRecord>[]> {
  const theirs = among === undefined ? sql`true` : sql`id = any(${among})`
  return await db.transaction(
    async (tx) => {
      if (times === undefined) {
        return await tx.query<Current<PrincipalRecord>>(sql`
          select ${CURRENT} from identity.principal
          where tier = 'admin' and state <> 'retired' and gone_at is null and ${theirs} and id > ${after}
          order by id limit ${limit}`)
      }
      const found: Current<PrincipalRecord>[] = []
      for (let from = after; found.length < limit;) {
        const rows = await tx.query<{ id: string }>(
          sql`select id from identity.principal where ${theirs} and id > ${from} order by id limit ${SCAN}`,
        )
        const last = rows.at(-1)?.id
        if (last === undefined) break
        const ids = rows.map(({ id }) => id)
        const then = await readAsOf<PrincipalRecord>(tx, PRINCIPAL, ids, times)
        found.push(...ids.flatMap((id) => then.get(id) ?? []).filter(({ data }) => isAdmin(data)))
        from = last
      }
      return found.slice(0, limit)
    },
    { readOnly: true },
  )
}

// Accounts and rights of a principal: as sources state them now, or as they did on a day.
import type { Id } from '#kernel'
import { sql } from '#db'
import type { LayerDatabase } from '#db'
import { CURRENT, readAsOf } from '#db/history'
import type { Current, RecordTable, TwoTimes } from '#db/history'
import { ACCOUNT, ENTITLEMENT } from './records.ts'
import type { AccessLayer, AccountRecord, EntitlementRecord } from './records.ts'
import { identifier } from '#db'

export const ACCESS_PAGE_MAX = 500

export interface AccessPage {
  /** The id to go on after. */
  readonly after?: string
  readonly limit?: number
  /** What held, by what was known; the present without it. */
  readonly times?: TwoTimes
}

/** In order of id, those that are gone included: they say since when. */
export async function accountsOf(
  access: AccessLayer,
  principalId: Id<'principal'>,
  page: AccessPage = {},
): Promise<Current<AccountRecord>[]> {
  return await pageOf<AccountRecord>(access.db, ACCOUNT, principalId, page)
}

export async function entitlementsOf(
  access: AccessLayer,
  principalId: Id<'principal'>,
  page: AccessPage = {},
): Promise<Current<EntitlementRecord>[]> {
  return await pageOf<EntitlementRecord>(access.db, ENTITLEMENT, principalId, page)
}

/** All of them, however many; each page is read in a transaction of its own. */
export async function* allEntitlementsOf(
  access: AccessLayer,
  principalId: Id<'principal'>,
  times?: TwoTimes,
): AsyncGenerator<Current<EntitlementRecord>> {
  let after = ''
  for (;;) {
    const page = await entitlementsOf(access, principalId, {
      after,
      limit: ACCESS_PAGE_MAX,
      ...(times === undefined ? {} : { times }),
    })
    yield* page
    const last = page.at(-1)
    if (last === undefined || page.length < ACCESS_PAGE_MAX) return
    after = last.id
  }
}

/** A right belongs to one principal for ever, since that is part of its id; so the present table has every candidate. */
async function pageOf<D>(
  db: LayerDatabase,
  { schema, table }: RecordTable,
  principalId: string,
  { after = '', limit = ACCESS_PAGE_MAX, times }: AccessPage,
): Promise<Current<D>[]> {
  const rows = sql`${identifier(schema)}.${identifier(table)}`
  const size = Math.max(1, Math.min(limit, ACCESS_PAGE_MAX))
  return await db.transaction(
    async (tx) => {
      if (times === undefined) {
        return await tx.query<Current<D>>(sql`
          select ${CURRENT} from ${rows} where principal_id = ${principalId} and id > ${after} order by id limit ${size}`)
      }
      const found: Current<D>[] = []
      for (let from = after; found.length < size;) {
        const ids = await tx.query<{ id: string }>(
          sql`select id from ${rows} where principal_id = ${principalId} and id > ${from} order by id limit ${size}`,
        )
        const last = ids.at(-1)?.id
        if (last === undefined) break
        const past = await readAsOf<D>(
          tx,
          { schema, table },
          ids.map(({ id }) => id),
          times,
        )
        found.push(...ids.flatMap(({ id }) => past.get(id) ?? []))
        from = last
      }
      return found.slice(0, size)
    },
    { readOnly: true },
  )
}

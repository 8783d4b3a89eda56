// Reading principals: one by any of its names, and lists of them as they are now.
import { Fault, isId } from '#kernel'
import type { Id } from '#kernel'
import { sql } from '#db'
import type { Sql, Tx } from '#db'
import { CURRENT, readAsOf } from '#db/history'
import type { Current } from '#db/history'
import type { IdentityLayer } from '../operation.ts'
import type { PrincipalRecord } from '../record/principal-record.ts'
import { PRINCIPAL } from '../record/tables.ts'
import { twoTimes } from './moment.ts'
import type { Times } from './moment.ts'
import { readPage } from './page.ts'
import type { Page, PageRequest } from './page.ts'
import { readPastPage } from './past-page.ts'
import { principalConditions } from './principal-filter.ts'
import type { PrincipalFilter } from './principal-filter.ts'
import { readSearchPage } from './search-page.ts'
import { visibleIds, visiblePrincipal } from './viewer.ts'
import type { Viewer } from './viewer.ts'

const NO_SUCH_PRINCIPAL = 'no principal of that id, identifier or external id; `reeve principals list` shows them'

/**
 * One principal by id (`prn_…`), by explicit identifier (`aws:arn:…`) or by the external id that its system gives it;
 * with `times`, as it was. Throws Fault('not_found') also for what the viewer may not see and for what was not yet, and
 * Fault('conflict') for an external id that several systems use.
 */
export async function getPrincipal(
  identity: IdentityLayer,
  viewer: Viewer,
  name: string,
  times: Times = {},
): Promise<Current<PrincipalRecord>> {
  const at = twoTimes(times)
  return await identity.db.transaction(
    async (tx) => {
      const present = await findPrincipal(tx, viewer, name)
      if (at === undefined) return present
      const past = (await readAsOf<PrincipalRecord>(tx, PRINCIPAL, [present.id], at)).get(present.id)
      if (past === undefined)
        throw new Fault('not_found', 'it was not in the roll then, or not known; ask for a later day')
      return past
    },
    { readOnly: true },
  )
}

async function findPrincipal(tx: Tx, viewer: Viewer, name: string): Promise<Current<PrincipalRecord>> {
  const found = await tx.query<Current<PrincipalRecord>>(sql`
    select ${CURRENT} from identity.principal p where ${named(name)} and ${visiblePrincipal(viewer)} order by id limit 2`)
  const [principal, another] = found
  if (principal === undefined) throw new Fault('not_found', NO_SUCH_PRINCIPAL)
  if (another !== undefined) {
    throw new Fault('conflict', 'several systems use that external id; give the identifier with its system, `aws:…`')
  }
  return principal
}

function named(name: string): Sql {
  if (isId('principal', name)) return sql`p.id = ${name}`
  // an explicit identifier is unique; only where it is none is the name looked for among external ids
  if (name === '') return sql`false`
  return sql`p.id in (
    select r.record_id from identity.ref r where r.ref = ${name}
    union all
    select x.id from identity.principal x where x.external_id = ${name}
      and not exists (select from identity.ref r join identity.principal y on y.id = r.record_id where r.ref = ${name}))`
}

/** Each in its own index; those without a date come after those with one. */
export const PRINCIPAL_SORTS = ['name', 'expiresAt', 'nextReviewAt'] as const
export type PrincipalSort = (typeof PRINCIPAL_SORTS)[number]

const SORT_KEYS: Readonly<Record<PrincipalSort, { readonly column: Sql; readonly nullable: boolean }>> = {
  name: { column: sql`p.name`, nullable: false },
  expiresAt: { column: sql`p.expires_at`, nullable: true },
  nextReviewAt: { column: sql`p.next_review_at`, nullable: true },
}

export interface PrincipalQuery extends PrincipalFilter {
  readonly sort?: PrincipalSort
  readonly times?: Times
}

/**
 * One page of the principals that the viewer may see. Default order: by what the filter asks for (`expiringBefore` by
 * expiry, `reviewDueBefore` by review, `q` in the order of ids), else by name. With `times` see `readPastPage` for what
 * differs.
 */
export async function listPrincipals(
  identity: IdentityLayer,
  viewer: Viewer,
  query: PrincipalQuery = {},
  page: PageRequest = {},
): Promise<Page<Current<PrincipalRecord>>> {
  const { sort, times = {}, ...filter } = query
  const at = twoTimes(times)
  const visible = viewer.scope === 'all' ? [] : [sql`p.id = any(${visibleIds(viewer)})`]
  return await identity.db.transaction(
    async (tx) => {
      if (at !== undefined) return await readPastPage(tx, { filter, at, times, visible }, page)
      if (filter.q !== undefined && sort === undefined && viewer.scope === 'all') {
        const { q: text, ...others } = filter
        const where = principalConditions(others, 'now')
        return await readSearchPage(tx, { text, where, query: { search: text, filter: { ...others } } }, page)
      }
      return await readPage<Current<PrincipalRecord>>(
        tx,
        {
          select: CURRENT,
          from: sql`identity.principal p`,
          where: [...principalConditions(filter, 'now'), ...visible],
          key: SORT_KEYS[sort ?? defaultSort(filter)],
          id: sql`p.id`,
          query: { list: 'principals', sort: sort ?? null, filter: { ...filter } },
        },
        page,
      )
    },
    { readOnly: true },
  )
}

function defaultSort({ expiringBefore, reviewDueBefore }: PrincipalFilter): PrincipalSort {
  if (expiringBefore !== undefined) return 'expiresAt'
  return reviewDueBefore === undefined ? 'name' : 'nextReviewAt'
}

/** Whether the viewer may see it; for operations, which answer `not_found` where not. */
export async function isVisible(identity: IdentityLayer, viewer: Viewer, id: Id<'principal'>): Promise<boolean> {
  const rows = await identity.db.transaction(
    async (tx) =>
      await tx.query(sql`select p.id from identity.principal p where p.id = ${id} and ${visiblePrincipal(viewer)}`),
    { readOnly: true },
  )
  return rows.length > 0
}

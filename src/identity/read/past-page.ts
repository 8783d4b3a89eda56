// Lists of principals as they were. Cost: a page looks at no more than `CANDIDATES_MAX` records, however large the roll is
// and however little of it matches; so a page can be short, even empty, and still have a `next`.
import { sql } from '#db'
import type { Sql, Tx } from '#db'
import { speaksOf } from '#db/history'
import type { Current, TwoTimes } from '#db/history'
import { joined } from '#db'
import type { PrincipalRecord } from '../record/principal-record.ts'
import type { Times } from './moment.ts'
import { afterPlace, cursorOf, pageLimit, placeOf } from './page.ts'
import type { Page, PageRequest, Place } from './page.ts'
import { principalConditions } from './principal-filter.ts'
import type { PrincipalFilter } from './principal-filter.ts'

const CANDIDATES_MAX = 2000

export interface PastQuery {
  readonly filter: PrincipalFilter
  readonly at: TwoTimes
  readonly times: Times
  /** Conditions on the present rows `p`. */
  readonly visible: readonly Sql[]
}

type Found = Current<PrincipalRecord> & { readonly sortKey: string }

/**
 * In the order of the present names. Candidates are walked in that order and each is looked up as it was; who was owned
 * by somebody is found through an index over all versions. Totals are not told: they would read every version.
 */
export async function readPastPage(
  tx: Tx,
  { filter, at, times, visible }: PastQuery,
  page: PageRequest,
): Promise<Page<Current<PrincipalRecord>>> {
  const limit = pageLimit(page)
  const query = { list: 'past principals', filter: { ...filter }, times: { ...times } }
  const candidates = candidatesAfter(placeOf(page.cursor, query), filter, visible)
  const found = await tx.query<Found>(sql`
    select c.id, v.version, v.valid_from as "validFrom", v.recorded_at as "recordedAt", encode(v.hash, 'hex') as hash,
           v.data, c.name as "sortKey"
    from (${candidates} limit ${CANDIDATES_MAX}) as c
    cross join lateral (
      select v.version, v.valid_from, v.recorded_at, v.hash, v.data from identity.version v
      where v.record_id = c.id and ${speaksOf(at)} order by v.version desc limit 1
    ) as v
    where ${joined(principalConditions(filter, 'past'), ' and ', sql`true`)}
    order by c.name, c.id limit ${limit + 1}`)
  const items = found.slice(0, limit)
  const place = found.length > limit ? placeAt(items.at(-1)) : await lastCandidate(tx, candidates)
  return {
    items: items.map(({ sortKey: _sortKey, ...record }) => record),
    ...(place === undefined ? {} : { next: cursorOf(place, query) }),
  }
}

function candidatesAfter(after: Place | undefined, { owner }: PrincipalFilter, visible: readonly Sql[]): Sql {
  const conditions = [...visible, ...afterPlace(sql`p.name`, sql`p.id`, after)]
  if (owner !== undefined && owner !== 'none') {
    conditions.push(sql`p.id = any(array(
      select w.record_id from identity.version w where w.data #>> '{owner,party,id}' = ${owner}))`)
  }
  return sql`
    select p.id, p.name from identity.principal p
    where ${joined(conditions, ' and ', sql`true`)} order by p.name, p.id`
}

const placeAt = (found: Found | undefined): Place | undefined =>
  found === undefined ? undefined : { key: found.sortKey, id: found.id }

/** Where the walk stopped, unless it came to the end. */
async function lastCandidate(tx: Tx, candidates: Sql): Promise<Place | undefined> {
  const [last, more] = await tx.query<{ id: string; name: string }>(
    sql`${candidates} offset ${CANDIDATES_MAX - 1} limit 2`,
  )
  return last === undefined || more === undefined ? undefined : { key: last.name, id: last.id }
}

// Full text search over the present roll, page by page in the order of ids. Its cost is bounded at any size of the roll and
// any frequency of the words, which no order but that of ids allows: ids are random, so matches lie evenly among them.
import type { Json } from '#kernel'
import { joined, sql } from '#db'
import type { Sql, Tx } from '#db'
import { CURRENT } from '#db/history'
import type { Current } from '#db/history'
import type { PrincipalRecord } from '../record/principal-record.ts'
import { countCapped, cursorOf, pageLimit, placeOf } from './page.ts'
import type { Page, PageRequest } from './page.ts'
import { askIndex } from './search-index.ts'
import { prefixQuery } from './search-words.ts'

/** How many records are looked at one by one before the index is asked: enough for words that one in twenty has. */
const WALK = 1000

type Found = Current<PrincipalRecord>

export interface Search {
  readonly text: string
  /** Conditions on rows `p`, all but the words. */
  readonly where: readonly Sql[]
  readonly query: Json
}

export async function readSearchPage(tx: Tx, search: Search, page: PageRequest): Promise<Page<Found>> {
  const limit = pageLimit(page)
  const matches = sql`p.search @@ to_tsquery('simple', ${prefixQuery(search.text)})`
  // estimates of how many match a prefix are guesses; a wrong one would read the whole table
  await tx.execute(sql`set local enable_seqscan = off`)
  const found = await find(tx, { ...search, matches }, placeOf(page.cursor, search.query)?.id ?? '', limit + 1)
  const items = found.slice(0, limit)
  const last = items.at(-1)
  return {
    items,
    ...(found.length > limit && last !== undefined ? { next: cursorOf({ key: null, id: last.id }, search.query) } : {}),
    ...(page.total === true
      ? { total: await countCapped(tx, { from: sql`identity.principal p`, where: [matches, ...search.where] }) }
      : {}),
  }
}

interface Words extends Search {
  readonly matches: Sql
}

async function find(tx: Tx, search: Words, from: string, wanted: number): Promise<Found[]> {
  const { found, to } = await walk(tx, search, from, wanted)
  if (found.length >= wanted || to === undefined) return found
  // written so that the index is asked only for what narrows
  const conditions = [sql`(${search.matches}) is true`, ...search.where]
  return [...found, ...(await askIndex(tx, { text: search.text, conditions, after: to }, wanted - found.length))]
}

/** Looks at the next records one by one. `to` is where it stopped; absent at the end of the roll. */
async function walk(
  tx: Tx,
  { matches, where }: Words,
  after: string,
  wanted: number,
): Promise<{ readonly found: Found[]; readonly to?: string }> {
  const next = sql`select * from identity.principal where id > ${after} order by id limit ${WALK}`
  const found = await tx.query<Found>(sql`
    select ${CURRENT} from (${next}) as p where ${joined([matches, ...where], ' and ')} order by p.id limit ${wanted}`)
  const [last] = await tx.query<{ id: string }>(
    sql`select id from identity.principal where id > ${after} order by id offset ${WALK - 1} limit 1`,
  )
  return { found, ...(last === undefined ? {} : { to: last.id }) }
}

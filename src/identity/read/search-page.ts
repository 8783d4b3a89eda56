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
import { prefixQuery } from './search-words.ts'

/** How many records are looked at one by one before the index is asked: enough for words that one in twenty has. */
const WALK = 1000
/** The first character of an id, as `search` holds it beside the words, in the order of ids. */
const BUCKETS = '0123456789abcdefghjkmnpqrstvwxyz'
/** So many buckets are asked together: few, then more; what is still not full has few matches, and all are asked for. */
const GROUPS = [1, 7]

type Found = Current<PrincipalRecord>

export interface Search {
  readonly text: string
  /** Conditions on rows `p`, all but the words. */
  readonly where: readonly Sql[]
  readonly query: Json
}

export async function readSearchPage(tx: Tx, search: Search, page: PageRequest): Promise<Page<Found>> {
  const limit = pageLimit(page)
  const words = sql`to_tsquery('simple', ${prefixQuery(search.text)})`
  const matches = sql`p.search @@ ${words}`
  // estimates of how many match a prefix are guesses; a wrong one would read the whole table
  await tx.execute(sql`set local enable_seqscan = off`)
  const found = await find(tx, { ...search, words, matches }, placeOf(page.cursor, search.query)?.id ?? '', limit + 1)
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
  readonly words: Sql
  readonly matches: Sql
}

async function find(tx: Tx, search: Words, from: string, wanted: number): Promise<Found[]> {
  const walked = await walk(tx, search, from, wanted)
  const found = [...walked.found]
  let after = walked.to
  let first = after === undefined ? BUCKETS.length : bucketOf(after)
  await tx.execute(sql`set local enable_indexscan = off`)
  for (const count of GROUPS) {
    if (found.length >= wanted || after === undefined || first >= BUCKETS.length) return found
    const group = BUCKETS.slice(first, first + count)
    const more = await ask(
      tx,
      search,
      sql`(${search.words} && ${bucketQuery(group)}::tsquery)`,
      after,
      wanted - found.length,
    )
    found.push(...more)
    first += count
  }
  if (found.length < wanted && after !== undefined && first < BUCKETS.length) {
    after = `prn_${BUCKETS[first]}`
    found.push(...(await ask(tx, search, search.words, after, wanted - found.length)))
  }
  return found
}

/** Looks at the next records one by one. `to` is where it stopped; absent at the end of the roll. */
async function walk(
  tx: Tx,
  { matches, where }: Words,
  after: string,
  wanted: number,
): Promise<{ found: Found[]; to?: string }> {
  const next = sql`select * from identity.principal where id > ${after} order by id limit ${WALK}`
  const found = await tx.query<Found>(sql`
    select ${CURRENT} from (${next}) as p where ${joined([matches, ...where], ' and ')} order by p.id limit ${wanted}`)
  const [last] = await tx.query<{ id: string }>(
    sql`select id from identity.principal where id > ${after} order by id offset ${WALK - 1} limit 1`,
  )
  return { found, ...(last === undefined ? {} : { to: last.id }) }
}

/** Asks the index of words alone; the condition on ids is written so that no other index is thought of. */
async function ask(tx: Tx, { where }: Words, words: Sql, after: string, wanted: number): Promise<Found[]> {
  return await tx.query<Found>(sql`
    with hit as materialized (
      select p.id from identity.principal p
      where p.search @@ ${words} and (p.id > ${after}) is true and ${joined(where, ' and ', sql`true`)}
    )
    select ${CURRENT} from identity.principal p
    where p.id = any(array(select hit.id from hit order by hit.id limit ${wanted})) order by p.id`)
}

/** The place of an id's bucket; an id of another form is before all. */
const bucketOf = (id: string): number => Math.max(0, BUCKETS.indexOf(id.charAt(4)))

const bucketQuery = (group: string): string => Array.from(group, (character) => `'~ ${character}'`).join(' | ')

// Asking the index of words for the next matches in the order of ids, without reading all that match.
import { joined, sql } from '#db'
import type { Sql, Tx } from '#db'
import { CURRENT } from '#db/history'
import type { Current } from '#db/history'
import type { PrincipalRecord } from '../record/principal-record.ts'
import { prefixQuery, wordsOf } from './search-words.ts'

/** Up to so many matches are read and put in order; of more, parts are asked for. */
const READ_MAX = 100
/** The first character of an id, as `search` holds it beside the words, in the order of ids. */
const BUCKETS = '0123456789abcdefghjkmnpqrstvwxyz'
/** So many parts are asked together: one, then more. What is still not full then has few matches, and all are asked for. */
const GROUPS = [1, 7]
/** A word that more records have is left to be compared, where another word narrows the search already. */
const FREQUENT = 5000

export interface Question {
  readonly text: string
  /** On rows `p`: the words, and everything else that must hold. */
  readonly conditions: readonly Sql[]
  /** Only ids after this one. */
  readonly after: string
}

type Found = Current<PrincipalRecord>

export async function askIndex(tx: Tx, { text, conditions, after }: Question, wanted: number): Promise<Found[]> {
  const words = sql`to_tsquery('simple', ${await narrowing(tx, text)})`
  const hits = (query: Sql, from: string): Sql => sql`
    select p.id from identity.principal p
    where p.search @@ ${query} and (p.id > ${from}) is true and ${joined(conditions, ' and ')}`
  // only the index of words is wanted, whatever the planner thinks of how many match
  await tx.execute(sql`set local enable_indexscan = off`)
  // what a frequent word has must fit, or whole pages are compared once more
  await tx.execute(sql`set local work_mem = '32MB'`)
  const some = await tx.query<{ id: string }>(sql`${hits(words, after)} limit ${READ_MAX}`)
  if (some.length < READ_MAX) {
    const ids = some.map(({ id }) => id).sort(byId)
    return await read(tx, sql`${ids.slice(0, wanted)}::text[]`)
  }
  const found: Found[] = []
  const next = async (query: Sql, from: string): Promise<void> => {
    const hit = sql`with hit as materialized (${hits(query, from)}) select id from hit order by id`
    found.push(...(await read(tx, sql`array(${hit} limit ${wanted - found.length})`)))
  }
  let first = Math.max(0, BUCKETS.indexOf(after.charAt(4)))
  for (const count of GROUPS) {
    const group = BUCKETS.slice(first, first + count)
    if (found.length < wanted && group !== '') await next(sql`(${words} && ${bucketQuery(group)}::tsquery)`, after)
    first += count
  }
  if (found.length < wanted && first < BUCKETS.length) await next(words, `prn_${BUCKETS[first]}`)
  return found
}

const byId = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)

async function read(tx: Tx, ids: Sql): Promise<Found[]> {
  return await tx.query<Found>(sql`select ${CURRENT} from identity.principal p where p.id = any(${ids}) order by p.id`)
}

const bucketQuery = (group: string): string => Array.from(group, (character) => `'~ ${character}'`).join(' | ')

/** The words that the index is asked for: all but frequent ones, or all where all are frequent. */
async function narrowing(tx: Tx, text: string): Promise<string> {
  const words = wordsOf(text)
  if (words.length === 1) return prefixQuery(text)
  const counted: { readonly word: string; readonly count: number }[] = []
  for (const word of words) counted.push({ word, count: await estimated(tx, word) })
  const few = counted.filter(({ count }) => count <= FREQUENT)
  return few.length === 0 ? prefixQuery(text) : prefixQuery(few.map(({ word }) => word).join(' '))
}

/** How many records PostgreSQL expects to have a word that begins so: it keeps the frequencies of the frequent ones. */
async function estimated(tx: Tx, word: string): Promise<number> {
  const [plan] = await tx.query<{ 'QUERY PLAN': [{ Plan: { 'Plan Rows': number } }] }>(
    sql`explain (format json) select from identity.principal where search @@ to_tsquery('simple', ${prefixQuery(word)})`,
  )
  return plan?.['QUERY PLAN'][0].Plan['Plan Rows'] ?? 0
}

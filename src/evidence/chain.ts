// The chain that an entry stands in: what it follows from, and what followed from it. One act names what it rests on (a request,
// an approval, a grant, an entry); read both ways that is the whole story of a right.
//
// INVARIANT: every step goes to an earlier place in the log, or, forward, to a later one; so no walk comes back to where it was.
import { Fault } from '#kernel'
import { sql } from '#db'
import type { LayerDatabase, Sql, Tx } from '#db'
import { ENTRY_COLUMNS, entryOf } from './read.ts'
import type { EntryRow } from './read.ts'
import type { StoredEntry } from './entry.ts'

export interface EntryChain {
  readonly entry: StoredEntry
  /** What it follows from, through any number of steps; in the order of the log. */
  readonly before: readonly StoredEntry[]
  /** What followed from it, likewise. */
  readonly after: readonly StoredEntry[]
  /** Whether there is more than was asked for: whoever wants it asks for the chain of an entry at the edge. */
  readonly more: { readonly before: boolean; readonly after: boolean }
}

/** Steps of one way, each over all entries that the one before reached. */
const STEPS_MAX = 100

/** At most `limit` entries each way, the nearest ones. Throws Fault('not_found') for what has no place in the log (yet). */
export async function readChain(
  evidence: LayerDatabase,
  { entryId, limit }: { readonly entryId: string; readonly limit: number },
): Promise<EntryChain> {
  return await evidence.transaction(
    async (tx) => {
      const [start] = await tx.query<{ seq: number }>(
        sql`select seq from evidence.sequence where entry_id = ${entryId}`,
      )
      if (start === undefined) throw new Fault('not_found', 'the log has no such entry, or none with a place yet')
      const before = await walk(tx, start.seq, limit, stepBack)
      const after = await walk(tx, start.seq, limit, stepForward)
      const [entry] = await entriesAt(tx, [start.seq])
      if (entry === undefined) throw new Fault('not_found', 'the log has a place for this entry and not the entry')
      return {
        entry,
        before: await entriesAt(tx, before.found),
        after: await entriesAt(tx, after.found),
        more: { before: before.more, after: after.more },
      }
    },
    { readOnly: true },
  )
}

interface Walked {
  readonly found: readonly number[]
  readonly more: boolean
}

/** The places that one step leads to from any of these, nearest first, at most so many. */
type Step = (from: readonly number[], atMost: number) => Sql

async function walk(tx: Tx, start: number, limit: number, step: Step): Promise<Walked> {
  const reached = new Set<number>([start])
  let from: readonly number[] = [start]
  for (let steps = 0; steps < STEPS_MAX; steps++) {
    const rows = await tx.query<{ seq: number }>(step(from, limit + 1 + reached.size))
    const next = rows.map(({ seq }) => seq).filter((seq) => !reached.has(seq))
    if (next.length === 0) return { found: [...reached].slice(1), more: false }
    const room = limit - (reached.size - 1)
    for (const seq of next.slice(0, room)) {
      reached.add(seq)
    }
    if (next.length > room) return { found: [...reached].slice(1), more: true }
    from = next
  }
  return { found: [...reached].slice(1), more: true }
}

/** Of an entry: the versions before its own; what it names; where that is a record, how it was by then. Nearest first. */
const stepBack: Step = (from, atMost) => sql`
  with standing as (
    select s.seq, e.follows, e.record_id, e.record_version
    from evidence.sequence s join evidence.entry e on e.id = s.entry_id where s.seq = any(${[...from]}::bigint[])
  ), named as (select f.seq, n.name from standing f cross join unnest(f.follows) as n (name))
  select distinct found.seq from (
    (select s.seq from standing f
      join evidence.entry e on e.record_id = f.record_id and e.record_version < f.record_version
      join evidence.sequence s on s.entry_id = e.id and s.seq < f.seq
      order by s.seq desc limit ${atMost})
    union all
    select s.seq from named n join evidence.sequence s on s.entry_id = n.name and s.seq < n.seq
    union all
    select made.seq from named n cross join lateral (
      select s.seq from evidence.entry e join evidence.sequence s on s.entry_id = e.id and s.seq < n.seq
      where e.record_id = n.name order by s.seq desc limit 1) made
    union all
    select made.seq from named n cross join lateral (${firstAbout(sql`n.name`)}) made where made.seq < n.seq
  ) found order by found.seq desc limit ${atMost}`

/** The same steps the other way. Nearest first. */
const stepForward: Step = (from, atMost) => sql`
  with standing as (
    select s.seq, e.id, e.record_id, e.record_version, e.subjects[1] as about
    from evidence.sequence s join evidence.entry e on e.id = s.entry_id where s.seq = any(${[...from]}::bigint[])
  ), named as (
    select seq, id as name from standing
    union all select seq, record_id from standing where record_id is not null
    union all
    select f.seq, f.about from standing f cross join lateral (${firstAbout(sql`f.about`)}) made
      where f.record_id is null and f.about is not null and made.seq = f.seq
  )
  select distinct found.seq from (
    select s.seq from standing f
      join evidence.entry e on e.record_id = f.record_id and e.record_version > f.record_version
      join evidence.sequence s on s.entry_id = e.id and s.seq > f.seq
    union all
    select s.seq from named n join evidence.entry e on e.follows @> array[n.name] and e.follows <> '{}'
      join evidence.sequence s on s.entry_id = e.id and s.seq > n.seq
  ) found order by found.seq limit ${atMost}`

/** What has no versions (an approval, a token) was made by the first entry that is about it before all else. */
const firstAbout = (name: Sql): Sql => sql`
  select s.seq from evidence.entry e join evidence.sequence s on s.entry_id = e.id
  where e.record_id is null and e.subjects[1] = ${name} order by s.seq limit 1`

async function entriesAt(tx: Tx, places: readonly number[]): Promise<StoredEntry[]> {
  const rows = await tx.query<EntryRow>(sql`
    select ${ENTRY_COLUMNS} from evidence.sequence s join evidence.entry e on e.id = s.entry_id
    where s.seq = any(${[...places]}::bigint[]) order by s.seq`)
  return rows.map(entryOf)
}

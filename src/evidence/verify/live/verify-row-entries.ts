// The entries that hold the hashes of rows without versions: each is over exactly what was written with it.
import { createHash } from 'node:crypto'
import type { Hash } from 'node:crypto'
import { sql } from '#db'
import type { LayerDatabase, Tx } from '#db'
import type { LiveFinding } from './live-findings.ts'
import { named } from './verify-rows.ts'

interface RowEntry {
  readonly id: string
  readonly layer: string
  readonly writtenBy: string
  readonly content: {
    readonly root?: unknown
    readonly rows?: unknown
    readonly table?: unknown
    readonly ids?: unknown
    readonly first?: unknown
    readonly last?: unknown
  } | null
  /**
   * The owner wrote it with an entry that says why, or at the beginning. SECURITY: which transaction wrote an entry is in no
   * hash, its place is: only what the same
   * role wrote stands between the two.
   */
  readonly explained: boolean
}

interface Told {
  readonly table: string
  readonly hash: Hash
  readonly keys: (string | null)[]
  rows: number
  readonly first: number
  last: number
}

const BATCH = 5000

export async function verifyRowEntries(evidence: LayerDatabase): Promise<LiveFinding[]> {
  // one snapshot: what is written meanwhile is in neither part
  return await evidence.transaction(async (tx) => await verifyIn(tx), { readOnly: true, statementTimeoutMs: 0 })
}

async function verifyIn(tx: Tx): Promise<LiveFinding[]> {
  const problems: string[] = []
  const told = await toldByEntry(tx)
  let count = 0
  for await (const { id, layer, writtenBy, content, explained } of rowEntries(tx)) {
    count += 1
    const rows = told.get(id)
    told.delete(id)
    if (rows === undefined) problems.push(`the hashes of entry ${id} are gone`)
    else if (
      content?.root !== rows.hash.digest('hex') ||
      content.rows !== rows.rows ||
      content.table !== rows.table ||
      !areOf(content.ids, rows.keys) ||
      !rows.table.startsWith(`${layer}.`)
    )
      problems.push(`the hashes of entry ${id} were changed: it is over others`)
    // SECURITY: else an earlier state of a row could be made to look like its last; entries of an earlier release say nothing
    else if (content.first !== undefined && (content.first !== rows.first || content.last !== rows.last))
      problems.push(`the hashes of entry ${id} were moved: it says that they stand elsewhere among the others`)
    if (writtenBy !== `reeve_${layer}` && !explained)
      problems.push(`${String(content?.table)} was written by ${writtenBy}, past Reeve; the entry is ${id}`)
  }
  for (const [id, { table }] of told) problems.push(`hashes of ${table} name entry ${id}, which is not there`)
  return named('entries of rows', problems, `${count} entries hold the hashes of what was written`)
}

/** Whether these are the ids that the keys hold; entries of an earlier release, and of other keys, say none. */
const areOf = (ids: unknown, keys: readonly (string | null)[]): boolean =>
  ids === undefined ||
  (Array.isArray(ids) && ids.length === keys.length && ids.every((id, at) => JSON.stringify([id]) === keys[at]))

async function toldByEntry(tx: Tx): Promise<Map<string, Told>> {
  const told = new Map<string, Told>()
  for (let after = Number.MIN_SAFE_INTEGER; ;) {
    const batch = await tx.query<{
      ordinal: number
      entryId: string
      table: string
      key: string | null
      hash: Buffer
    }>(sql`
      select ordinal, entry_id as "entryId", table_name as table, key, hash from evidence.row_change
      where ordinal > ${after} order by ordinal limit ${BATCH}`)
    for (const { ordinal, entryId, table, key, hash } of batch) {
      const fresh = { table, hash: createHash('sha256'), keys: [], rows: 0, first: ordinal, last: ordinal }
      const known: Told = told.get(entryId) ?? fresh
      known.last = ordinal
      known.keys.push(key)
      known.hash.update(hash)
      known.rows += 1
      told.set(entryId, known)
    }
    const last = batch.at(-1)
    if (last === undefined || batch.length < BATCH) return told
    after = last.ordinal
  }
}

async function* rowEntries(tx: Tx): AsyncGenerator<RowEntry> {
  for (let after = ''; ;) {
    const batch = await tx.query<RowEntry>(sql`
      select e.id, e.layer, e.written_by::text as "writtenBy", e.content,
             e.content ? 'began' or e.written_by::text <> 'reeve_' || e.layer and exists (
               select from evidence.entry o join evidence.sequence p on p.entry_id = o.id
               where o.transaction = e.transaction and o.type in ('log.restored', 'content.erased')
                 and not exists (
                   select from evidence.sequence m join evidence.entry n on n.id = m.entry_id
                   where m.seq between least(p.seq, s.seq) and greatest(p.seq, s.seq)
                     and n.written_by <> e.written_by)) as explained
      from evidence.entry e left join evidence.sequence s on s.entry_id = e.id where e.type = 'rows.changed' and e.id > ${after} order by e.id limit ${BATCH}`)
    yield* batch
    const last = batch.at(-1)
    if (last === undefined || batch.length < BATCH) return
    after = last.id
  }
}

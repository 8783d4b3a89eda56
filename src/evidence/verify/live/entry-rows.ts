// Entries as PostgreSQL has them, in the order of their places. Shares no code with the log: own SQL, own leaf, own hashes.
import { sql } from '#db'
import type { LayerDatabase } from '#db'
import { canonical, sha256 } from '../offline/formats.ts'
import { exactJson } from './exact-json.ts'

/** Places of one batch. */
export const BATCH = 4000

export interface EntryRow {
  readonly seq: number
  readonly id: string
  readonly type: string
  /** Milliseconds since 1970. */
  readonly at: number
  readonly leaf: Buffer
  /** RFC 6962, section 2.1: SHA-256 of a zero byte and the leaf. */
  readonly hash: Buffer
  readonly pruned: boolean
  /** What is wrong with its content, which the leaf holds by hash alone. */
  readonly problem?: string
  /** Of an entry that announces a key of the log. */
  readonly note?: string
  /** Of an entry that says what was pruned. */
  readonly pruning?: Pruning
}

/** Content of entries of one type from before an instant was taken away, of so many. */
export interface Pruning {
  readonly type: string
  /** Milliseconds since 1970. */
  readonly before: number
  readonly count: number
}

interface Row {
  readonly seq: number
  readonly entry_id: string
  readonly type: string | null
  readonly at: number
  /** Absent where a place has no entry. */
  readonly leaf: string | null
  readonly content_hash: Buffer | null
  readonly salt: Buffer | null
  readonly reason: string | null
  /** As PostgreSQL has it. */
  readonly content: string | null
}

/**
 * The leaf is put together by PostgreSQL: RFC 8785 of the head, with the members in their order, the one shape that there are
 * millions of. `to_json` writes texts as RFC 8785 does; `entry-rows.test.ts` compares.
 */
const TEXT = `
  select s.seq, s.entry_id, e.type, (extract(epoch from e.at) * 1000)::float8 as at,
         '{"actor":' || to_json(e.actor)::text
         || ',"at":"' || to_char(e.at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') || '"'
         || coalesce(',"contentHash":"' || encode(e.content_hash, 'hex') || '"', '')
         || ',"follows":' || to_json(e.follows)::text || ',"id":' || to_json(e.id)::text
         || ',"layer":' || to_json(e.layer)::text || coalesce(',"onBehalfOf":' || to_json(e.on_behalf_of)::text, '')
         || case when num_nonnulls(e.record_hash, e.record_id, e.record_version) = 0 then ''
                 -- a part of it alone is in no leaf that was signed
                 else coalesce(',"record":{"hash":"' || encode(e.record_hash, 'hex') || '","id":'
                               || to_json(e.record_id)::text || ',"version":' || e.record_version || '}', ',"record":{}') end
         || ',"subjects":' || to_json(e.subjects)::text || ',"type":' || to_json(e.type)::text
         || ',"writtenBy":' || to_json(e.written_by::text)::text || '}' as leaf,
         e.content_hash, e.salt, e.reason, e.content::text as content
  from evidence.sequence s left join evidence.entry e on e.id = s.entry_id
  where s.seq >= $1 and s.seq < $2 order by s.seq`

/** How many places are taken, and whether they are as many as the last one says. */
export async function placesTaken(evidence: LayerDatabase): Promise<{ readonly end: number; readonly count: number }> {
  const [row] = await evidence.transaction(
    async (tx) =>
      await tx.query<{ end: number; count: number }>(
        sql`select coalesce(max(seq) + 1, 0) as end, count(*) as count from evidence.sequence`,
      ),
    { readOnly: true, statementTimeoutMs: 0 },
  )
  return row ?? { end: 0, count: 0 }
}

/** Batches of what has a place below `end`; a place whose entry is gone is left out. */
export async function* entryRows(evidence: LayerDatabase, end: number): AsyncGenerator<readonly EntryRow[]> {
  let next = readBatch(evidence, 0, end)
  for (let from = 0; from < end; from += BATCH) {
    const rows = await next
    // the next batch is under way while this one is looked at
    next = from + BATCH < end ? readBatch(evidence, from + BATCH, end) : Promise.resolve([])
    next.catch(() => undefined)
    yield rows
  }
}

/** What stands at the places from `from` on, at most `BATCH` of them and none at `end` or later. */
export async function readBatch(evidence: LayerDatabase, from: number, end: number): Promise<readonly EntryRow[]> {
  const to = Math.min(end, from + BATCH)
  const rows = await evidence.transaction(async (tx) => await tx.prepared<Row>('verify_entries', TEXT, [from, to]), {
    readOnly: true,
    statementTimeoutMs: 0,
  })
  return rows.flatMap(rowOf)
}

function rowOf(row: Row): EntryRow[] {
  if (row.leaf === null) return []
  const exact = row.content === null ? { value: null } : exactJson(row.content)
  const problem = contentProblem(row, exact?.value)
  const content = exact?.value
  const type = row.type ?? ''
  // a leaf and the byte before it that its hash begins with, made at once: there are millions
  const hashed = Buffer.allocUnsafe(1 + Buffer.byteLength(row.leaf))
  hashed[0] = 0
  hashed.write(row.leaf, 1)
  return [
    {
      seq: row.seq,
      id: row.entry_id,
      type,
      at: row.at,
      leaf: hashed.subarray(1),
      hash: sha256(hashed),
      pruned: row.content_hash !== null && row.salt === null,
      ...(problem === undefined ? {} : { problem }),
      ...(type === 'log.key_rotated' ? { note: String((content as { note?: unknown } | null | undefined)?.note) } : {}),
      ...(type === 'content.pruned' && typeof content === 'object' && content !== null
        ? { pruning: pruningOf(content) }
        : {}),
    },
  ]
}

/** What cannot be read covers nothing. */
function pruningOf(content: unknown): Pruning {
  const { type, before, count } = content as { type?: unknown; before?: unknown; count?: unknown }
  return {
    type: String(type),
    before: Date.parse(String(before)),
    count: Number.isSafeInteger(count) ? Number(count) : 0,
  }
}

const text = (value: string): string => JSON.stringify(value)

/** `content` is undefined where it holds a number that nobody can have hashed. */
function contentProblem({ salt, reason, content_hash: hash }: Row, content: unknown): string | undefined {
  if (content === undefined) return 'has a number in its content that its hash cannot be of'
  if (salt === null) return reason === null && content === null ? undefined : 'has content that its hash is not of'
  const parts = [
    ...(content === null ? [] : [`"content":${canonical(content)}`]),
    ...(reason === null ? [] : [`"reason":${text(reason)}`]),
  ]
  const said = Buffer.from(`{${parts.join(',')}}`)
  return hash?.equals(sha256(salt, said)) === true ? undefined : 'has another content than its hash is of'
}

// Entries as PostgreSQL has them, in the order of their places. Shares no code with the log: own SQL, own leaf, own hashes.
import { sql } from '#db'
import type { LayerDatabase } from '#db'
import { canonical, sha256 } from '../offline/formats.ts'

const BATCH = 4000

export interface EntryRow {
  readonly seq: number
  readonly id: string
  readonly type: string
  /** Milliseconds since 1970. */
  readonly at: number
  readonly leaf: Buffer
  readonly pruned: boolean
  /** What is wrong with its content, which the leaf holds by hash alone. */
  readonly problem?: string
  /** Of an entry that announces a key of the log. */
  readonly note?: string
}

interface Row {
  readonly seq: number
  readonly entry_id: string
  readonly id: string | null
  readonly layer: string
  readonly written_by: string
  readonly type: string
  readonly at: string
  readonly actor: string
  readonly on_behalf_of: string | null
  readonly subjects: readonly string[]
  readonly record_id: string | null
  readonly record_version: number | null
  readonly record_hash: string | null
  readonly follows: readonly string[]
  readonly content_hash: string | null
  readonly salt: Buffer | null
  readonly reason: string | null
  readonly content: unknown
}

const TEXT = `
  select s.seq, s.entry_id, e.id, e.layer, e.written_by::text as written_by, e.type, e.at, e.actor, e.on_behalf_of,
         e.subjects, e.record_id, e.record_version, encode(e.record_hash, 'hex') as record_hash, e.follows,
         encode(e.content_hash, 'hex') as content_hash, e.salt, e.reason, e.content
  from evidence.sequence s left join evidence.entry e on e.id = s.entry_id
  where s.seq > $1 and s.seq < $2 order by s.seq limit ${BATCH}`

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
  let next = read(evidence, -1, end)
  for (;;) {
    const rows = await next
    const last = rows.at(-1)
    if (last === undefined) return
    // the next batch is under way while this one is hashed
    next = rows.length < BATCH ? Promise.resolve([]) : read(evidence, last.seq, end)
    next.catch(() => undefined)
    yield rows.filter(({ id }) => id !== null).map(rowOf)
  }
}

async function read(evidence: LayerDatabase, after: number, end: number): Promise<readonly Row[]> {
  return await evidence.transaction(async (tx) => await tx.prepared<Row>('verify_entries', TEXT, [after, end]), {
    readOnly: true,
    statementTimeoutMs: 0,
  })
}

function rowOf(row: Row): EntryRow {
  const problem = contentProblem(row)
  return {
    seq: row.seq,
    id: row.entry_id,
    type: row.type,
    at: Date.parse(row.at),
    leaf: leafOf(row),
    pruned: row.content_hash !== null && row.salt === null,
    ...(problem === undefined ? {} : { problem }),
    ...(row.type === 'log.key_rotated' ? { note: String((row.content as { note?: unknown } | null)?.note) } : {}),
  }
}

/** RFC 8785 of the head, with the members in their order: the one shape that there are millions of. */
function leafOf(row: Row): Buffer {
  const { record_id: id, record_version: version, record_hash: hash, content_hash: content, on_behalf_of: behalf } = row
  const record =
    id === null || version === null || hash === null
      ? ''
      : `,"record":{"hash":${text(hash)},"id":${text(id)},"version":${version}}`
  return Buffer.from(
    `{"actor":${text(row.actor)},"at":${text(row.at)}${content === null ? '' : `,"contentHash":${text(content)}`}` +
      `,"follows":${texts(row.follows)},"id":${text(row.id ?? '')},"layer":${text(row.layer)}` +
      `${behalf === null ? '' : `,"onBehalfOf":${text(behalf)}`}${record},"subjects":${texts(row.subjects)}` +
      `,"type":${text(row.type)},"writtenBy":${text(row.written_by)}}`,
  )
}

const text = (value: string): string => JSON.stringify(value)
const texts = (values: readonly string[]): string => JSON.stringify(values)

function contentProblem({ salt, reason, content, content_hash: hash }: Row): string | undefined {
  if (salt === null) return reason === null && content === null ? undefined : 'has content that its hash is not of'
  const parts = [
    ...(content === null ? [] : [`"content":${canonical(content)}`]),
    ...(reason === null ? [] : [`"reason":${text(reason)}`]),
  ]
  const said = Buffer.from(`{${parts.join(',')}}`)
  return sha256(salt, said).toString('hex') === hash ? undefined : 'has another content than its hash is of'
}

// The records of every layer against the hashes in their entries: an edit, a row without entry, an entry without its row.
import { sql } from '#db'
import type { LayerDatabase } from '#db'
import { canonical, sha256 } from '../offline/formats.ts'
import { erasedByEntry } from './erased.ts'
import { exactJson } from './exact-json.ts'
import type { LiveFinding } from './live-findings.ts'

interface Segment {
  readonly validFrom: string
  readonly validTo: string | null
  /** JSON as PostgreSQL has it. */
  readonly data: string
}

interface StateVersion {
  readonly version: number
  readonly recordedAt: string
  readonly hash: string
  readonly salt: string | null
  readonly entryId: string
  readonly actor: string
  readonly reason: string | null
  readonly segments: readonly Segment[]
}

interface StateRecord {
  readonly id: string
  readonly versions: readonly StateVersion[]
  readonly present: readonly {
    readonly table: string
    readonly version: number
    readonly validFrom: string
    readonly recordedAt: string
    readonly hash: string
    readonly data: string
  }[]
}

/** What evidence asks of a layer, to hold its state against the log. */
export interface StateSource {
  readonly layer: string
  records(): AsyncIterable<readonly StateRecord[]>
  withoutVersion(): Promise<readonly { readonly id: string; readonly table: string }[]>
  existing(versions: readonly { readonly id: string; readonly version: number }[]): Promise<ReadonlySet<string>>
}

interface EntryOfRecord {
  /** Null: it has no place yet. */
  readonly seq: number | null
  readonly id: string
  readonly layer: string
  readonly recordId: string | null
  readonly version: number | null
  readonly hash: string | null
  readonly actor: string
  readonly reason: string | null
  readonly pruned: boolean
}

const NAMED_MAX = 10
const BATCH = 5000

export async function verifyState(evidence: LayerDatabase, sources: readonly StateSource[]): Promise<LiveFinding[]> {
  const findings: LiveFinding[] = []
  for (const source of sources) {
    const check = `state of ${source.layer}`
    const problems: string[] = []
    let records = 0
    for await (const batch of source.records()) {
      records += batch.length
      const entries = await entriesOf(evidence, batch)
      const { versions: erased } = await erasedByEntry(evidence)
      for (const record of batch) problems.push(...problemsOf(source.layer, record, entries, erased))
    }
    for (const { id, table } of await source.withoutVersion())
      problems.push(`${id} stands in \`${table}\` and has no version and no entry`)
    for await (const gone of entriesWithoutRow(evidence, source)) problems.push(gone)
    for (const problem of problems.slice(0, NAMED_MAX)) findings.push({ check, outcome: 'failed', detail: problem })
    if (problems.length > NAMED_MAX)
      findings.push({ check, outcome: 'failed', detail: `${problems.length} records differ from their entries` })
    if (problems.length === 0)
      findings.push({ check, outcome: 'passed', detail: `${records} records, each version as its entry says` })
  }
  return findings
}

async function entriesOf(
  evidence: LayerDatabase,
  records: readonly StateRecord[],
): Promise<Map<string, EntryOfRecord>> {
  const ids = records.flatMap(({ versions }) => versions.map(({ entryId }) => entryId))
  const rows = await evidence.transaction(
    async (tx) =>
      await tx.query<EntryOfRecord>(sql`
        select s.seq, e.id, layer, record_id as "recordId", record_version as version, encode(record_hash, 'hex') as hash,
               actor, reason, content_hash is not null and salt is null as pruned
        from evidence.entry e left join evidence.sequence s on s.entry_id = e.id where e.id = any(${ids})`),
    { readOnly: true, statementTimeoutMs: 0 },
  )
  return new Map(rows.map((row) => [row.id, row]))
}

function problemsOf(
  layer: string,
  record: StateRecord,
  entries: ReadonlyMap<string, EntryOfRecord>,
  erasedAt: ReadonlyMap<string, number>,
): string[] {
  const { id, versions, present } = record
  const problems: string[] = []
  for (const [at, { version, recordedAt, hash, salt, entryId, actor, reason, segments }] of versions.entries()) {
    const name = `${id} version ${version}`
    if (version !== at + 1) problems.push(`${id} has no version ${at + 1}`)
    const found = hashOf({ id, version, recordedAt, ...(salt === null ? {} : { salt }) }, segments)
    const entry = entries.get(entryId)
    const named = (erasedAt.get(`${id} ${version}`) ?? -1) > (entry?.seq ?? -1)
    const taken = salt === null && named && isErased(id, segments)
    if (found !== hash && !taken) problems.push(`${name} was changed: its hash is of something else`)
    else if (entry === undefined) problems.push(`${name} has no entry`)
    else if (entry.layer !== layer || entry.recordId !== id || entry.version !== version || entry.hash !== hash)
      problems.push(`${name} is not what its entry ${entryId} says`)
    else if (entry.actor !== actor || (!entry.pruned && entry.reason !== reason))
      problems.push(`${name} has another actor or reason than its entry ${entryId}`)
  }
  const [row, ...more] = present
  if (row === undefined) problems.push(`${id} is gone from its table`)
  else if (more.length > 0) problems.push(`${id} stands in ${present.map(({ table }) => table).join(' and ')}`)
  else {
    const wrong = presentProblem(row, versions)
    if (wrong !== undefined) problems.push(`${id} in \`${row.table}\`: ${wrong}`)
  }
  return problems
}

/** What is left of a person, or of the principal that they are, and shows that something was taken: of others nothing is. */
function isErased(id: string, segments: readonly Segment[]): boolean {
  return segments.every(({ data }) => {
    const { erased, kind } = (exactJson(data)?.value ?? {}) as { readonly erased?: unknown; readonly kind?: unknown }
    return erased === 'true' && (id.startsWith('psn_') || kind === 'human')
  })
}

/** Undefined where its data cannot have been hashed. */
function hashOf(head: object, segments: readonly Segment[]): string | undefined {
  const read = segments.flatMap(({ validFrom, validTo, data }) => {
    const exact = exactJson(data)
    return exact === undefined ? [] : [{ validFrom, validTo, data: exact.value }]
  })
  return read.length < segments.length ? undefined : sha256(canonical({ ...head, segments: read })).toString('hex')
}

function saysTheSame(a: string, b: string): boolean {
  if (a === b) return true
  const [one, other] = [exactJson(a), exactJson(b)]
  return one !== undefined && other !== undefined && canonical(one.value) === canonical(other.value)
}

/** What holds now is what the last version with an open end says; from when the last closed stretch after it ends. */
function presentProblem(row: StateRecord['present'][number], versions: readonly StateVersion[]): string | undefined {
  const newest = versions.at(-1)
  if (newest === undefined) return 'it has no version'
  if (row.version !== newest.version || row.hash !== newest.hash || row.recordedAt !== newest.recordedAt)
    return `it is not version ${newest.version}, the newest`
  const at = versions.findLastIndex(({ segments }) => segments.some(({ validTo }) => validTo === null))
  const open = versions[at]?.segments.find(({ validTo }) => validTo === null)
  if (open === undefined) return 'no version says how it is now'
  if (!saysTheSame(row.data, open.data)) return 'it says something else than its newest version'
  let from = open.validFrom
  for (const { segments } of versions.slice(at + 1))
    for (const { validTo } of segments) if (validTo !== null && validTo > from) from = validTo
  return row.validFrom === from ? undefined : `it holds from ${row.validFrom}, and its versions say ${from}`
}

/** Entries of a layer that made a version which is no longer there, in the order of record ids. */
async function* entriesWithoutRow(evidence: LayerDatabase, source: StateSource): AsyncGenerator<string> {
  for (let after: readonly [id: string, version: number] = ['', 0]; ;) {
    const rows = await evidence.transaction(
      async (tx) =>
        await tx.query<{ entry: string; id: string; version: number }>(sql`
          select e.id as entry, e.record_id as id, e.record_version as version from evidence.entry e
          where e.record_id is not null and e.layer = ${source.layer} and e.record_id >= ${after[0]}
            and (e.record_id, e.record_version) > (${after[0]}, ${after[1]})
          order by e.record_id, e.record_version limit ${BATCH}`),
      { readOnly: true, statementTimeoutMs: 0 },
    )
    const there = await source.existing(rows)
    for (const { entry, id, version } of rows)
      if (!there.has(`${id} ${version}`)) yield `${id} version ${version} is gone; its entry is ${entry}`
    const last = rows.at(-1)
    if (last === undefined || rows.length < BATCH) return
    after = [last.id, last.version]
  }
}

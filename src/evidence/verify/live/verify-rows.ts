// Rows without versions against the log: each as it was last written, each hash under its entry, and nothing beside them.
import { sql } from '#db'
import type { LayerDatabase, Sql } from '#db'
import { rowsWithoutActs } from './acts-of-rows.ts'
import type { Writings } from './acts-of-rows.ts'
import { erasedByEntry } from './erased.ts'
import { sha256 } from '../offline/formats.ts'
import type { LiveFinding } from './live-findings.ts'

/** What evidence asks of a layer, to hold such rows against the log. */
export interface RowSource {
  /** `access.token` */
  readonly name: string
  readonly layer: string
  /** The entry types of the acts that write such a row, where an entry of one has to stand beside each writing. */
  readonly acts?: readonly string[]
  rows(keys?: readonly string[]): AsyncIterable<readonly { readonly key: string; readonly said: string }[]>
}

/** A row as it was last written. */
interface LastChange {
  readonly key: string
  readonly entryId: string
  readonly gone: boolean
  readonly hash: Buffer
  /** Null: it was taken away with what it hides. */
  readonly salt: Buffer | null
}

/** The key is null where it was erased with what it names. */
type Change = Omit<LastChange, 'key'> & { readonly key: string | null; readonly ordinal: number }

const NAMED_MAX = 10
const BATCH = 5000
/** What differs at first may have been written meanwhile: it is looked at so many times more. */
const LOOKS = 3

export async function verifyRows(
  evidence: LayerDatabase,
  sources: readonly RowSource[],
  writings: Writings = 'every',
): Promise<LiveFinding[]> {
  const findings: LiveFinding[] = []
  for (const source of sources) {
    const { problems, rows } = await problemsOf(evidence, source, writings)
    findings.push(...named(`rows of ${source.name}`, problems, `${rows} rows, each as its entry says`))
  }
  return findings
}

/** The first of them by name, then their number. */
export function named(check: string, problems: readonly string[], good: string): LiveFinding[] {
  if (problems.length === 0) return [{ check, outcome: 'passed', detail: good }]
  const first = problems.slice(0, NAMED_MAX).map((detail) => ({ check, outcome: 'failed', detail }) as const)
  const more = { check, outcome: 'failed', detail: `${problems.length} in all` } as const
  return problems.length > NAMED_MAX ? [...first, more] : first
}

async function problemsOf(
  evidence: LayerDatabase,
  source: RowSource,
  writings: Writings,
): Promise<{ readonly problems: readonly string[]; readonly rows: number }> {
  const changes = new Map<string, LastChange>()
  const { rows: erased } = await erasedByEntry(evidence)
  let lost = 0
  // below every number that a row can be given
  for (let after = Number.MIN_SAFE_INTEGER; ;) {
    const batch = await changesOf(evidence, sql`table_name = ${source.name} and ordinal > ${after}`)
    for (const change of batch)
      if (change.key !== null) changes.set(change.key, { ...change, key: change.key })
      else if (!erased.has(String(change.ordinal))) lost += 1
    const last = batch.at(-1)
    if (last === undefined || batch.length < BATCH) break
    after = last.ordinal
  }
  const there = new Set<string>()
  const suspects = new Map<string, string>()
  for await (const batch of source.rows())
    for (const { key, said } of batch) {
      there.add(key)
      const problem = problemOf(said, changes.get(key))
      if (problem !== undefined) suspects.set(key, problem)
    }
  for (const { key, gone, entryId } of changes.values())
    if (!gone && !there.has(key)) suspects.set(key, `is gone; its entry is ${entryId}`)
  for (let look = 0; look < LOOKS && suspects.size > 0; look++) await lookAgain(evidence, source, suspects)
  const problems = [...suspects].map(([key, problem]) => `${source.name} ${key} ${problem}`)
  problems.push(...(await rowsWithoutActs(evidence, source, writings)))
  if (lost > 0)
    problems.push(`${lost} changes of ${source.name} have lost their key, and no entry says that it was erased`)
  return { problems, rows: there.size }
}

function problemOf(said: string, change: LastChange | undefined): string | undefined {
  if (change === undefined) return 'has no entry'
  if (change.gone) return `is there, though entry ${change.entryId} says that it was deleted`
  if (change.salt === null) return `has lost its salt: nothing says any more what entry ${change.entryId} was over`
  return sha256(change.salt, said).equals(change.hash) ? undefined : `was changed: entry ${change.entryId} has another`
}

async function lookAgain(evidence: LayerDatabase, source: RowSource, suspects: Map<string, string>): Promise<void> {
  for (const keys of chunked([...suspects.keys()])) {
    const rows = new Map<string, string>()
    for await (const batch of source.rows(keys)) for (const { key, said } of batch) rows.set(key, said)
    const changes = await changesOf(evidence, sql`table_name = ${source.name} and key = any(${keys})`, false)
    const last = new Map(changes.map((change) => [change.key ?? '', { ...change, key: change.key ?? '' }]))
    for (const key of keys) {
      const said = rows.get(key)
      const change = last.get(key)
      const gone = change === undefined || change.gone ? undefined : `is gone; its entry is ${change.entryId}`
      const problem = said === undefined ? gone : problemOf(said, change)
      if (problem === undefined) suspects.delete(key)
      else suspects.set(key, problem)
    }
  }
}

const chunked = (keys: readonly string[]): string[][] =>
  Array.from({ length: Math.ceil(keys.length / BATCH) }, (_, at) => keys.slice(at * BATCH, (at + 1) * BATCH))

async function changesOf(evidence: LayerDatabase, which: Sql, limited = true): Promise<Change[]> {
  return await evidence.transaction(
    async (tx) =>
      await tx.query<Change>(sql`
        select ordinal, key, entry_id as "entryId", gone, hash, salt from evidence.row_change
        where ${which} order by ordinal ${limited ? sql`limit ${BATCH}` : sql``}`),
    { readOnly: true, statementTimeoutMs: 0 },
  )
}

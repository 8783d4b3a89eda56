// Accounts, rights and ways that a source shows become records, in transactions of the access layer alone.
import { canonicalJson } from '#kernel'
import type { Act, Json } from '#kernel'
import { inBatches, sql, writeBatch } from '#db'
import type { Refused, Tx } from '#db'
import { readCurrent, storable } from '#db/history'
import type { Current, RecordTable } from '#db/history'
import { changeWithEntries, createWithEntries } from '#evidence/port'
import type { RecordChange, RecordToCreate } from '#evidence/port'
import { ACCOUNT, ENTITLEMENT, noAccess, WAY } from './records.ts'
import type {
  AccessCounts,
  AccessLayer,
  AccountRecord,
  EntitlementRecord,
  ObservedAccess,
  ObservedRecord,
  WayRecord,
} from './records.ts'

/** One sync of one source. What was met is added to `seen` after each batch is durable. */
export interface AccessRun {
  readonly sourceId: string
  readonly act: Act
  readonly seen: { has(id: string): boolean; add(id: string): void }
  readonly dryRun: boolean
  /** Records in one transaction. */
  readonly batch?: number
  readonly onRefused: (refused: Refused) => void
  readonly onBatch?: (records: number) => void
}

export async function recordObservedAccounts(
  access: AccessLayer,
  run: AccessRun,
  items: Iterable<ObservedAccess<AccountRecord>>,
): Promise<AccessCounts> {
  return await recordObserved(access, run, ACCOUNT, items)
}

export async function recordObservedEntitlements(
  access: AccessLayer,
  run: AccessRun,
  items: Iterable<ObservedAccess<EntitlementRecord>>,
): Promise<AccessCounts> {
  return await recordObserved(access, run, ENTITLEMENT, items)
}

export async function recordObservedWays(
  access: AccessLayer,
  run: AccessRun,
  items: Iterable<ObservedAccess<WayRecord>>,
): Promise<AccessCounts> {
  return await recordObserved(access, run, WAY, items)
}

async function recordObserved<D extends ObservedRecord>(
  access: AccessLayer,
  run: AccessRun,
  table: RecordTable,
  items: Iterable<ObservedAccess<D>>,
): Promise<AccessCounts> {
  const sum = noAccess()
  for (const batch of inBatches(unseen(items, run.seen), run.batch)) {
    const refuse = (refused: Refused): void => {
      sum.problems += 1
      run.onRefused(refused)
    }
    const outcomes = await writeBatch(access.db, batch, (tx, some) => observe(tx, run, table, some), refuse)
    for (const counts of outcomes) {
      sum.created += counts.created
      sum.drifted += counts.drifted
      sum.unchanged += counts.unchanged
      sum.returned += counts.returned
      sum.disagreed += counts.disagreed
    }
    for (const { id } of batch) run.seen.add(id)
    run.onBatch?.(batch.length)
  }
  return sum
}

/** The same right may be stated in two places of one source: the first counts. */
function* unseen<T extends { readonly id: string }>(
  items: Iterable<T>,
  seen: Pick<AccessRun['seen'], 'has'>,
): Generator<T> {
  const here = new Set<string>()
  for (const item of items) {
    if (seen.has(item.id) || here.has(item.id)) continue
    here.add(item.id)
    yield item
  }
}

interface Presence {
  readonly sourceId: string
  readonly recordId: string
  readonly gone: boolean
}

async function observe<D extends ObservedRecord>(
  tx: Tx,
  run: AccessRun,
  table: RecordTable,
  items: readonly ObservedAccess<D>[],
): Promise<AccessCounts> {
  const counts = noAccess()
  const ids = items.map(({ id }) => id)
  const held = await readCurrent<D>(tx, table, ids, { lock: !run.dryRun })
  const presences = await presencesOf(tx, [...held.keys()])
  const creates: RecordToCreate<D>[] = []
  const changes: RecordChange<D>[] = []
  const added: string[] = []
  const back: string[] = []
  for (const { id, fresh } of items) {
    const current = held.get(id)
    if (current === undefined) {
      const words = { type: `${table.table}.observed`, about: [fresh.principalId], content: { source: run.sourceId } }
      creates.push({ id, data: fresh, words })
      added.push(id)
      counts.created += 1
      continue
    }
    const those = presences.get(id) ?? []
    const mine = those.find(({ sourceId }) => sourceId === run.sourceId)
    if (mine === undefined) added.push(id)
    else if (mine.gone) back.push(id)
    const change = changeOf(run, table, current, storable(fresh), those, counts)
    if (change !== undefined) changes.push(change)
  }
  if (run.dryRun) return counts
  if (creates.length > 0) await createWithEntries(tx, table, run.act, creates)
  if (changes.length > 0) await changeWithEntries(tx, table, run.act, changes)
  if (added.length > 0) {
    await tx.copyIn(
      'access.presence',
      ['source_id', 'record_id', 'first_seen_at'],
      added.map((id) => [run.sourceId, id, run.act.at]),
    )
  }
  if (back.length > 0) {
    await tx.execute(sql`
      update access.presence set gone_at = null where source_id = ${run.sourceId} and record_id = any(${back})`)
  }
  return counts
}

/** The first source's word counts as long as it sees the record; another one that disagrees changes nothing. */
function changeOf<D extends ObservedRecord>(
  run: AccessRun,
  table: RecordTable,
  current: Current<D>,
  fresh: D,
  presences: readonly Presence[],
  counts: AccessCounts,
): RecordChange<D> | undefined {
  const held = current.data
  const spokenFor =
    held.source !== run.sourceId && presences.some(({ sourceId, gone }) => sourceId === held.source && !gone)
  const { goneAt: _gone, ...alive } = held
  const next = spokenFor ? (alive as D) : fresh
  if (spokenFor && !same({ ...alive, ...placeOf(held) }, { ...fresh, source: held.source, ...placeOf(held) }))
    counts.disagreed += 1
  if (same(held, next)) {
    counts.unchanged += 1
    return undefined
  }
  const outcome = held.goneAt === undefined ? 'drifted' : 'returned'
  counts[outcome] += 1
  const words = { type: `${table.table}.${outcome}`, about: [held.principalId], content: { source: run.sourceId } }
  return { current, patch: () => next, words }
}

/** Two sources state one right in two places, which is no disagreement. */
const placeOf = (record: ObservedRecord): object => ('provenance' in record ? { provenance: record.provenance } : {})

const same = (a: object, b: object): boolean => canonicalJson(a as Json) === canonicalJson(b as Json)

async function presencesOf(tx: Tx, ids: readonly string[]): Promise<Map<string, Presence[]>> {
  const byRecord = new Map<string, Presence[]>()
  if (ids.length === 0) return byRecord
  const rows = await tx.query<Presence>(sql`
    select source_id as "sourceId", record_id as "recordId", gone_at is not null as gone
    from access.presence where record_id = any(${ids})`)
  for (const row of rows) byRecord.set(row.recordId, [...(byRecord.get(row.recordId) ?? []), row])
  return byRecord
}

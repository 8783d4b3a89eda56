// Writing versions. A record is created once and changed by patches of a stretch of time; nothing is ever overwritten.
import { randomBytes } from 'node:crypto'
import { Fault } from '#kernel'
import type { Instant } from '#kernel'
import { identifier, joined, sql } from '../sql.ts'
import { storable } from '../storable.ts'
import type { Sql } from '../sql.ts'
import type { Tx } from '../transaction.ts'
import { versionHash } from './record-table.ts'
import type { ChangeMark, Current, RecordTable } from './record-table.ts'
import { patchTimeline, resolveTimeline } from './timeline.ts'
import type { Segment } from './timeline.ts'
import { readVersions } from './read.ts'

const VERSION_COLUMNS = [
  'record_id',
  'version',
  'valid_from',
  'valid_to',
  'recorded_at',
  'actor',
  'reason',
  'entry_id',
  'hash',
  'salt',
  'data',
] as const
const CURRENT_COLUMNS = ['id', 'version', 'valid_from', 'recorded_at', 'hash', 'data'] as const

export interface NewRecord<D> {
  readonly id: string
  readonly data: D
  readonly mark: ChangeMark
  /** Since when it holds, where that is earlier than now. */
  readonly validFrom?: Instant
}

/** Version 1 of each, in bulk (COPY). An id that is there already fails the whole transaction: ids are never reused. */
export async function createRecords<D>(
  tx: Tx,
  table: RecordTable,
  records: readonly NewRecord<D>[],
): Promise<Current<D>[]> {
  const made = records.map(({ id, data: given, mark, validFrom = mark.at }) => {
    refuseFuture(validFrom, mark.at)
    const data = storable(given)
    const salt = freshSalt()
    const hash = versionHash(id, 1, mark.at, [{ validFrom, validTo: null, data }], salt)
    return { current: { id, version: 1, validFrom, recordedAt: mark.at, hash, data }, mark, salt }
  })
  await writeVersions(
    tx,
    table,
    made.map((one) => ({ ...one, segments: [{ ...one.current, validTo: null }] })),
  )
  const now = made.map(({ current }) => current)
  await tx.copyIn(`${table.schema}.${table.table}`, CURRENT_COLUMNS, now.map(currentRow))
  return now
}

export interface Change<D> {
  /** As read under lock in this transaction. */
  readonly current: Current<D>
  readonly patch: (data: D) => D
  readonly mark: ChangeMark
  /** Since when the change holds; now unless said otherwise. Never in the future, never before the record began. */
  readonly validFrom?: Instant
  /** Until when it held, for a correction of the past. */
  readonly validTo?: Instant
}

interface Written<D> {
  readonly current: Current<D>
  readonly mark: ChangeMark
  /** Hex. */
  readonly salt: string
  readonly segments: readonly Segment<D>[]
}

const SALT_BYTES = 16
const freshSalt = (): string => randomBytes(SALT_BYTES).toString('hex')

/**
 * One more version of each record, in bulk. Throws Fault('unprocessable') where a stretch of time is in the future,
 * empty, or before the record began. The clock may go backwards: a version is never recorded before the one it follows.
 */
export async function changeRecords<D>(
  tx: Tx,
  table: RecordTable,
  changes: readonly Change<D>[],
): Promise<Current<D>[]> {
  const written: Written<D>[] = []
  for (const change of changes) written.push(await nextVersion(tx, table, change))
  await writeVersions(tx, table, written)
  await updateCurrent(
    tx,
    table,
    written.map(({ current }) => current),
  )
  return written.map(({ current }) => current)
}

async function nextVersion<D>(tx: Tx, table: RecordTable, change: Change<D>): Promise<Written<D>> {
  const { current: before, mark, validTo = null } = change
  const recordedAt = mark.at > before.recordedAt ? mark.at : before.recordedAt
  const validFrom = change.validFrom ?? recordedAt
  refuseFuture(validFrom, recordedAt)
  if (validTo !== null) {
    refuseFuture(validTo, recordedAt)
    if (validTo <= validFrom) throw new Fault('unprocessable', `\`validTo\` must be later than \`validFrom\``)
  }
  const version = before.version + 1
  const salt = freshSalt()
  const patch = (data: D): D => storable(change.patch(data))
  if (validTo === null && validFrom >= before.validFrom) {
    const data = patch(before.data)
    const segments = [{ validFrom, validTo, data }]
    const hash = versionHash(before.id, version, recordedAt, segments, salt)
    return { current: { id: before.id, version, validFrom, recordedAt, hash, data }, mark, salt, segments }
  }
  const timeline = resolveTimeline(await readVersions<D>(tx, table, before.id))
  const began = timeline[0]?.validFrom
  if (began === undefined || validFrom < began) {
    throw new Fault('unprocessable', `\`validFrom\` is before the record begins (${began ?? 'never'})`)
  }
  const segments = patchTimeline(timeline, validFrom, validTo, patch)
  const open = segments.find((segment) => segment.validTo === null)
  const hash = versionHash(before.id, version, recordedAt, segments, salt)
  return {
    current: {
      id: before.id,
      version,
      validFrom: open?.validFrom ?? laterOf(before.validFrom, validTo),
      recordedAt,
      hash,
      data: open?.data ?? before.data,
    },
    mark,
    salt,
    segments,
  }
}

/** A correction that ends inside the open stretch makes it begin where the correction ends: what is before differs now. */
const laterOf = (from: Instant, to: Instant | null): Instant => (to !== null && to > from ? to : from)

function refuseFuture(at: Instant, now: Instant): void {
  if (at > now) throw new Fault('unprocessable', `a fact cannot hold from the future (${at}): say it when it holds`)
}

function* versionRows<D>(written: readonly Written<D>[]): Generator<(string | number | null | Buffer | object)[]> {
  for (const { current, mark, salt, segments } of written) {
    for (const { validFrom, validTo, data } of segments) {
      yield [
        current.id,
        current.version,
        validFrom,
        validTo,
        current.recordedAt,
        mark.actor,
        mark.reason ?? null,
        mark.entryId,
        Buffer.from(current.hash, 'hex'),
        Buffer.from(salt, 'hex'),
        data as object,
      ]
    }
  }
}

async function writeVersions<D>(tx: Tx, table: RecordTable, written: readonly Written<D>[]): Promise<void> {
  if (written.length > 0) await tx.copyIn(`${table.schema}.version`, VERSION_COLUMNS, versionRows(written))
}

const currentRow = <D>({
  id,
  version,
  validFrom,
  recordedAt,
  hash,
  data,
}: Current<D>): (string | number | Buffer | object)[] => [
  id,
  version,
  validFrom,
  recordedAt,
  Buffer.from(hash, 'hex'),
  data as object,
]

/** One statement for all. The version that is replaced is part of the condition, so that no change is lost unseen. */
async function updateCurrent<D>(tx: Tx, table: RecordTable, now: readonly Current<D>[]): Promise<void> {
  if (now.length === 0) return
  const rows = now.map(
    (current): Sql =>
      sql`(${current.id}::text, ${current.version}::integer, ${current.validFrom}::timestamptz, ${current.recordedAt}::timestamptz, ${Buffer.from(current.hash, 'hex')}::bytea, ${JSON.stringify(current.data)}::jsonb)`,
  )
  let updated = 0
  // PostgreSQL takes 65,535 parameters
  for (let at = 0; at < rows.length; at += 5000) {
    updated += await tx.execute(sql`
      update ${identifier(table.schema)}.${identifier(table.table)} as held
      set version = made.version, valid_from = made.valid_from, recorded_at = made.recorded_at, hash = made.hash,
          data = made.data
      from (values ${joined(rows.slice(at, at + 5000), ', ')})
        as made (id, version, valid_from, recorded_at, hash, data)
      where held.id = made.id and held.version = made.version - 1`)
  }
  if (updated !== now.length) throw new Fault('version_mismatch', 'read it again and repeat the change')
}

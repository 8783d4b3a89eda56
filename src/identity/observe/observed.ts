// What one source says of records in one read, ready to be held against the roll.
import type { Act, IdKind, Instant, Ref } from '#kernel'
import type { RecordTable } from '#db/history'
import type { KeyedFingerprint } from '../record/credential-record.ts'

/** How much a sighting says: 0 the system's own record, 1 another tool's definition, 2 a mention. The lowest rank counts. */
export type Rank = 0 | 1 | 2

/** What every record that sources observe has. */
export interface ObservedRecord {
  readonly refs: readonly Ref[]
  readonly source?: string
  readonly goneAt?: Instant
  readonly reappearedAt?: Instant
}

/** One record as this read has it; `fresh` is what a new record would hold. */
export interface Observed<D> {
  /** As a scan derives it, so that report and roll agree. */
  readonly id: string
  readonly refs: readonly Ref[]
  readonly rank: Rank
  readonly lastUsedAt?: Instant
  readonly fingerprint?: KeyedFingerprint
  /** Every account by which this read knows it. */
  readonly accounts?: readonly { readonly system: string; readonly externalId: string }[]
  readonly fresh: D
}

/** One kind of record, and all that sync needs to know of it. */
export interface ObservedKind<D extends ObservedRecord> {
  readonly noun: 'principal' | 'credential'
  readonly idKind: IdKind
  readonly table: RecordTable
  /** Fields whose change is drift; a change of the others alone is only an update. */
  readonly drift: ReadonlySet<keyof D>
  /** Whether the observation is of the very thing that the record describes, not of one that was joined into it. */
  owns(held: D, observed: Observed<D>): boolean
  /** The record as this source, whose word counts, has it. What people stated stays. */
  revise(held: D, fresh: D, revision: Revision): D
  /** What each source adds, whether its word counts or not: the places where it sees a credential. */
  supplement(held: D, fresh: D, revision: Revision): D
  /** The record when this source sees it no more but others do. */
  forget(held: D, sourceId: string): D
  /** Whether a source whose word does not count says otherwise. */
  disagrees(held: D, fresh: D): boolean
  /** Whether it was ended in the roll and this observation shows it alive. */
  reappears(held: D, observed: Observed<D>): boolean
  /** A tombstone: nothing of it is revised. */
  isClosed(held: D): boolean
  /** What follows inside the record from its other fields. */
  complete(data: D): D
}

export interface Revision {
  readonly sourceId: string
  /** No other source sees the record. */
  readonly alone: boolean
  readonly at: Instant
  readonly graceDays: number
}

export interface Ids {
  has(id: string): boolean
  add(id: string): void
}

/** One sync of one source. What was met is added to `seen` after each batch is durable. */
export interface SourceRun {
  readonly sourceId: string
  readonly act: Act
  readonly graceDays: number
  /** The key of this read's fingerprints; other keys that are still in use stay beside it. */
  readonly keyId?: string
  readonly seen: Ids
  /** Records that an observation of this run has spoken for: a second one only adds identifiers. */
  readonly claimed: Ids
  /** Whether this read observes the very thing that the record describes. */
  readonly observesOwn: (held: ObservedRecord) => boolean
  readonly dryRun: boolean
  /** Records in one transaction. */
  readonly batch?: number
}

export const OUTCOMES = [
  'created',
  'drifted',
  'updated',
  'unchanged',
  'gone',
  'returned',
  'reappeared',
  'disagreed',
  'problems',
] as const
/** How many records of one kind: each is counted once as created, drifted, updated, unchanged, returned or reappeared. */
export type Counts = Record<(typeof OUTCOMES)[number], number>

export const noCounts = (): Counts => Object.fromEntries(OUTCOMES.map((name) => [name, 0])) as Counts

/** What a batch did. */
export interface Outcome {
  readonly counts: Counts
  /** From the scan's id to the roll's. */
  readonly ids: ReadonlyMap<string, string>
  readonly seen: readonly string[]
  readonly claimed: readonly string[]
  /** Pairs of records that an explicit identifier says are one. */
  readonly same: readonly { readonly a: string; readonly b: string; readonly ref: string }[]
  readonly changed: readonly string[]
  /** Ids of the scan, of what the roll did not know. */
  readonly news: readonly string[]
}

// A record and its entry together: what every layer uses to create and change what it keeps.
import { following, newId } from '#kernel'
import type { Act, Id, Instant, Json } from '#kernel'
import type { Tx } from '#db'
import { changeRecords, createRecords } from '#db/history'
import type { Current, RecordTable } from '#db/history'
import { appendEntries } from './append.ts'
import type { Entry } from './entry.ts'

/** What an entry says beside the change itself. */
export interface EntryWords {
  readonly type: string
  /** Further ids that it is about; the record itself always is. */
  readonly about?: readonly string[]
  readonly content?: { readonly [key: string]: Json }
  /** In place of the act's reason. */
  readonly reason?: string
  /** What it follows from, beside what the act does. */
  readonly follows?: readonly string[]
}

export interface RecordToCreate<D> {
  readonly id: string
  readonly data: D
  readonly words: EntryWords
  readonly validFrom?: Instant
}

/** Creates records, each with its entry. In bulk. */
export async function createWithEntries<D>(
  tx: Tx,
  table: RecordTable,
  act: Act,
  records: readonly RecordToCreate<D>[],
): Promise<Current<D>[]> {
  const marked = records.map((record) => ({ ...record, mark: markOf(act, record.words) }))
  const made = await createRecords(tx, table, marked)
  await appendEntries(
    tx,
    made.map((current, at) => entryOf(tx, act, marked[at]?.mark.entryId, marked[at]?.words, current)),
  )
  return made
}

export interface RecordChange<D> {
  readonly current: Current<D>
  readonly patch: (data: D) => D
  readonly words: EntryWords
  readonly validFrom?: Instant
  readonly validTo?: Instant
}

/** Changes records that were read under lock in this transaction, each with its entry. In bulk. */
export async function changeWithEntries<D>(
  tx: Tx,
  table: RecordTable,
  act: Act,
  changes: readonly RecordChange<D>[],
): Promise<Current<D>[]> {
  const marked = changes.map((item) => ({ ...item, mark: markOf(act, item.words) }))
  const made = await changeRecords(tx, table, marked)
  await appendEntries(
    tx,
    made.map((current, at) => entryOf(tx, act, marked[at]?.mark.entryId, marked[at]?.words, current)),
  )
  return made
}

function markOf(act: Act, words: EntryWords): { entryId: Id<'entry'>; actor: string; at: Instant; reason?: string } {
  const reason = words.reason ?? act.reason
  return { entryId: newId('entry'), actor: act.actor.id, at: act.at, ...(reason === undefined ? {} : { reason }) }
}

function entryOf(
  tx: Tx,
  act: Act,
  id: Id<'entry'> | undefined,
  words: EntryWords | undefined,
  made: Current<unknown>,
): Entry {
  if (id === undefined || words === undefined) throw new Error('every record made has its mark')
  const reason = words.reason ?? act.reason
  const follows = words.follows === undefined ? act.follows : following(act, ...words.follows).follows
  return {
    id,
    layer: tx.layer,
    type: words.type,
    at: made.recordedAt,
    actor: act.actor.id,
    ...(act.actor.onBehalfOf === undefined ? {} : { onBehalfOf: act.actor.onBehalfOf }),
    subjects: [...new Set([made.id, ...(words.about ?? [])])],
    record: { id: made.id, version: made.version, hash: made.hash },
    ...(reason === undefined ? {} : { reason }),
    ...(follows === undefined ? {} : { follows }),
    ...(words.content === undefined ? {} : { content: words.content }),
  }
}

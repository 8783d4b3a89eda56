// Writes entries in the transaction of the layer that acts.
import type { Tx } from '#db'
import type { Entry } from './entry.ts'

const COLUMNS = [
  'id',
  'layer',
  'type',
  'at',
  'actor',
  'on_behalf_of',
  'subjects',
  'record_id',
  'record_version',
  'record_hash',
  'reason',
  'follows',
  'content',
] as const

/**
 * Appends entries in the caller's transaction, in this order. They are durable when that transaction is; the sequencer
 * gives them their place in the log afterwards. An entry that cannot be written fails the transaction.
 */
export async function appendEntries(tx: Tx, entries: readonly Entry[]): Promise<void> {
  if (entries.length === 0) return
  await tx.copyIn(
    'evidence.entry',
    COLUMNS,
    entries.map((entry) => [
      entry.id,
      tx.layer,
      entry.type,
      entry.at,
      entry.actor,
      entry.onBehalfOf,
      textArray(entry.subjects),
      entry.record?.id,
      entry.record?.version,
      entry.record === undefined ? undefined : Buffer.from(entry.record.hash, 'hex'),
      storableText(entry.reason),
      textArray(entry.follows ?? []),
      entry.content ?? {},
    ]),
  )
}

export async function appendEntry(tx: Tx, entry: Entry): Promise<void> {
  await appendEntries(tx, [entry])
}

/** PostgreSQL stores no U+0000. */
const storableText = (text: string | undefined): string | undefined =>
  text?.toWellFormed().replaceAll('\u0000', '\uFFFD')

/** An array literal; ids and the like, quoted all the same. */
const textArray = (items: readonly string[]): string =>
  `{${items.map((item) => `"${item.replaceAll(/["\\]/g, String.raw`\$&`)}"`).join(',')}}`

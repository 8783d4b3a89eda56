// Writes entries in the transaction of the layer that acts.
import { randomBytes } from 'node:crypto'
import { Fault } from '#kernel'
import type { CopyValue, Tx } from '#db'
import { storable } from '#db/history'
import { contentHash, SUBJECTS_MAX } from './entry.ts'
import type { Entry } from './entry.ts'

const SALT_BYTES = 16

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
  'follows',
  'content_hash',
  'salt',
  'reason',
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
      textArray(entry.follows ?? []),
      ...sealed(entry),
    ]),
  )
}

/** Hash, salt, reason and content; all absent where there is nothing to say. */
function sealed(given: Entry): readonly CopyValue[] {
  if (given.subjects.length > SUBJECTS_MAX)
    throw new Fault('too_large', `an entry is about at most ${SUBJECTS_MAX} records`)
  if (given.reason === undefined && given.content === undefined) return [undefined, undefined, undefined, undefined]
  const { reason, content } = storable({ reason: given.reason, content: given.content })
  const salt = randomBytes(SALT_BYTES)
  const said = { ...(reason === undefined ? {} : { reason }), ...(content === undefined ? {} : { content }) }
  return [Buffer.from(contentHash(salt, said), 'hex'), salt, reason, content]
}

export async function appendEntry(tx: Tx, entry: Entry): Promise<void> {
  await appendEntries(tx, [entry])
}

/** An array literal; ids and the like, quoted all the same. */
const textArray = (items: readonly string[]): string =>
  `{${items.map((item) => `"${item.replaceAll(/["\\]/g, String.raw`\$&`)}"`).join(',')}}`

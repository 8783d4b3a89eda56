// Writes entries in the transaction of the layer that acts.
import { randomBytes } from 'node:crypto'
import { Fault } from '#kernel'
import { sqlStateOf } from '#db'
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
 * gives them their place in the log afterwards. Throws Fault('evidence_unavailable') where an entry cannot be written: the
 * transaction is failed with it.
 */
export async function appendEntries(tx: Tx, entries: readonly Entry[]): Promise<void> {
  if (entries.length === 0) return
  const rows = entries.map((entry) => rowOf(tx, entry))
  try {
    await tx.copyIn('evidence.entry', COLUMNS, rows)
  } catch (error) {
    throw unwritten(error)
  }
}

function rowOf(tx: Tx, entry: Entry): readonly CopyValue[] {
  return [
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
  ]
}

/**
 * Fail closed: the transaction is failed by then, so what the entry was about does not happen either. What is to be tried
 * again, what the connection or the disk says, and what the input was to blame for keeps its own meaning.
 */
function unwritten(error: unknown): unknown {
  const state = sqlStateOf(error)
  if (state === undefined || /^(?:40|08|53|57|22)/.test(state)) return error
  return new Fault(
    'evidence_unavailable',
    'the log takes no entries: look at the rights of its tables, then try again',
    {
      cause: error,
    },
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

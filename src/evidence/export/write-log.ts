// The log's part of a bundle: every entry in its order, by its leaf, and the checkpoints. What an entry says beside that is in
// the bundle where the entry is of the period and the scope, or where the log cannot be followed without it.
import { canonicalJson } from '#kernel'
import type { LayerDatabase } from '#db'
import { formatNote } from '../checkpoint/note.ts'
import { entryLeaf } from '../entry.ts'
import type { StoredEntry } from '../entry.ts'
import type { SignedCheckpoint } from '../log/checkpoints.ts'
import { listEntries } from '../read.ts'
import type { BundleFolder } from './bundle-folder.ts'
import { checkpointNotes, isWithin } from './log-range.ts'
import type { LogRange, Period } from './log-range.ts'
import type { InScope } from './scope.ts'

const BATCH = 2000

/** New keys, what was taken away, and which rows were written. */
const ALWAYS = new Set(['log.key_rotated', 'content.pruned', 'content.erased', 'rows.changed', 'decision.pruned'])

/** What shows that an identity is a person's, so that its row may be withheld. */
const KINDS = new Set([
  'principal.registered',
  'principal.discovered',
  'principal.drifted',
  'principal.updated',
  'principal.returned',
  'principal.reappeared',
  'principal.merged',
  'principal.classified',
  'principal.person_confirmed',
  'principal.person_undone',
])

export interface Told {
  readonly period: Period
  readonly scope: InScope | undefined
  readonly withheld: ReadonlySet<string>
}

/** Returns the checkpoint that everything hangs under, and how many entries say what they say. */
export async function writeLog(
  bundle: BundleFolder,
  evidence: LayerDatabase,
  range: LogRange,
  told: Told,
): Promise<{ readonly last: SignedCheckpoint; readonly shown: number }> {
  const { notes, last } = await checkpointNotes(evidence, range)
  await bundle.write('log/checkpoints.notes', [...notes, formatNote(last.note)].join('\u0000'))
  const file = await bundle.open('log/entries.ndjson')
  let shown = 0
  for (let at = 0; at < range.size;) {
    const entries = await listEntries(evidence, { after: at - 1, limit: Math.min(BATCH, range.size - at) })
    for (const entry of entries) {
      const whole = isTold(entry, told)
      if (whole) shown += 1
      await file.add(`${lineOf(entry, whole)}\n`)
    }
    const end = entries.at(-1)?.seq
    if (end === undefined) throw new Error(`entry ${at} is missing from the sequence`)
    at = end + 1
  }
  await file.close(range.size)
  return { last, shown }
}

function isTold({ type, at, subjects, record }: StoredEntry, { period, scope, withheld }: Told): boolean {
  if (ALWAYS.has(type)) return true
  if (record !== undefined && withheld.has(record.id) && KINDS.has(type)) return true
  return isWithin(period, at) && (scope === undefined || subjects.some((id) => scope.ids.has(id)))
}

function lineOf(entry: StoredEntry, whole: boolean): string {
  const { seq, salt, reason, content } = entry
  const head = { seq, leaf: entryLeaf(entry).toString('utf8') }
  return canonicalJson(whole ? { ...head, salt, reason, content } : head)
}

// An act of high risk is written down as allowed before it is; where it can't be seen in time that this is on record, a denial of the
// same decision follows, and that is what was answered. It counts, and what it stands instead of does not.
import { sql } from '#db'
import type { Tx } from '#db'
import { lineIn } from './decision-line.ts'
import type { DecisionLine, Recorded } from './decision-line.ts'
import type { SpoolLine } from './spool-line.ts'

export interface TakenLine extends SpoolLine {
  readonly decision: Recorded
}

export interface Settled {
  /** Without those that a later one of them takes back. */
  readonly lines: readonly TakenLine[]
  /** As they were counted with an earlier batch. */
  readonly takenBack: readonly Recorded[]
}

export const recordedOf = (line: DecisionLine): Recorded => ({ at: line.at, kind: line })

/** Of one source; a batch goes a few seconds back at most, and a denial follows within two. */
const BATCHES_BACK = 200
/** Of a line, as a pattern; within a text of it the quotes would have a backslash before them. */
const ID = String.raw`"id"\s*:\s*"([^"\\]*)"`

/** What those that stand instead of others take back; they are few, so that mostly this reads nothing. */
export async function settle(tx: Tx, source: string, lines: readonly TakenLine[]): Promise<Settled> {
  const insteadOf = new Set<string>()
  for (const line of lines) if (line.decision.kind.insteadOf !== undefined) insteadOf.add(idOf(line))
  if (insteadOf.size === 0) return { lines, takenBack: [] }
  // only what is of high risk waits for its entry
  const here = new Map(lines.flatMap((line) => (isAwaited(line) ? [[line, idOf(line)] as const] : [])))
  const kept = lines.filter((line) => !insteadOf.has(here.get(line) ?? ''))
  const heldHere = new Set(here.values())
  const before = [...insteadOf].filter((id) => !heldHere.has(id))
  return { lines: kept, takenBack: before.length === 0 ? [] : await allowedBefore(tx, source, before) }
}

const isAwaited = ({ decision: { kind } }: TakenLine): boolean => kind.allowed && kind.highRisk
const idOf = ({ text }: TakenLine): string => lineIn(text).id

/**
 * SECURITY: only what this source itself sent, and once: nobody takes back what another one counted. PostgreSQL does not read the
 * lines: who asks chooses the names in them, and one that it cannot hold would keep every batch from being taken.
 */
async function allowedBefore(tx: Tx, source: string, ids: readonly string[]): Promise<Recorded[]> {
  const rows = await tx.query<{ text: string }>(sql`
    select l.text from (select lines from access.decision_batch where source = ${source}
      order by first_seq desc limit ${BATCHES_BACK}) b, unnest(b.lines) as l (text)
    where substring(l.text from ${ID}) = any(${[...ids]})`)
  const found = rows.map(({ text }) => lineIn(text)).filter(({ id }) => ids.includes(id))
  const over = new Set(found.filter((line) => line.insteadOf !== undefined).map(({ id }) => id))
  const allowed = new Map(found.filter((line) => line.allowed && !over.has(line.id)).map((line) => [line.id, line]))
  return [...allowed.values()].map(recordedOf)
}

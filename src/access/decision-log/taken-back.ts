// An act of high risk is written down as allowed before it is; where it can't be seen in time that this is on record, a denial of the
// same decision follows, and that is what was answered. It counts, and what it stands instead of does not.
import { sql } from '#db'
import type { Tx } from '#db'
import type { DecisionLine } from './decision-log.ts'

export interface Settled<L extends DecisionLine> {
  /** Without those that a later one of them takes back. */
  readonly lines: readonly L[]
  /** As they were counted with an earlier batch. */
  readonly takenBack: readonly DecisionLine[]
}

/** Of one source; a batch goes a few seconds back at most, and a denial follows within two. */
const BATCHES_BACK = 200

/** What those that stand instead of others take back; they are few, so that mostly this reads nothing. */
export async function settle<L extends DecisionLine>(tx: Tx, source: string, lines: readonly L[]): Promise<Settled<L>> {
  const insteadOf = new Set(lines.flatMap((line) => (line.insteadOf === undefined ? [] : [line.id])))
  if (insteadOf.size === 0) return { lines, takenBack: [] }
  const kept = lines.filter(({ id, allowed }) => !(allowed && insteadOf.has(id)))
  const here = new Set(lines.filter(({ allowed }) => allowed).map(({ id }) => id))
  const before = [...insteadOf].filter((id) => !here.has(id))
  return { lines: kept, takenBack: before.length === 0 ? [] : await allowedBefore(tx, source, before) }
}

/** SECURITY: only what this source itself sent, and once: nobody takes back what another one counted. */
async function allowedBefore(tx: Tx, source: string, ids: readonly string[]): Promise<DecisionLine[]> {
  const rows = await tx.query<{ text: string }>(sql`
    select l.text from (select lines from access.decision_batch where source = ${source}
      order by first_seq desc limit ${BATCHES_BACK}) b, unnest(b.lines) as l (text)
    where l.text::jsonb ->> 'id' = any(${[...ids]})`)
  const found = rows.map(({ text }) => JSON.parse(text) as DecisionLine)
  const over = new Set(found.filter((line) => line.insteadOf !== undefined).map(({ id }) => id))
  const allowed = new Map(found.filter((line) => line.allowed && !over.has(line.id)).map((line) => [line.id, line]))
  return [...allowed.values()]
}

// Takes what a decision point wrote into its spool: each line once, counts by minute, one entry for each kind in a batch, and
// an observation of the whole batch for whoever keeps a ledger of use.
import { hash } from 'node:crypto'
import { Fault, following, isId } from '#kernel'
import type { Act } from '#kernel'
import { sql } from '#db'
import type { Tx } from '#db'
import type { AccessLayer } from '../observe/records.ts'
import { note } from '../role/administration.ts'
import { countDecisions } from './count-decisions.ts'
import { lineIn } from './decision-line.ts'
import type { DecidedKind, DecisionLine } from './decision-line.ts'
import type { Taken } from './send-spool.ts'
import type { SpoolLine } from './spool-line.ts'
import { recordedOf, settle } from './taken-back.ts'
import type { TakenLine } from './taken-back.ts'

export interface SentDecisions {
  /** Of the spool: `spl_` and 32 hexadecimal digits. */
  readonly source: string
  readonly lines: readonly SpoolLine[]
}

/** Decisions as observations of use: all of them, in the order of their numbers. */
export interface DecisionBatch {
  readonly source: string
  /** Numbers from here to `last` belong to this batch; the batch before ended right before it. */
  readonly first: number
  readonly last: number
  /** Numbers in between that no decision came with: made and not known. Complete coverage is proved by 0. */
  readonly missing: number
  /** Of the decisions that were made, how many are told. Nothing samples them: always 1. */
  readonly sampling: 1
  /** One with `insteadOf` takes back what was told of the same decision before, in this batch or an earlier one. */
  readonly decisions: readonly (DecisionLine & { readonly seq: number })[]
}

/**
 * Told of every batch before it counts as taken: where it throws, or the server ends meanwhile, the same numbers come again,
 * maybe with later ones. So whoever keeps them keeps `source` and `last` in the same transaction, and passes over what it has.
 */
export type OnDecisions = (batch: DecisionBatch) => Promise<void>

const SUBJECTS_MAX = 900
/** With as many subjects an entry still is a leaf. */
const FOLLOWS_MAX = 400

/** Throws Fault('forbidden') for the spool of somebody else. */
export async function writeDecisions(
  { db }: AccessLayer,
  act: Act,
  { source, lines }: SentDecisions,
  onDecisions?: OnDecisions,
): Promise<Required<Taken>> {
  if (onDecisions !== undefined) {
    const last = await db.transaction(async (tx) => await lastOf(tx, act, source))
    const batch = freshOf(last, lines)
    if (batch !== undefined) await onDecisions(observed(source, batch))
  }
  return await db.transaction(async (tx) => {
    const before = await lastOf(tx, act, source)
    const fresh = freshOf(before, lines)
    if (fresh === undefined) return { taken: 0, lastSeq: before }
    const { first, last, missing, decided } = fresh
    const settled = await settle(tx, source, decided)
    await countDecisions(
      tx,
      settled.lines.map(({ decision }) => decision),
      settled.takenBack,
    )
    const notable = settled.lines.filter(({ decision: { kind } }) => !kind.allowed || kind.highRisk)
    await keep(tx, act, { source, first, notable })
    if (missing > 0) await note(tx, act, 'decision.missing', [], { source, batch: first, count: missing })
    await tx.execute(sql`
      update access.decision_source set last_seq = ${last}, missing = missing + ${missing} where id = ${source}`)
    return { taken: decided.length, lastSeq: last }
  })
}

interface Fresh extends Pick<DecisionBatch, 'first' | 'last' | 'missing'> {
  readonly decided: readonly TakenLine[]
}

function freshOf(before: number, lines: readonly SpoolLine[]): Fresh | undefined {
  const fresh = (lines[0]?.seq ?? 0) > before ? lines : lines.filter(({ seq }) => seq > before)
  const last = fresh.at(-1)?.seq
  if (last === undefined) return undefined
  // what this process wrote a moment ago was read by nobody
  const decided = fresh.every(isTaken) ? fresh : fresh.map(asTaken)
  return { first: before + 1, last, missing: last - before - fresh.length, decided }
}

const isTaken = (line: SpoolLine): line is TakenLine => line.decision !== undefined

const asTaken = ({ seq, text, decision = recordedOf(lineIn(text)) }: SpoolLine): TakenLine => ({ seq, text, decision })

const observed = (source: string, { first, last, missing, decided }: Fresh): DecisionBatch => ({
  source,
  first,
  last,
  missing,
  sampling: 1,
  decisions: decided.map(({ seq, text }) => ({ ...lineIn(text), seq })),
})

/** The number up to which it was taken; nobody else takes of it meanwhile. */
async function lastOf(tx: Tx, { actor }: Act, source: string): Promise<number> {
  await tx.execute(sql`insert into access.decision_source (id, subject_id, last_seq) values (${source}, ${actor.id}, 0)
    on conflict (id) do nothing`)
  const [row] = await tx.query<{ subjectId: string; last: number }>(sql`
    select subject_id as "subjectId", last_seq as last from access.decision_source where id = ${source} for update`)
  if (row?.subjectId !== actor.id) throw new Fault('forbidden', 'this spool is of another decision point')
  return row.last
}

interface Notable {
  readonly source: string
  readonly first: number
  readonly notable: readonly TakenLine[]
}

/** Denials and acts of high risk as they were sent, and what the log says of them. */
async function keep(tx: Tx, act: Act, { source, first, notable }: Notable): Promise<void> {
  if (notable.length === 0) return
  const texts = notable.map(({ text }) => text)
  const root = rootOf(texts)
  await tx.execute(sql`insert into access.decision_batch (source, first_seq, received_at, root, lines)
    values (${source}, ${first}, ${act.at}, decode(${root}, 'hex'), array(
      select l.text from jsonb_array_elements_text(${JSON.stringify(texts)}::jsonb) with ordinality as l (text, place)
      order by l.place))`)
  const kinds: Readonly<Record<string, (kind: DecidedKind) => boolean>> = {
    'decision.denied': ({ allowed, enforced }) => !allowed && enforced !== false,
    'decision.would_deny': ({ allowed, enforced }) => !allowed && enforced === false,
    'decision.allowed_high_risk': ({ allowed }) => allowed,
  }
  for (const [type, isOf] of Object.entries(kinds)) {
    const lines = notable.flatMap(({ decision: { kind } }) => (isOf(kind) ? [kind] : []))
    const subjects = [...new Set(lines.flatMap(({ principalId }) => (principalId === '' ? [] : [principalId])))]
    const content = { source, batch: first, root, count: lines.length }
    // a decision point says which: what is no id of a grant is not repeated
    const grants = lines.flatMap(({ grantId = '' }) => (isId('grant', grantId) ? [grantId] : []))
    const under = [...new Set(grants)].slice(0, FOLLOWS_MAX)
    if (lines.length > 0) await note(tx, following(act, ...under), type, subjects.slice(0, SUBJECTS_MAX), content)
  }
}

/** SHA-256 over the texts, each ended by a line feed: what the entries of the batch name. */
const rootOf = (texts: readonly string[]): string => hash('sha256', texts.map((text) => `${text}\n`).join(''), 'hex')

// Takes what a decision point sends of its spool: each line once, counts by minute, and one entry for each kind in a batch.
import { hash } from 'node:crypto'
import { Fault } from '#kernel'
import type { Act } from '#kernel'
import { sql } from '#db'
import type { Tx } from '#db'
import type { AccessLayer } from '../observe/records.ts'
import { note } from '../role/administration.ts'
import type { DecisionLine } from './decision-log.ts'
import type { SpoolLine } from './spool.ts'

export interface SentDecisions {
  /** Of the spool: `spl_` and 32 hexadecimal digits. */
  readonly source: string
  readonly lines: readonly SpoolLine[]
}

const MINUTE_MS = 60_000
const SUBJECTS_MAX = 900

/** Answers how many were new. Throws Fault('forbidden') for the spool of somebody else. */
export async function writeDecisions({ db }: AccessLayer, act: Act, { source, lines }: SentDecisions): Promise<number> {
  return await db.transaction(async (tx) => {
    const last = await lockSource(tx, act, source)
    const fresh = lines.filter(({ seq }) => seq > last)
    const first = fresh[0]
    if (first === undefined) return 0
    const decided = fresh.map(({ text }) => ({ text, line: JSON.parse(text) as DecisionLine }))
    await count(
      tx,
      decided.map(({ line }) => line),
    )
    const notable = decided.filter(({ line }) => !line.allowed || line.highRisk)
    if (notable.length > 0) {
      const root = hash('sha256', notable.map(({ text }) => `${text}\n`).join(''), 'hex')
      await tx.execute(sql`insert into access.decision_batch (source, first_seq, received_at, root, lines)
        values (${source}, ${first.seq}, ${act.at}, decode(${root}, 'hex'), ${notable.map(({ text }) => text)})`)
      const of = (allowed: boolean): DecisionLine[] =>
        notable.flatMap(({ line }) => (line.allowed === allowed ? [line] : []))
      const batch = { source, batch: first.seq, root }
      await entry(tx, act, 'decision.denied', of(false), batch)
      await entry(tx, act, 'decision.allowed_high_risk', of(true), batch)
    }
    const newest = Math.max(...fresh.map(({ seq }) => seq))
    await tx.execute(sql`update access.decision_source set last_seq = ${newest} where id = ${source}`)
    return fresh.length
  })
}

async function lockSource(tx: Tx, { actor }: Act, source: string): Promise<number> {
  await tx.execute(sql`insert into access.decision_source (id, subject_id, last_seq) values (${source}, ${actor.id}, 0)
    on conflict (id) do nothing`)
  const [row] = await tx.query<{ subjectId: string; last: string }>(sql`
    select subject_id as "subjectId", last_seq::text as last from access.decision_source where id = ${source} for update`)
  if (row?.subjectId !== actor.id) throw new Fault('forbidden', 'this spool is of another decision point')
  return Number(row.last)
}

async function count(tx: Tx, lines: readonly DecisionLine[]): Promise<void> {
  const counts = new Map<string, { readonly line: DecisionLine; readonly minute: string; count: number }>()
  for (const line of lines) {
    const { at, principalId, action, resource, allowed, reason } = line
    const minute = new Date(Math.floor(at / MINUTE_MS) * MINUTE_MS).toISOString()
    const key = JSON.stringify([principalId, action, resource, allowed, reason])
    const known = counts.get(`${minute} ${key}`)
    if (known === undefined) counts.set(`${minute} ${key}`, { line, minute, count: 1 })
    else known.count++
  }
  // in one order, so that two who send at once do not wait for each other
  const rows = [...counts]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, { line, minute, count: times }]) => ({
      minute,
      key: hash('sha256', key.slice(minute.length + 1), 'hex'),
      principal: line.principalId,
      action: line.action,
      resource: line.resource,
      allowed: line.allowed,
      reason: line.reason,
      times,
    }))
  await tx.execute(sql`
    insert into access.decision_count as c (minute, key, principal_id, action, resource, allowed, reason, count)
    select r.minute, decode(r.key, 'hex'), r.principal, r.action, r.resource, r.allowed, r.reason, r.times
    from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as r (minute timestamptz, key text, principal text, action text,
      resource text, allowed boolean, reason text, times bigint)
    on conflict (minute, key) do update set count = c.count + excluded.count`)
}

async function entry(
  tx: Tx,
  act: Act,
  type: string,
  lines: readonly DecisionLine[],
  batch: { readonly source: string; readonly batch: number; readonly root: string },
): Promise<void> {
  if (lines.length === 0) return
  const subjects = [...new Set(lines.flatMap(({ principalId }) => (principalId === '' ? [] : [principalId])))]
  await note(tx, act, type, subjects.slice(0, SUBJECTS_MAX), { ...batch, count: lines.length })
}

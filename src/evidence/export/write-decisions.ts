// The decisions of a bundle: batches whose entries are of the period, as they were sent, and a table of their lines.
import { canonicalJson } from '#kernel'
import type { Json } from '#kernel'
import { sql } from '#db'
import type { LayerDatabase } from '#db'
import { DECISION_TYPES, decisionLine } from '../verify/offline/decision-batches.ts'
import type { DecisionSource } from '../verify/live/verify-decisions.ts'
import type { BundleFolder } from './bundle-folder.ts'
import type { LogRange, Period } from './log-range.ts'
import { cellAt, csvRow } from './population.ts'

const COLUMNS: Readonly<Record<string, string>> = {
  id: 'id',
  at: 'at',
  principal: 'principalId',
  action: 'action',
  resource: 'resource',
  allowed: 'allowed',
  reason: 'reason',
  high_risk: 'highRisk',
  grant: 'grantId',
  point: 'point',
  enforced: 'enforced',
}

/** Answers how many rows. Without `source` there are none: a batch holds decisions of many. */
export async function writeDecisions(
  bundle: BundleFolder,
  evidence: LayerDatabase,
  source: DecisionSource | undefined,
  span: { readonly range: LogRange; readonly period: Period },
): Promise<number> {
  const table = await bundle.open('populations/decisions.csv')
  const records = await bundle.open('records/decisions.ndjson')
  await table.add(csvRow(['source', 'batch', ...Object.keys(COLUMNS)]))
  let rows = 0
  if (source !== undefined) {
    const within = await batchesWithin(evidence, span)
    for await (const { source: spool, first, lines } of source.batches()) {
      if (!within.has(`${spool} ${first}`)) continue
      await records.add(`${canonicalJson({ source: spool, first, lines: [...lines] })}\n`)
      for (const line of lines) await table.add(rowOf(spool, first, line))
      rows += lines.length
    }
  }
  await records.close()
  await table.close(rows)
  return rows
}

function rowOf(source: string, first: number, text: string): string {
  const line = (decisionLine(text) ?? {}) as { readonly [key: string]: Json }
  const at = line['at']
  const dated = typeof at === 'number' && Math.abs(at) <= 8.64e15 ? { ...line, at: new Date(at).toISOString() } : line
  return csvRow([source, String(first), ...Object.values(COLUMNS).map((path) => cellAt(dated, path))])
}

/** By source and first number. What was pruned of an entry does not say of which batch it was. */
async function batchesWithin(
  evidence: LayerDatabase,
  { range: { size }, period: { from, to } }: { readonly range: LogRange; readonly period: Period },
): Promise<ReadonlySet<string>> {
  const rows = await evidence.transaction(
    async (tx) =>
      await tx.query<{ batch: string }>(sql`
        select distinct (e.content ->> 'source') || ' ' || (e.content ->> 'batch') as batch
        from evidence.entry e join evidence.sequence s on s.entry_id = e.id
        where e.type = any(${[...DECISION_TYPES]}) and s.seq < ${size} and e.content is not null
          ${from === undefined ? sql`` : sql`and e.at >= ${from}`} ${to === undefined ? sql`` : sql`and e.at < ${to}`}`),
    { readOnly: true, statementTimeoutMs: 0 },
  )
  return new Set(rows.map(({ batch }) => batch))
}

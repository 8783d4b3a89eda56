// The decisions of a bundle: each batch as the entries of the log name it, and each row of the table as its line says.
import { csvRows, lines } from './files.ts'
import { decisionLine } from './decision-batches.ts'
import type { DecisionBatch, DecisionBatches, DecisionLine } from './decision-batches.ts'
import { canonical } from './formats.ts'
import { cellOf, recordsPath, tablePath } from './population-rows.ts'
import type { Report } from './report.ts'

/** After source, batch and place: column → member of the line. */
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

/** `said`: what the entries of the period say of batches; undefined in a bundle of some identities, which has none. Throws. */
export async function checkDecisions(
  folder: string,
  said: DecisionBatches | undefined,
  report: Report,
): Promise<string> {
  const table = csvRows(folder, tablePath('decisions'))[Symbol.asyncIterator]()
  const head = ['source', 'batch', ...Object.keys(COLUMNS)]
  if (canonical((await table.next()).value) !== canonical(head))
    throw new Error(`its columns have to be ${head.join(', ')}`)
  const wrong: string[] = []
  let [batches, decisions, before] = [0, 0, '']
  for await (const line of lines(folder, recordsPath('decisions'))) {
    const batch = JSON.parse(line) as DecisionBatch
    if (canonical(batch) !== line) throw new Error('a batch is not canonical JSON')
    const place = `${batch.source} ${String(batch.first).padStart(16, '0')}`
    if (place <= before) wrong.push(`batch ${batch.first} of ${batch.source} is out of order`)
    before = place
    batches += 1
    const problem = said === undefined ? 'a bundle of some identities has no batches' : said.problemOf(batch)
    if (problem !== undefined) wrong.push(problem)
    for (const text of batch.lines) {
      decisions += 1
      const cells = cellsOf(batch, decisionLine(text))
      if (canonical((await table.next()).value ?? null) !== canonical(cells))
        wrong.push(`the row of ${cells[2] ?? ''} is not what its line says`)
    }
  }
  if ((await table.next()).done !== true) wrong.push('the table has rows of no batch')
  wrong.push(...(said?.missing() ?? []))
  if (wrong.length > 0) throw new Error(`${wrong.length} are wrong: ${wrong.slice(0, 5).join('; ')}`)
  const unsaid = said?.unsaid ?? 0
  if (unsaid > 0)
    report.say(
      'decisions',
      'cannot',
      `${unsaid} entries do not say any more of which batch they are: it may be missing`,
    )
  return said === undefined
    ? 'none: a batch holds decisions of many, and this is a bundle of some identities'
    : `${decisions} decisions in ${batches} batches, each as its entries name it`
}

const cellsOf = ({ source, first }: DecisionBatch, line: DecisionLine | undefined): string[] => [
  source,
  String(first),
  ...Object.entries(COLUMNS).map(([column, member]) =>
    column === 'at' && typeof line?.['at'] === 'number' ? instantOf(line['at']) : cellOf(line, member),
  ),
]

/** A decision point says it: what is no instant stays a number. */
const instantOf = (at: number): string => (Math.abs(at) <= 8.64e15 ? new Date(at).toISOString() : String(at))

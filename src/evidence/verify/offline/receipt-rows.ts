// Receipts beside their plans: each plan that came to an end has its own, with what it came to, and says the same in the log.
import { csvRows, lines } from './files.ts'
import { canonical, sha256 } from './formats.ts'
import { recordsPath, tablePath } from './population-rows.ts'

/** What the state of a plan is called that has a receipt. */
const ENDED = new Set(['verified', 'unproven', 'rolled_back', 'undone'])

type Cells = ReadonlyMap<string, string>

/** `said`: by the id of a receipt, the hash of it as its entry has it, where the bundle shows what the entry says. Throws. */
export async function checkReceipts(folder: string, said: ReadonlyMap<string, string>): Promise<string> {
  const plans = new Map<string, Cells>()
  for await (const row of rowsOf(folder, 'plans')) plans.set(row.get('id') ?? '', row)
  const wrong: string[] = []
  const receipts = new Map<string, Cells>()
  for await (const row of rowsOf(folder, 'receipts')) {
    const id = row.get('id') ?? ''
    receipts.set(id, row)
    if (!plans.has(row.get('plan') ?? '')) wrong.push(`${id} is of no plan`)
    if (row.get('outcome') === 'verified' && row.get('reasons') !== '')
      wrong.push(`${id} is verified, and says why it is not`)
  }
  let ended = 0
  for (const [id, plan] of plans) {
    const state = plan.get('state') ?? ''
    if (!ENDED.has(state)) continue
    ended += 1
    const receipt = receipts.get(plan.get('receipt') ?? '')
    if (receipt?.get('plan') !== id) wrong.push(`${id} is ${state}, and has no receipt`)
    else if (receipt.get('outcome') !== state) wrong.push(`${id} is ${state}, and its receipt says otherwise`)
  }
  const compared = await compare(folder, said, wrong)
  if (wrong.length > 0) throw new Error(`${wrong.length} are wrong: ${wrong.slice(0, 5).join('; ')}`)
  return `${ended} plans that came to an end have their receipts; ${compared} of ${receipts.size} say in the log what they say here`
}

/** The record and the entry are under hashes of their own: what the one says the other has to. */
async function compare(folder: string, said: ReadonlyMap<string, string>, wrong: string[]): Promise<number> {
  let compared = 0
  for await (const line of lines(folder, recordsPath('receipts'))) {
    const { id, segments } = JSON.parse(line) as { id: string; segments: readonly { data: unknown }[] }
    const hash = said.get(id)
    if (hash === undefined) continue
    compared += 1
    if (segments.some(({ data }) => receiptHash(data) !== hash)) wrong.push(`${id} says something else in the log`)
  }
  return compared
}

export const receiptHash = (receipt: unknown): string => sha256(canonical(receipt)).toString('hex')

async function* rowsOf(folder: string, name: string): AsyncGenerator<Cells> {
  let names: readonly string[] | undefined
  for await (const cells of csvRows(folder, tablePath(name))) {
    const known = names
    if (known === undefined) names = cells
    else yield new Map(known.map((column, at) => [column, cells[at] ?? '']))
  }
}

// Verifies one receipt: that it is what the log knows, word for word, and that the log is the one whose key the reader knows.
// What a file says of itself is believed in nothing: it has one form, and every byte of it is under a hash or a signature.
import { parseKey } from './formats.ts'
import { leafSaying, readReceipt } from './receipt-file.ts'
import type { ReceiptParts, ToldEntry } from './receipt-file.ts'
import { checkPlace, checkReceiptKeys } from './receipt-keys.ts'
import { Report } from './report.ts'
import type { Finding } from './report.ts'
import { checkWitnesses } from './witnesses.ts'

export interface ReceiptOptions {
  /** Any that the log has had, up to the one that signed. */
  readonly logKey?: string
  readonly witnessKeys?: readonly string[]
}

/** Throws only where what the reader gave cannot be read. */
export async function verifyReceipt(bytes: Uint8Array, options: ReceiptOptions = {}): Promise<Finding[]> {
  const { logKey, witnessKeys = [] } = options
  const known = logKey === undefined ? undefined : parseKey(logKey)
  for (const key of witnessKeys) parseKey(key)
  const report = new Report()
  const read: ReceiptParts[] = []
  await report.attempt('file', () => {
    read.push(readReceipt(bytes))
    return 'it is written in its one form'
  })
  const [parts] = read
  if (parts === undefined) return report.findings
  const { entry, index, hashes, checkpoint } = parts
  await report.attempt('entry', () => checkReceipt(entry))
  await report.attempt('log', () => {
    if (entry.seq !== index) throw new Error('the entry stands elsewhere than the proof says')
    return checkPlace(entry, hashes, checkpoint)
  })
  let keys = known === undefined ? [] : [known]
  await report.attempt('log key', () => {
    keys = [...checkReceiptKeys(report, parts, known)]
    return undefined
  })
  checkWitnesses(report, witnessKeys, keys, checkpoint)
  return report.findings
}

interface ReceiptSaid {
  readonly planId?: unknown
  readonly operation?: unknown
  readonly account?: unknown
  readonly targetName?: unknown
  readonly outcome?: unknown
  readonly endedAt?: unknown
}

/** What it says is what the leaf has by hash; and the leaf is that of a receipt. */
function checkReceipt(entry: ToldEntry): string {
  const head = leafSaying('receipt.made', entry)
  const receipt = entry.content['receipt'] as ReceiptSaid | undefined
  if (typeof receipt !== 'object' || receipt === null) throw new Error('the entry holds no receipt')
  const { operation, account, targetName, outcome, endedAt, planId } = receipt
  if (head.subjects?.includes(planId) !== true) throw new Error('the entry is of another plan than its receipt')
  return `${String(head.record?.id)}: ${String(outcome)}: ${String(operation)} ${String(account)} at ${String(targetName)}, ${String(endedAt)}`
}

// Verifies one receipt: that it is what the log knows, word for word, and that the log is the one whose key the reader knows.
// What a file says of itself is believed in nothing: it has one form, and every byte of it is under a hash or a signature.
import { above, canonical, LEAF, parseCheckpoint, parseKey, parseNote, sha256, signedBy } from './formats.ts'
import type { Note } from './formats.ts'
import { Report } from './report.ts'
import type { Finding } from './report.ts'
import { checkWitnesses } from './witnesses.ts'

export interface ReceiptOptions {
  readonly logKey?: string
  readonly witnessKeys?: readonly string[]
}

interface ReceiptFile {
  readonly format: string
  readonly entry: {
    readonly seq: number
    readonly leaf: string
    readonly salt: string
    readonly reason?: string
    readonly content: Readonly<Record<string, unknown>>
  }
  readonly proof: string
}

interface Proof {
  readonly index: number
  readonly hashes: readonly Buffer[]
  readonly checkpoint: Note
}

const RECEIPT_MEMBERS = 'entry,format,proof'
const ENTRY_MEMBERS = new Set(['seq', 'leaf', 'salt', 'reason', 'content'])
const HASHES_MAX = 64

/** Throws only where what the reader gave cannot be read. */
export async function verifyReceipt(bytes: Uint8Array, options: ReceiptOptions = {}): Promise<Finding[]> {
  const { logKey, witnessKeys = [] } = options
  const known = logKey === undefined ? undefined : parseKey(logKey)
  for (const key of witnessKeys) parseKey(key)
  const report = new Report()
  let file: ReceiptFile | undefined
  let proof: Proof | undefined
  const read = await report.attempt('file', () => {
    file = fileOf(bytes)
    proof = proofOf(file.proof)
    return 'it is written in its one form'
  })
  if (!read || file === undefined || proof === undefined) return report.findings
  const { entry } = file
  const { checkpoint } = proof
  await report.attempt('entry', () => checkEntry(entry))
  await report.attempt('log', () => checkPlace(entry, proof as Proof))
  await report.attempt('log key', () => {
    if (known === undefined) {
      report.say('log key', 'cannot', 'no --log-key was given: whose log it is cannot be said')
      return undefined
    }
    if (parseCheckpoint(checkpoint.text).origin !== known.name) throw new Error('the checkpoint is of another log')
    if (!signedBy(checkpoint, known)) throw new Error('the key that you know did not sign the checkpoint')
    return `the checkpoint is signed by the key that you know, ${known.id}`
  })
  checkWitnesses(report, witnessKeys, known === undefined ? [] : [known], checkpoint)
  return report.findings
}

function fileOf(bytes: Uint8Array): ReceiptFile {
  const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  const file = JSON.parse(text) as ReceiptFile
  // a member twice, or one more, would be read by others and proven by nothing
  if (`${canonical(file)}\n` !== text || Object.keys(file).sort().join(',') !== RECEIPT_MEMBERS)
    throw new Error('the file is not written in its one form')
  const { format, entry, proof } = file
  if (format !== 'reeve-receipt@v1') throw new Error('the file is no receipt that this verifier knows')
  const whole =
    typeof entry === 'object' && entry !== null && Object.keys(entry).every((name) => ENTRY_MEMBERS.has(name))
  if (!whole || typeof entry.leaf !== 'string' || typeof proof !== 'string') throw new Error('the file holds no entry')
  if (typeof entry.salt !== 'string' || !/^(?:[0-9a-f]{2}){16,64}$/.test(entry.salt))
    throw new Error('the entry has no salt: what it says cannot be what the log knows')
  return file
}

/** C2SP tlog-proof. Base64 in its one form: else other bytes would say the same. */
function proofOf(text: string): Proof {
  const [, index = '', hashes = '', checkpoint = ''] =
    /^c2sp\.org\/tlog-proof@v1\nindex (0|[1-9]\d{0,14})\n((?:[A-Za-z0-9+/]{43}=\n)*)\n([^]+)$/.exec(text) ?? []
  if (checkpoint === '') throw new Error('the proof is none')
  const lines = hashes.split('\n').filter((line) => line !== '')
  if (lines.length > HASHES_MAX) throw new Error('the proof is longer than a proof can be')
  const note = parseNote(checkpoint)
  const signatures = checkpoint.slice(note.text.length + 1, -1).split('\n')
  return { index: Number(index), hashes: lines.map(exactBytes), checkpoint: onlyExact(note, signatures) }
}

function onlyExact(note: Note, lines: readonly string[]): Note {
  for (const line of lines) {
    const [, encoded = ''] = /^— \S+ (\S+)$/.exec(line) ?? []
    if (encoded === '') throw new Error('a signature under the checkpoint is none')
    exactBytes(encoded)
  }
  const [, , root = ''] = note.text.split('\n')
  exactBytes(root)
  return note
}

function exactBytes(encoded: string): Buffer {
  const bytes = Buffer.from(encoded, 'base64')
  if (bytes.toString('base64') !== encoded) throw new Error('a hash or a signature is not written in its one form')
  return bytes
}

interface ReceiptSaid {
  readonly planId?: unknown
  readonly operation?: unknown
  readonly account?: unknown
  readonly targetName?: unknown
  readonly outcome?: unknown
  readonly endedAt?: unknown
}

interface LeafSaid {
  readonly type?: unknown
  readonly subjects?: readonly unknown[]
  readonly contentHash?: unknown
  readonly record?: { readonly id?: unknown; readonly hash?: unknown }
}

/** What it says is what the leaf has by hash; and the leaf is that of a receipt. */
function checkEntry({ leaf, salt, reason, content }: ReceiptFile['entry']): string {
  const head = JSON.parse(leaf) as LeafSaid
  if (canonical(head) !== leaf) throw new Error('the entry is not canonical JSON')
  if (head.type !== 'receipt.made') throw new Error('the entry is of something else than a receipt')
  const found = sha256(Buffer.from(salt, 'hex'), canonical({ reason, content })).toString('hex')
  if (found !== head.contentHash) throw new Error('what the receipt says was changed')
  const receipt = content['receipt'] as ReceiptSaid | undefined
  if (typeof receipt !== 'object' || receipt === null) throw new Error('the entry holds no receipt')
  const { operation, account, targetName, outcome, endedAt, planId } = receipt
  if (head.subjects?.includes(planId) !== true) throw new Error('the entry is of another plan than its receipt')
  return `${String(head.record?.id)}: ${String(outcome)}: ${String(operation)} ${String(account)} at ${String(targetName)}, ${String(endedAt)}`
}

/** RFC 9162, 2.1.3.2: from the leaf up to the root that the checkpoint has. */
function checkPlace({ seq, leaf }: ReceiptFile['entry'], { index, hashes, checkpoint }: Proof): string {
  const { size, root } = parseCheckpoint(checkpoint.text)
  if (seq !== index || index >= size) throw new Error('the entry stands elsewhere than the proof says')
  let [at, last, hash] = [index, size - 1, sha256(LEAF, leaf)]
  for (const other of hashes) {
    if (last === 0) throw new Error('the proof is longer than the tree is high')
    if (at % 2 === 1 || at === last) {
      hash = above(other, hash)
      while (at % 2 === 0 && at !== 0) [at, last] = [at / 2, Math.floor(last / 2)]
    } else hash = above(hash, other)
    ;[at, last] = [Math.floor(at / 2), Math.floor(last / 2)]
  }
  if (last !== 0 || !hash.equals(root)) throw new Error('the log that was signed does not hold this entry')
  return `entry ${index} of the ${size} that the checkpoint covers`
}

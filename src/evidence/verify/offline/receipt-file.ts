// One receipt in a file of its own, as it is read: it has one form, and what is not in that form is refused before it is believed.
import { canonical, parseNote, sha256 } from './formats.ts'
import type { Note } from './formats.ts'

export interface ToldEntry {
  readonly seq: number
  readonly leaf: string
  readonly salt: string
  readonly reason?: string
  readonly content: Readonly<Record<string, unknown>>
}

/** An entry that announces a key, with its path to the root of the receipt's own checkpoint. */
interface Announcement {
  readonly entry: ToldEntry
  readonly hashes: readonly Buffer[]
}

export interface ReceiptParts {
  readonly entry: ToldEntry
  readonly index: number
  readonly hashes: readonly Buffer[]
  readonly checkpoint: Note
  /** In the order of the log. */
  readonly announcements: readonly Announcement[]
}

interface ReceiptFile {
  readonly format: unknown
  readonly entry: unknown
  readonly proof: unknown
  readonly keys?: readonly { readonly entry?: unknown; readonly proof?: readonly unknown[] }[]
}

const MEMBERS_OF_FILE = new Set(['entry,format,proof', 'entry,format,keys,proof'])
const MEMBERS_OF_ENTRY = new Set(['seq', 'leaf', 'salt', 'reason', 'content'])
const HASHES_MAX = 64
const KEYS_MAX = 1000

export function readReceipt(bytes: Uint8Array): ReceiptParts {
  const text = textOfReceipt(bytes)
  const file = objectIn(text) as ReceiptFile
  // a member twice, or one more, would be read by others and proven by nothing
  if (`${canonical(file)}\n` !== text || !MEMBERS_OF_FILE.has(Object.keys(file).sort().join(',')))
    throw new Error('the file is not written in its one form')
  if (file.format !== 'reeve-receipt@v1') throw new Error('the file is no receipt that this verifier knows')
  const { keys } = file
  if (keys !== undefined && !(Array.isArray(keys) && keys.length > 0 && keys.length <= KEYS_MAX))
    throw new Error('the keys in the file are none')
  const entry = toldEntry(file.entry)
  return { entry, ...proofIn(file.proof), announcements: (keys ?? []).map(announcementIn) }
}

function textOfReceipt(bytes: Uint8Array): string {
  if (bytes.length === 0) throw new Error('the file is empty')
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    throw new Error('the file is no text in UTF-8')
  }
}

/** An object: what is looked into. */
function objectIn(text: string): unknown {
  try {
    const file = JSON.parse(text) as unknown
    if (typeof file === 'object' && file !== null) return file
  } catch {
    // said below
  }
  throw new Error('the file is no JSON object: it is cut off, or another file')
}

function announcementIn(item: NonNullable<ReceiptFile['keys']>[number]): Announcement {
  const { entry, proof } = item
  if (Object.keys(item).sort().join(',') !== 'entry,proof' || !Array.isArray(proof) || proof.length > HASHES_MAX)
    throw new Error('a key in the file has no proof')
  return { entry: toldEntry(entry), hashes: proof.map((hash) => hashIn(String(hash))) }
}

function toldEntry(item: unknown): ToldEntry {
  const entry = item as Partial<ToldEntry> | null | undefined
  const whole =
    typeof entry === 'object' && entry !== null && Object.keys(entry).every((one) => MEMBERS_OF_ENTRY.has(one))
  if (!whole || typeof entry.leaf !== 'string') throw new Error('the file holds no entry')
  if (typeof entry.salt !== 'string' || !/^(?:[0-9a-f]{2}){16,64}$/.test(entry.salt))
    throw new Error('the entry has no salt: what it says cannot be what the log knows')
  return entry as ToldEntry
}

/** C2SP tlog-proof. Base64 in its one form: else other bytes would say the same. */
function proofIn(text: unknown): Pick<ReceiptParts, 'index' | 'hashes' | 'checkpoint'> {
  const [, index = '', hashes = '', checkpoint = ''] =
    /^c2sp\.org\/tlog-proof@v1\nindex (0|[1-9]\d{0,14})\n((?:[A-Za-z0-9+/]{43}=\n)*)\n([^]+)$/.exec(String(text)) ?? []
  if (checkpoint === '') throw new Error('the proof is none')
  const lines = hashes.split('\n').filter((line) => line !== '')
  if (lines.length > HASHES_MAX) throw new Error('the proof is longer than a proof can be')
  const note = parseNote(checkpoint)
  hashIn(note.text.split('\n')[2] ?? '')
  return { index: Number(index), hashes: lines.map(hashIn), checkpoint: note }
}

function hashIn(encoded: string): Buffer {
  const bytes = Buffer.from(encoded, 'base64')
  if (bytes.length !== 32 || bytes.toString('base64') !== encoded)
    throw new Error('a hash is not written in its one form')
  return bytes
}

export interface LeafSaid {
  readonly type?: unknown
  readonly subjects?: readonly unknown[]
  readonly contentHash?: unknown
  readonly record?: { readonly id?: unknown; readonly hash?: unknown }
}

/** The leaf of an entry of this type; throws where the entry does not say what the leaf has by hash. */
export function leafSaying(type: string, { leaf, salt, reason, content }: ToldEntry): LeafSaid {
  const head = JSON.parse(leaf) as LeafSaid
  if (canonical(head) !== leaf) throw new Error('the entry is not canonical JSON')
  if (head.type !== type) throw new Error(`the entry is not of the type ${type}`)
  const found = sha256(Buffer.from(salt, 'hex'), canonical({ reason, content })).toString('hex')
  if (found !== head.contentHash) throw new Error('what the entry says was changed')
  return head
}

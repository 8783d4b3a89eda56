// The log of a bundle: every entry in its place, by its leaf, under signed checkpoints of one growing tree. Of entries of the
// period and the scope the bundle has to say what they say, unless an act in the log took it away.
import { lines, textOf } from './files.ts'
import {
  announcedKey,
  canonical,
  LEAF,
  MerkleStack,
  parseCheckpoint,
  parseKey,
  parseNote,
  sha256,
  signedBy,
} from './formats.ts'
import type { Key, Note } from './formats.ts'
import { EntryTimes } from './entry-times.ts'
import { ErasedContent } from './erased-content.ts'
import type { Leaf, LogFacts } from './log-facts.ts'
import type { Manifest } from './manifest.ts'
import { endsBehind } from './period.ts'
import type { Report } from './report.ts'
import { cosignedAtMs } from './witnesses.ts'

interface Line {
  readonly seq: number
  readonly leaf: string
  readonly salt?: string
  readonly reason?: string
  readonly content?: Readonly<Record<string, unknown>>
}

const MEMBERS = new Set(['seq', 'leaf', 'salt', 'reason', 'content'])

/** Without these the log cannot be followed: every bundle has to say what they say. */
const ALWAYS = new Set(['log.key_rotated', 'content.pruned', 'content.erased', 'rows.changed'])

export interface LogCheckParts {
  readonly facts: LogFacts
  readonly report: Report
  /** Checkpoints that the log has to begin with. */
  readonly known: readonly string[]
  readonly witnessKeys: readonly string[]
  /** Nothing in a log is of later. */
  readonly nowMs: number
}

export class LogCheck {
  /** The first key of the log, then each that the one before it announced. The last one counts. */
  readonly keys: Key[]
  last: Note | undefined
  readonly #folder: string
  readonly #manifest: Manifest
  readonly #report: Report
  readonly #facts: LogFacts
  readonly #erased = new ErasedContent()
  readonly #byType = new Map<string, number>()
  readonly #tree = new MerkleStack()
  readonly #known: readonly { readonly origin: string; readonly size: number; readonly root: Buffer }[]
  readonly #witnesses: readonly Key[]
  readonly #nowMs: number
  readonly #times = new EntryTimes()
  #ended = false
  #endsBehind = -1
  #heads = 0

  constructor(folder: string, manifest: Manifest, { facts, report, known, witnessKeys, nowMs }: LogCheckParts) {
    this.#folder = folder
    this.#manifest = manifest
    this.#facts = facts
    this.#report = report
    this.#known = known.map((note) => parseCheckpoint(parseNote(note).text))
    this.#witnesses = witnessKeys.map(parseKey)
    this.#nowMs = nowMs
    this.keys = [parseKey(manifest.key)]
  }

  async read(): Promise<string> {
    const { origin, size } = this.#manifest
    const other = this.#known.find((known) => known.origin !== origin)
    if (other !== undefined)
      throw new Error(`the checkpoint that you know is of the log ${other.origin}, and this is ${origin}`)
    if (this.keys[0]?.name !== origin) throw new Error('the first key is named otherwise than the log')
    const notes = textOf(this.#folder, 'log/checkpoints.notes')
      .split('\u0000')
      .filter((note) => note !== '')
    const checkpoints = notes.map(parseNote)
    let next = 0
    const reach = (): void => {
      for (const known of this.#known) if (known.size === this.#tree.size) this.#checkKnown(known, this.#tree.root())
      for (let note = checkpoints[next]; note !== undefined; note = checkpoints[next]) {
        if (parseCheckpoint(note.text).size !== this.#tree.size) return
        this.#checkCheckpoint(note)
        next += 1
      }
    }
    reach()
    this.#endsBehind = await endsBehind(this.#folder, this.#manifest.period)
    for await (const line of lines(this.#folder, 'log/entries.ndjson')) {
      this.#take(line)
      reach()
    }
    if (this.#tree.size !== size) throw new Error(`the entries end at ${this.#tree.size}, not at ${size}`)
    this.last = checkpoints.at(-1)
    if (this.last === undefined || parseCheckpoint(this.last.text).size !== size)
      throw new Error('no signed checkpoint covers all entries')
    if (next !== checkpoints.length) throw new Error('a checkpoint is of a size that the entries do not reach')
    for (const known of this.#known)
      if (known.size > size)
        throw new Error(`you know a log of ${known.size} entries; this one has ${size}: its tail was cut`)
    for (const { outcome, detail } of this.#times.findings()) this.#report.say('time', outcome, detail)
    this.#facts.rows.end()
    this.#erased.known(this.#nowMs)
    const { period, scope } = this.#manifest
    this.#erased.check(this.#report, Object.keys({ ...period, ...scope }).length === 0)
    const heads = this.#heads === 0 ? '' : `; of ${this.#heads} that are not of the period and scope only the head`
    return `${size} entries without a gap, under ${next} checkpoints of one growing tree${heads}`
  }

  #take(line: string): void {
    const entry = JSON.parse(line) as Line
    const { seq, leaf, content } = entry
    const expected = this.#tree.size
    if (seq !== expected) throw new Error(`entry ${expected} is missing: ${String(seq)} stands in its place`)
    // a member twice, or one more, would be read by others and proven by nothing
    if (canonical(entry) !== line || typeof leaf !== 'string' || !Object.keys(entry).every((name) => MEMBERS.has(name)))
      throw new Error(`the line of entry ${seq} is not written in its one form`)
    const head = leafOf(seq, leaf)
    this.#tree.push(sha256(LEAF, leaf))
    this.#takeTime(seq, head)
    const shown = this.#checkContent(head, entry)
    const span = { ended: this.#ended, inPeriod: this.#isWithin(head) }
    this.#facts.take(head, shown ? (content ?? {}) : undefined, span)
    if (!shown || content === undefined) return
    if (head.type === 'log.key_rotated') this.#takeKey(seq, String(content['note']))
    if (head.type === 'content.pruned') this.#erased.pruned(seq, head.at, content)
    if (head.type === 'content.erased') this.#erased.erased(content)
  }

  #takeTime(seq: number, { type, at }: Leaf): void {
    const atMs = Date.parse(at)
    this.#times.take(seq, type, atMs)
    if (type === 'clock.stepped') this.#erased.setBack(atMs)
    const { to } = this.#manifest.period
    if (to !== undefined && at >= to && seq > this.#endsBehind) this.#ended = true
  }

  #isWithin({ at }: Leaf): boolean {
    const { from = '', to } = this.#manifest.period
    return at >= from && (to === undefined || at < to)
  }

  /** Whether the bundle says what the entry says. Throws where that is not what the leaf has. */
  #checkContent(head: Leaf, { seq, salt, reason, content }: Line): boolean {
    const inPeriod = this.#isWithin(head)
    if (inPeriod) this.#byType.set(head.type, (this.#byType.get(head.type) ?? 0) + 1)
    if (salt !== undefined) {
      const found = sha256(Buffer.from(salt, 'hex'), canonical({ reason, content })).toString('hex')
      if (found !== head.contentHash) throw new Error(`the content of entry ${seq} was changed`)
      return true
    }
    if (reason !== undefined || content !== undefined)
      throw new Error(`entry ${seq} has no salt: its content cannot be what the log knows`)
    if (head.contentHash === undefined) return true
    if (ALWAYS.has(head.type)) throw new Error(`entry ${seq}, ${head.type}, does not say what it says`)
    if (inPeriod && this.#facts.inScope(head)) this.#erased.gone(head.id, head.type, seq, head.at)
    else this.#heads += 1
    return false
  }

  /** A new key counts when the key before it signed it, and from then on it alone does. */
  #takeKey(seq: number, text: string): void {
    const note = parseNote(text)
    if (!this.signedByLast(note)) throw new Error(`entry ${seq} announces a key that the old key did not sign`)
    const key = announcedKey(seq, note, this.#manifest.origin)
    this.keys.push(key)
    this.#report.say('key rotation', 'passed', `entry ${seq} announces the key ${key.id}, signed by the one before it`)
  }

  signedByLast(note: Note): boolean {
    const key = this.keys.at(-1)
    return key !== undefined && signedBy(note, key)
  }

  #checkCheckpoint(note: Note): void {
    const { origin, size, root } = parseCheckpoint(note.text)
    const at = `the checkpoint of ${size}`
    if (origin !== this.#manifest.origin) throw new Error(`${at} is of another log, ${origin}`)
    if (!root.equals(this.#tree.root())) throw new Error(`${at} was signed over other entries than these`)
    if (!this.signedByLast(note)) throw new Error(`${at} is not signed by the key of the log`)
    const cosigned = cosignedAtMs(note, this.#witnesses)
    if (cosigned === undefined) return
    this.#erased.known(cosigned)
    this.#times.cosigned(cosigned)
  }

  #checkKnown({ size, root }: { size: number; root: Buffer }, found: Buffer): void {
    if (!root.equals(found))
      throw new Error(`the log that you know has other entries below ${size}: it was forked or rewritten`)
    this.#report.say('known checkpoint', 'passed', `the log still begins with the ${size} entries that you know`)
  }

  /** What the database counted by itself, against the entries of the period. */
  checkCounts(): string {
    const { counts } = this.#manifest
    for (const type of new Set([...Object.keys(counts), ...this.#byType.keys()])) {
      const found = this.#byType.get(type) ?? 0
      if (found !== (counts[type] ?? 0))
        throw new Error(`entries of ${type}: the database counted ${counts[type] ?? 0}, the bundle holds ${found}`)
    }
    return `${this.#byType.size} types of entries are all there`
  }
}

const INSTANT_OF_LEAF = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/

function leafOf(seq: number, text: string): Leaf {
  const leaf = JSON.parse(text) as Leaf
  if (canonical(leaf) !== text) throw new Error(`entry ${seq} is not canonical JSON`)
  const { id, type, at, subjects, record } = leaf
  const odd =
    typeof id !== 'string' ||
    typeof type !== 'string' ||
    !INSTANT_OF_LEAF.test(at) ||
    Number.isNaN(Date.parse(at)) ||
    !Array.isArray(subjects) ||
    !(record === undefined || (typeof record.id === 'string' && Number.isSafeInteger(record.version)))
  if (odd) throw new Error(`entry ${seq} is no entry`)
  return leaf
}

// Verifies an audit bundle with nothing but Node: no part of Reeve, no dependency. Its JavaScript form goes into every bundle.
//
// It shares no code with the log on purpose: what it accepts, it accepts by the published formats alone (RFC 6962, RFC 8785,
// C2SP signed-note, tlog-checkpoint, tlog-cosignature). Usage: node verify.mjs [FOLDER] [--log-key VKEY] [--witness-key VKEY]
// [--known-checkpoint FILE] [--json]. Exit code 0: all checks passed; 1: something was refused; 2: it could not be checked.
import { createHash, createPublicKey, verify as verifySignature } from 'node:crypto'
import { createReadStream, readdirSync, readFileSync, realpathSync, statSync } from 'node:fs'
import { join, resolve, sep } from 'node:path'
import { createInterface } from 'node:readline'

export interface Finding {
  readonly check: string
  /** `cannot`: it could not be decided, and why. A bundle with one is neither good nor bad. */
  readonly outcome: 'passed' | 'failed' | 'cannot'
  readonly detail: string
}

export interface VerifyOptions {
  /** Verifier keys that the auditor knows from elsewhere. Without one the bundle's own word is taken, and that is said. */
  readonly logKey?: string
  readonly witnessKeys?: readonly string[]
  /** A checkpoint of this log that the auditor kept from an earlier visit. */
  readonly knownCheckpoint?: string
}

interface Manifest {
  readonly format: string
  readonly log: { readonly origin: string; readonly keys: readonly string[]; readonly witnesses: readonly string[] }
  /** Entries `from` to `to` (exclusive) of a tree of `size`. */
  readonly range: { readonly from: number; readonly to: number; readonly size: number }
  readonly counts: Readonly<Record<string, number>>
  readonly files: Readonly<Record<string, { readonly sha256: string; readonly bytes: number; readonly rows?: number }>>
}

interface EntryLine {
  readonly seq: number
  readonly leaf: string
  readonly salt?: string
  readonly reason?: string
  readonly content?: unknown
}

const sha256 = (...parts: readonly (Buffer | string)[]): Buffer => {
  const hash = createHash('sha256')
  for (const part of parts) hash.update(part)
  return hash.digest()
}
const LEAF = Buffer.of(0)
const NODE = Buffer.of(1)

/** RFC 6962 over a stream of leaves: one hash for each bit of the size. */
class MerkleStack {
  size = 0
  readonly #stack: { hash: Buffer; height: number }[] = []

  /** A complete subtree of 2^height leaves; it stands where its size allows, else RangeError. */
  push(hash: Buffer, height = 0): void {
    if (this.size % 2 ** height !== 0) throw new RangeError('a subtree does not stand where it says')
    this.size += 2 ** height
    let node = { hash, height }
    for (let last = this.#stack.at(-1); last?.height === node.height; last = this.#stack.at(-1)) {
      this.#stack.pop()
      node = { hash: sha256(NODE, last.hash, node.hash), height: node.height + 1 }
    }
    this.#stack.push(node)
  }

  root(): Buffer {
    const [first, ...rest] = this.#stack.toReversed()
    return rest.reduce((right, { hash }) => sha256(NODE, hash, right), first?.hash ?? sha256())
  }
}

/** The heights of the complete subtrees that leaves `[from, to)` split into. */
function heights(from: number, to: number): number[] {
  const parts: number[] = []
  for (let at = from; at < to;) {
    let height = 0
    while (at % 2 ** (height + 1) === 0 && at + 2 ** (height + 1) <= to) height += 1
    parts.push(height)
    at += 2 ** height
  }
  return parts
}

interface Key {
  readonly name: string
  readonly id: string
  readonly algorithm: number
  readonly verify: (message: Buffer, signature: Buffer) => boolean
}

function parseKey(text: string): Key {
  const [, name = '', id = '', encoded = ''] = /^(\S+)\+([0-9a-f]{8})\+(\S+)$/.exec(text.trim()) ?? []
  const bytes = Buffer.from(encoded, 'base64')
  const algorithm = bytes[0] ?? 0
  const raw = bytes.subarray(1)
  if (raw.length !== 32 || (algorithm !== 1 && algorithm !== 4)) throw new Error(`not a verifier key: ${text}`)
  const expected = sha256(`${name}\n`, Buffer.of(algorithm), raw).toString('hex').slice(0, 8)
  if (expected !== id) throw new Error(`the id of the verifier key ${name} does not fit its key`)
  const der = Buffer.concat([Buffer.from('302a300506032b6570032100', 'hex'), raw])
  const key = createPublicKey({ key: der, format: 'der', type: 'spki' })
  return { name, id, algorithm, verify: (message, signature) => verifySignature(null, message, key, signature) }
}

interface Note {
  readonly text: string
  readonly signatures: readonly { readonly name: string; readonly id: string; readonly bytes: Buffer }[]
}

function parseNote(note: string): Note {
  const at = note.lastIndexOf('\n\n')
  if (at < 0 || !note.endsWith('\n')) throw new Error('not a signed note')
  const signatures = note
    .slice(at + 2, -1)
    .split('\n')
    .map((line) => {
      const [, name = '', encoded = ''] = /^— (\S+) (\S+)$/.exec(line) ?? []
      const bytes = Buffer.from(encoded, 'base64')
      return { name, id: bytes.subarray(0, 4).toString('hex'), bytes: bytes.subarray(4) }
    })
  return { text: note.slice(0, at + 1), signatures }
}

function signedBy(note: Note, key: Key): boolean {
  return note.signatures.some(({ name, id, bytes }) => {
    if (name !== key.name || id !== key.id) return false
    if (key.algorithm === 1) return key.verify(Buffer.from(note.text), bytes)
    if (bytes.length !== 72) return false
    const time = bytes.readBigUInt64BE(0)
    return key.verify(Buffer.from(`cosignature/v1\ntime ${time}\n${note.text}`), bytes.subarray(8))
  })
}

function parseCheckpoint(text: string): { origin: string; size: number; root: Buffer } {
  const [origin = '', size = '', root = ''] = text.split('\n')
  const hash = Buffer.from(root, 'base64')
  if (!/^\d{1,15}$/.test(size) || hash.length !== 32) throw new Error('not a checkpoint')
  return { origin, size: Number(size), root: hash }
}

/** RFC 8785, for what an entry can hold. */
function canonical(value: unknown): string {
  if (value === null || typeof value !== 'object') return JSON.stringify(value)
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`
  const members = Object.entries(value).filter(([, member]) => member !== undefined)
  members.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
  return `{${members.map(([key, member]) => `${JSON.stringify(key)}:${canonical(member)}`).join(',')}}`
}

/** All checks on the bundle in `folder`. Throws only where there is no bundle to check. */
export async function verifyBundle(folder: string, options: VerifyOptions = {}): Promise<Finding[]> {
  const manifest = JSON.parse(readFileSync(join(folder, 'manifest.json'), 'utf8')) as Manifest
  if (manifest.format !== 'reeve-audit-bundle/1') throw new Error(`unknown format \`${manifest.format}\``)
  return await new BundleCheck(folder, manifest, options).run()
}

class BundleCheck {
  readonly #folder: string
  readonly #manifest: Manifest
  readonly #options: VerifyOptions
  readonly #findings: Finding[] = []
  /** Keys of the log that count at the place reached: the first, then each that the one before it announced. */
  #keys: Key[] = []
  /** `id version` → hash, of every record version whose entry was read. */
  readonly #records = new Map<string, string>()
  readonly #byType = new Map<string, number>()

  constructor(folder: string, manifest: Manifest, options: VerifyOptions) {
    this.#folder = folder
    this.#manifest = manifest
    this.#options = options
  }

  async run(): Promise<Finding[]> {
    this.#checkFiles()
    this.#chooseKeys()
    this.#try('manifest signature', () => this.#checkManifest())
    await this.#checkLog()
    this.#try('known checkpoint', () => this.#checkKnown())
    await this.#checkPopulations()
    this.#checkCounts()
    return this.#findings
  }

  #say(check: string, outcome: Finding['outcome'], detail: string): void {
    this.#findings.push({ check, outcome, detail })
  }

  #try(check: string, work: () => string | undefined): void {
    try {
      const detail = work()
      if (detail !== undefined) this.#say(check, 'passed', detail)
    } catch (error) {
      this.#say(check, 'failed', error instanceof Error ? error.message : String(error))
    }
  }

  #text(path: string): string {
    return readFileSync(join(this.#folder, path), 'utf8')
  }

  /** Every file is the one that the manifest lists, and there is no other. */
  #checkFiles(): void {
    const bad: string[] = []
    for (const [path, { sha256: expected, bytes }] of Object.entries(this.#manifest.files)) {
      const file = resolve(this.#folder, path)
      try {
        if (!realpathSync(file).startsWith(realpathSync(this.#folder) + sep))
          bad.push(`${path} lies outside the bundle`)
        else if (statSync(file).size !== bytes || sha256(readFileSync(file)).toString('hex') !== expected)
          bad.push(`${path} was changed`)
      } catch {
        bad.push(`${path} is missing`)
      }
    }
    const listed = new Set([...Object.keys(this.#manifest.files), 'manifest.json', 'manifest.note'])
    for (const name of readdirSync(this.#folder, { recursive: true, withFileTypes: true })) {
      const path = join(name.parentPath, name.name)
        .slice(resolve(this.#folder).length + 1)
        .split(sep)
        .join('/')
      if (name.isFile() && !listed.has(path)) bad.push(`${path} is not in the manifest`)
    }
    if (bad.length > 0) this.#say('files', 'failed', bad.join('; '))
    else this.#say('files', 'passed', `${Object.keys(this.#manifest.files).length} files are those of the manifest`)
  }

  #chooseKeys(): void {
    const given = this.#options.logKey
    const [own] = this.#manifest.log.keys
    if (given === undefined) {
      this.#say('log key', 'cannot', 'no --log-key was given: the key is the bundle’s own word for itself')
    }
    try {
      this.#keys = [parseKey(given ?? own ?? '')]
    } catch (error) {
      this.#say('log key', 'failed', error instanceof Error ? error.message : String(error))
    }
  }

  /** The manifest's hash stands in a note that a key of the log signed; which key counts is known once rotations are read. */
  #checkManifest(): string {
    const note = parseNote(this.#text('manifest.note'))
    const hash = sha256(this.#text('manifest.json')).toString('hex')
    if (note.text !== `reeve audit bundle\n${this.#manifest.log.origin}\n${hash}\n`)
      throw new Error('the note is not about this manifest')
    const keys = [...this.#keys, ...this.#manifest.log.keys.map(parseKey)]
    if (!keys.some((key) => signedBy(note, key))) throw new Error('no key of the log signed the manifest')
    return 'a key of the log signed the manifest'
  }

  async #checkLog(): Promise<void> {
    const { from, to, size } = this.#manifest.range
    try {
      const outside = JSON.parse(this.#text('log/subtrees.json')) as { left: string[]; right: string[] }
      const tree = new MerkleStack()
      const left = heights(0, from)
      if (left.length !== outside.left.length) throw new Error('the subtrees before the range are not complete')
      for (const [at, height] of left.entries()) tree.push(Buffer.from(outside.left[at] ?? '', 'base64'), height)
      const checkpoints = this.#text('log/checkpoints.notes')
        .split('\u0000')
        .filter((note) => note !== '')
        .map(parseNote)
      let next = 0
      const reach = (): void => {
        for (
          let note = checkpoints[next];
          note !== undefined && parseCheckpoint(note.text).size === tree.size;
          note = checkpoints[next]
        ) {
          this.#checkCheckpoint(note, tree.root())
          next += 1
        }
      }
      reach()
      let expected = from
      let pruned = 0
      const lines = createInterface({
        input: createReadStream(join(this.#folder, 'log/entries.ndjson')),
        crlfDelay: Infinity,
      })
      for await (const line of lines) {
        const entry = JSON.parse(line) as EntryLine
        if (entry.seq !== expected) throw new Error(`entry ${expected} is missing: ${entry.seq} stands in its place`)
        expected += 1
        tree.push(sha256(LEAF, entry.leaf))
        if (!this.#takeEntry(entry)) pruned += 1
        reach()
      }
      if (expected !== to) throw new Error(`the entries end at ${expected}, not at ${to}`)
      for (const [at, height] of heights(to, size).entries())
        tree.push(Buffer.from(outside.right[at] ?? '', 'base64'), height)
      reach()
      if (next !== checkpoints.length) throw new Error('a checkpoint is of a size that the entries do not reach')
      if (tree.size !== size || next === 0) throw new Error('no checkpoint covers the whole range')
      this.#say(
        'entries',
        'passed',
        `${to - from} entries, ${from} to ${to - 1}, without a gap, under ${next} signed checkpoints of one growing tree of ${size}`,
      )
      if (pruned > 0)
        this.#say('content', 'passed', `the content of ${pruned} entries was pruned; the tree holds its hash`)
    } catch (error) {
      this.#say('entries', 'failed', error instanceof Error ? error.message : String(error))
    }
  }

  /** False where its content was pruned. Throws where the content is not what the leaf says. */
  #takeEntry({ seq, leaf, salt, reason, content }: EntryLine): boolean {
    const head = JSON.parse(leaf) as {
      type: string
      contentHash?: string
      record?: { id: string; version: number; hash: string }
    }
    if (canonical(head) !== leaf) throw new Error(`entry ${seq} is not canonical JSON`)
    this.#byType.set(head.type, (this.#byType.get(head.type) ?? 0) + 1)
    if (head.record !== undefined) this.#records.set(`${head.record.id} ${head.record.version}`, head.record.hash)
    if (salt === undefined) {
      if (reason !== undefined || content !== undefined)
        throw new Error(`entry ${seq} has content that the log does not know`)
      return head.contentHash === undefined
    }
    const hash = sha256(Buffer.from(salt, 'hex'), canonical({ reason, content })).toString('hex')
    if (hash !== head.contentHash) throw new Error(`the content of entry ${seq} was changed`)
    if (head.type === 'log.key_rotated') this.#takeKey(seq, content)
    return true
  }

  /** A new key counts when the key before it signed it. */
  #takeKey(seq: number, content: unknown): void {
    const { note = '' } = content as { note?: string }
    const parsed = parseNote(note)
    const current = this.#keys.at(-1)
    if (current === undefined || !signedBy(parsed, current))
      throw new Error(`entry ${seq} announces a key that the old key did not sign`)
    this.#keys.push(parseKey(parsed.text.split('\n')[1] ?? ''))
    this.#say('key rotation', 'passed', `entry ${seq} announces a new key, signed by the old one`)
  }

  #checkCheckpoint(note: Note, root: Buffer): void {
    const checkpoint = parseCheckpoint(note.text)
    const at = `the checkpoint of ${checkpoint.size}`
    if (checkpoint.origin !== this.#manifest.log.origin)
      throw new Error(`${at} is of another log, ${checkpoint.origin}`)
    if (!checkpoint.root.equals(root)) throw new Error(`${at} was signed over other entries than these`)
    if (!this.#keys.some((key) => signedBy(note, key))) throw new Error(`${at} is not signed by a key of the log`)
    if (checkpoint.size !== this.#manifest.range.size) return
    const given = this.#options.witnessKeys ?? []
    const keys = (given.length > 0 ? given : this.#manifest.log.witnesses).map(parseKey)
    const names = keys.filter((key) => signedBy(note, key)).map(({ name }) => name)
    const bad = note.signatures.filter(
      ({ name, id }) => keys.some((key) => key.name === name && key.id === id) && !names.includes(name),
    )
    if (bad.length > 0) throw new Error(`${at} carries a cosignature of ${bad[0]?.name ?? ''} that is not good`)
    if (names.length > 0)
      this.#say(
        'witnesses',
        'passed',
        `${names.join(', ')} cosigned ${at}${given.length > 0 ? '' : ' (their keys are the bundle’s own word)'}`,
      )
    else
      this.#say(
        'witnesses',
        given.length > 0 ? 'failed' : 'cannot',
        `no witness cosigned ${at}: a rewritten log with a stolen key would not be seen`,
      )
  }

  #checkKnown(): string | undefined {
    const { knownCheckpoint } = this.#options
    if (knownCheckpoint === undefined) return undefined
    const known = parseCheckpoint(parseNote(knownCheckpoint).text)
    const notes = this.#text('log/checkpoints.notes')
      .split('\u0000')
      .filter((note) => note !== '')
    const same = notes.map((note) => parseCheckpoint(parseNote(note).text)).find(({ size }) => size === known.size)
    if (known.size > this.#manifest.range.size)
      throw new Error(
        `you know a log of ${known.size} entries; this one has ${this.#manifest.range.size}: its tail was cut`,
      )
    if (same === undefined)
      throw new Error(`the bundle holds no checkpoint of ${known.size} entries: ask for one that begins there`)
    if (!same.root.equals(known.root))
      throw new Error(`the log that you know has other entries below ${known.size}: it was forked or rewritten`)
    return `the log still begins with the ${known.size} entries that you know`
  }

  /** Rows of populations carry the hash of their record version: it is the one in the entry that made it. */
  async #checkPopulations(): Promise<void> {
    for (const [path, { rows }] of Object.entries(this.#manifest.files)) {
      if (!path.startsWith('populations/') || !path.endsWith('.csv')) continue
      let seen = -1
      let proven = 0
      let outside = 0
      const wrong: string[] = []
      let columns: string[] = []
      for await (const cells of csvRows(join(this.#folder, path))) {
        seen += 1
        if (seen === 0) columns = cells
        else {
          const cell = (name: string): string => cells[columns.indexOf(name)] ?? ''
          if (cell('record_hash') === '') continue
          const logged = this.#records.get(`${cell('id')} ${cell('version')}`)
          if (logged === undefined) outside += 1
          else if (logged === cell('record_hash')) proven += 1
          else wrong.push(cell('id'))
        }
      }
      if (seen !== rows) this.#say(path, 'failed', `${seen} rows, and the manifest counts ${rows}`)
      else if (wrong.length > 0) this.#say(path, 'failed', `not what the log says: ${wrong.slice(0, 5).join(', ')}`)
      else if (outside > 0)
        this.#say(
          path,
          'cannot',
          `${proven} rows are proven by entries; ${outside} were made outside the exported range`,
        )
      else this.#say(path, 'passed', `${seen} rows${proven > 0 ? `, ${proven} proven by their entries` : ''}`)
    }
  }

  /** Counts that the database gave by itself, against what stands in the entries. */
  #checkCounts(): void {
    for (const [name, expected] of Object.entries(this.#manifest.counts)) {
      if (!name.startsWith('entries of ')) continue
      const found = this.#byType.get(name.slice('entries of '.length)) ?? 0
      if (found !== expected)
        this.#say('counts', 'failed', `${name}: the database counted ${expected}, the bundle holds ${found}`)
    }
    if (!this.#findings.some(({ check }) => check === 'counts'))
      this.#say('counts', 'passed', `${this.#byType.size} types of entries are all there`)
  }
}

/** RFC 4180 rows; quoted cells may hold line breaks. */
async function* csvRows(file: string): AsyncGenerator<string[]> {
  let row: string[] = []
  let cell = ''
  let quoted = false
  let closed = false
  for await (const chunk of createReadStream(file, 'utf8') as AsyncIterable<string>) {
    for (const character of chunk) {
      if (quoted && !closed) {
        if (character === '"') closed = true
        else cell += character
      } else if (closed && character === '"') {
        cell += character
        closed = false
      } else if (character === '"' && cell === '') quoted = true
      else if (character === ',' || character === '\n') {
        row.push(cell)
        cell = ''
        quoted = false
        closed = false
        if (character === '\n') {
          yield row
          row = []
        }
      } else if (character !== '\r') cell += character
    }
  }
}

async function main(words: readonly string[]): Promise<number> {
  const after = (flag: string): string[] => words.flatMap((word, at) => (words[at - 1] === flag ? [word] : []))
  const isValue = (at: number): boolean => /^--(?:log-key|witness-key|known-checkpoint)$/.test(words[at - 1] ?? '')
  const folder = words.find((word, at) => !word.startsWith('--') && !isValue(at)) ?? '.'
  const [logKey] = after('--log-key')
  const [known] = after('--known-checkpoint')
  const findings = await verifyBundle(folder, {
    ...(logKey === undefined ? {} : { logKey }),
    witnessKeys: after('--witness-key'),
    ...(known === undefined ? {} : { knownCheckpoint: readFileSync(known, 'utf8') }),
  })
  if (words.includes('--json')) console.log(JSON.stringify(findings, undefined, 2))
  else for (const { check, outcome, detail } of findings) console.log(`${outcome.padEnd(6)}  ${check}: ${detail}`)
  return findings.some(({ outcome }) => outcome === 'failed') ? 1 : 0
}

// run as a program: in the bundle, by its own name
if (process.argv[1]?.endsWith('verify.mjs') === true) {
  process.exitCode = await main(process.argv.slice(2)).catch((error: unknown) => {
    console.error(`it cannot be verified: ${error instanceof Error ? error.message : String(error)}`)
    return 2
  })
}

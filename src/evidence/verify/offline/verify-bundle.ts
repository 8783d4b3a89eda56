// Verifies an audit bundle with nothing but Node: no part of Reeve, no dependency. Its JavaScript form goes into every bundle.
//
// It shares no code with the log on purpose: what it accepts, it accepts by the published formats alone (RFC 6962, RFC 8785,
// C2SP signed-note, tlog-checkpoint, tlog-cosignature). Usage: node verify.mjs [FOLDER] [--log-key VKEY] [--witness-key VKEY]
// [--known-checkpoint FILE] [--json]. Exit code 0: all checks passed; 1: something was refused; 2: nothing was refused, and
// something could not be checked.
import { readdirSync, readFileSync, realpathSync } from 'node:fs'
import { join, relative, resolve, sep } from 'node:path'
import {
  canonical,
  digest,
  heights,
  LEAF,
  lines,
  MerkleStack,
  parseCheckpoint,
  parseKey,
  parseNote,
  sha256,
  signedBy,
} from './formats.ts'
import type { Key, Note } from './formats.ts'
import { PopulationRows } from './population-rows.ts'
import type { Population, PopulationRow, RecordLine } from './population-rows.ts'

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
  readonly log: {
    readonly origin: string
    /** Oldest first. */
    readonly keys: readonly string[]
    /** Notes that announced keys before the range, in their order: each signed by the key before it. */
    readonly rotations: readonly string[]
    readonly witnesses: readonly string[]
  }
  /** Entries `from` to `to` (exclusive) of a tree of `size`. The populations were read when it had `populations` or more. */
  readonly range: { readonly from: number; readonly to: number; readonly size: number; readonly populations: number }
  readonly counts: Readonly<Record<string, number>>
  readonly populations: Readonly<Record<string, Population>>
  readonly files: Readonly<Record<string, { readonly sha256: string; readonly bytes: number; readonly rows?: number }>>
}

interface EntryLine {
  readonly seq: number
  readonly leaf: string
  readonly salt?: string
  readonly reason?: string
  readonly content?: unknown
}

interface Leaf {
  readonly type: string
  readonly subjects: readonly string[]
  readonly contentHash?: string
  readonly record?: { readonly id: string; readonly version: number; readonly hash: string }
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
  /** Keys of the log in their order: the first, then each that the one before it announced. The last one counts. */
  #keys: Key[] = []
  /** id → `version hash` of the newest version that the log had when the populations began to be read. */
  readonly #latest = new Map<string, string>()
  /** `id version` → hash of further versions that are asked for: older ones that are in the bundle, and all later ones. */
  readonly #further = new Map<string, string>()
  readonly #older = new Set<string>()
  /** Entry type → ids that such entries are about, of the types that make rows without versions. */
  readonly #made = new Map<string, Set<string>>()
  readonly #byType = new Map<string, number>()

  constructor(folder: string, manifest: Manifest, options: VerifyOptions) {
    this.#folder = folder
    this.#manifest = manifest
    this.#options = options
  }

  async run(): Promise<Finding[]> {
    await this.#try('files', async () => await this.#checkFiles())
    await this.#try('log key', () => this.#chooseKeys())
    await this.#try('entries', async () => await this.#checkLog())
    await this.#try('log key', () => this.#checkKey())
    await this.#try('manifest signature', () => this.#checkManifest())
    for (const [path, population] of Object.entries(this.#manifest.populations))
      await this.#try(path, async () => await this.#checkPopulation(path, population))
    await this.#try('counts', () => this.#checkCounts())
    return this.#findings
  }

  #say(check: string, outcome: Finding['outcome'], detail: string): void {
    this.#findings.push({ check, outcome, detail })
  }

  /** What a check returns is said as passed; what it throws as failed. */
  async #try(check: string, work: () => string | undefined | Promise<string | undefined>): Promise<void> {
    try {
      const detail = await work()
      if (detail !== undefined) this.#say(check, 'passed', detail)
    } catch (error) {
      this.#say(check, 'failed', error instanceof Error ? error.message : String(error))
    }
  }

  #text(path: string): string {
    return readFileSync(join(this.#folder, path), 'utf8')
  }

  /** Every file is the one that the manifest lists, and there is nothing else. */
  async #checkFiles(): Promise<string> {
    const { files, populations } = this.#manifest
    const bad: string[] = []
    for (const [path, { sha256: expected, bytes }] of Object.entries(files)) {
      try {
        const file = resolve(this.#folder, path)
        if (realpathSync(file) !== join(realpathSync(this.#folder), path)) bad.push(`${path} lies outside the bundle`)
        const found = await digest(file)
        if (found.bytes !== bytes || found.sha256 !== expected) bad.push(`${path} was changed`)
      } catch {
        bad.push(`${path} is missing`)
      }
    }
    const listed = new Set([...Object.keys(files), 'manifest.json', 'manifest.note'])
    for (const item of readdirSync(this.#folder, { recursive: true, withFileTypes: true })) {
      const path = relative(this.#folder, join(item.parentPath, item.name)).split(sep).join('/')
      if (!item.isDirectory() && !listed.has(path)) bad.push(`${path} is not in the manifest`)
    }
    for (const path of Object.keys(files))
      if (path.startsWith('populations/') && populations[path] === undefined) bad.push(`${path} hangs on nothing`)
    if (bad.length > 0) throw new Error(bad.join('; '))
    return `${Object.keys(files).length} files are those of the manifest`
  }

  /** The chain of keys up to the range. That it holds the auditor's key is seen when the log was read. */
  #chooseKeys(): undefined {
    const { keys, rotations } = this.#manifest.log
    this.#keys = [parseKey(keys[0] ?? '')]
    for (const note of rotations) this.#takeKey('before the range', note)
  }

  /**
   * The whole tree is under a signature of the last key, and each key but the first was signed by the one before it: so one
   * key of the chain that the auditor knows is enough.
   */
  #checkKey(): string | undefined {
    const { logKey } = this.#options
    if (logKey === undefined) {
      this.#say('log key', 'cannot', 'no --log-key was given: the key is the bundle’s own word for itself')
      return undefined
    }
    const known = parseKey(logKey)
    if (!this.#keys.some(({ text }) => text === known.text))
      throw new Error('no key of this log is the one that you know: it is another log, or a forged one')
    return `the log is signed by the key that you know, ${known.id}${this.#keys.length > 1 ? ', or one that it led to' : ''}`
  }

  #checkManifest(): string {
    const note = parseNote(this.#text('manifest.note'))
    const hash = sha256(readFileSync(join(this.#folder, 'manifest.json'))).toString('hex')
    if (note.text !== `reeve audit bundle\n${this.#manifest.log.origin}\n${hash}\n`)
      throw new Error('the note is not about this manifest')
    if (!this.#signedByLast(note)) throw new Error('the key of the log did not sign the manifest')
    return 'the key of the log signed the manifest'
  }

  #signedByLast(note: Note): boolean {
    const key = this.#keys.at(-1)
    return key !== undefined && signedBy(note, key)
  }

  async #checkLog(): Promise<string> {
    const { from, to, size } = this.#manifest.range
    await this.#noteOlder()
    const known = this.#known()
    const outside = JSON.parse(this.#text('log/subtrees.json')) as { left: string[]; right: string[] }
    const tree = new MerkleStack()
    const left = heights(0, from)
    if (left.length !== outside.left.length) throw new Error('the subtrees before the range are not complete')
    for (const [at, height] of left.entries()) tree.push(Buffer.from(outside.left[at] ?? '', 'base64'), height)
    const notes = this.#text('log/checkpoints.notes').split('\u0000')
    const checkpoints = notes.filter((note) => note !== '').map(parseNote)
    let next = 0
    const reach = (): void => {
      if (known?.size === tree.size) this.#checkKnown(known, tree.root())
      for (let note = checkpoints[next]; note !== undefined; note = checkpoints[next]) {
        if (parseCheckpoint(note.text).size !== tree.size) return
        this.#checkCheckpoint(note, tree.root())
        next += 1
      }
    }
    reach()
    let expected = from
    let pruned = 0
    for await (const line of lines(join(this.#folder, 'log/entries.ndjson'))) {
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
    if (to < size) reach()
    const last = checkpoints.at(-1)
    if (last === undefined || parseCheckpoint(last.text).size !== size)
      throw new Error('no signed checkpoint covers the whole range')
    if (next !== checkpoints.length) throw new Error('a checkpoint is of a size that the entries do not reach')
    if (known !== undefined && known.size > size)
      throw new Error(`you know a log of ${known.size} entries; this one has ${size}: its tail was cut`)
    if (known !== undefined && !this.#findings.some(({ check }) => check === 'known checkpoint'))
      this.#say('known checkpoint', 'cannot', `the entries up to ${known.size} are not in it: ask for the whole log`)
    if (pruned > 0)
      this.#say('content', 'passed', `the content of ${pruned} entries was pruned; the tree holds its hash`)
    return `${to - from} entries from ${from}, without a gap, under ${next} checkpoints of one growing tree of ${size}`
  }

  /** Which versions before a record's newest one are in the bundle: their hashes are kept while the entries are read. */
  async #noteOlder(): Promise<void> {
    for (const { records } of Object.values(this.#manifest.populations)) {
      if (records === undefined) continue
      let before = { id: '', version: 0 }
      for await (const line of lines(join(this.#folder, records))) {
        const record = JSON.parse(line) as RecordLine
        if (record.id === before.id) this.#older.add(`${before.id} ${before.version}`)
        before = record
      }
    }
  }

  /** False where its content was pruned. Throws where the content is not what the leaf says. */
  #takeEntry({ seq, leaf, salt, reason, content }: EntryLine): boolean {
    const head = JSON.parse(leaf) as Leaf
    if (canonical(head) !== leaf) throw new Error(`entry ${seq} is not canonical JSON`)
    this.#byType.set(head.type, (this.#byType.get(head.type) ?? 0) + 1)
    const { id, version, hash } = head.record ?? { id: '', version: 0, hash: '' }
    const later = seq >= this.#manifest.range.populations
    if (version > 0 && !later) this.#latest.set(id, `${version} ${hash}`)
    if (version > 0 && (later || this.#older.has(`${id} ${version}`))) this.#further.set(`${id} ${version}`, hash)
    if (version === 0) this.#takeMade(head, later)
    if (salt === undefined) {
      if (reason !== undefined || content !== undefined || head.type === 'log.key_rotated')
        throw new Error(`entry ${seq} has no salt: its content cannot be what the log knows`)
      return head.contentHash === undefined
    }
    const found = sha256(Buffer.from(salt, 'hex'), canonical({ reason, content })).toString('hex')
    if (found !== head.contentHash) throw new Error(`the content of entry ${seq} was changed`)
    if (head.type === 'log.key_rotated') this.#takeKey(`by entry ${seq}`, (content as { note?: string }).note ?? '')
    return true
  }

  /** Which rows without versions an entry makes. */
  #takeMade({ type, subjects }: Leaf, later: boolean): void {
    for (const { prefix, madeBy } of Object.values(this.#manifest.populations)) {
      if (madeBy?.includes(type) !== true) continue
      for (const id of subjects.filter((subject) => subject.startsWith(prefix)))
        if (later) this.#further.set(`${id} 0`, '')
        else this.#made.set(type, (this.#made.get(type) ?? new Set()).add(id))
    }
  }

  /** A new key counts when the key before it signed it, and from then on it alone does. */
  #takeKey(where: string, text: string): void {
    const note = parseNote(text)
    if (!this.#signedByLast(note)) throw new Error(`a key was announced ${where} that the old key did not sign`)
    const key = parseKey(note.text.split('\n')[1] ?? '')
    if (key.name !== this.#manifest.log.origin) throw new Error(`a key was announced ${where} that is another log’s`)
    this.#keys.push(key)
    this.#say('key rotation', 'passed', `the key ${key.id} was announced ${where}, signed by the one before it`)
  }

  #checkCheckpoint(note: Note, root: Buffer): void {
    const checkpoint = parseCheckpoint(note.text)
    const at = `the checkpoint of ${checkpoint.size}`
    const { log, range } = this.#manifest
    if (checkpoint.origin !== log.origin) throw new Error(`${at} is of another log, ${checkpoint.origin}`)
    if (!checkpoint.root.equals(root)) throw new Error(`${at} was signed over other entries than these`)
    if (!this.#signedByLast(note)) throw new Error(`${at} is not signed by the key of the log`)
    if (checkpoint.size !== range.size) return
    const given = this.#options.witnessKeys ?? []
    const keys = (given.length > 0 ? given : log.witnesses).map(parseKey)
    const good = keys.filter((key) => signedBy(note, key))
    const bad = keys.find((key) => !good.includes(key) && note.signatures.some(({ id }) => key.id === id))
    if (bad !== undefined) throw new Error(`${at} carries a cosignature of ${bad.name} that is not good`)
    const names = good.map(({ name }) => name).join(', ')
    const own = given.length > 0 ? '' : ' (their keys are the bundle’s own word)'
    if (good.length > 0) this.#say('witnesses', 'passed', `${names} cosigned ${at}${own}`)
    else {
      const detail = `no witness cosigned ${at}: a rewritten log with a stolen key would not be seen`
      this.#say('witnesses', given.length > 0 ? 'failed' : 'cannot', detail)
    }
  }

  #known(): { size: number; root: Buffer } | undefined {
    const { knownCheckpoint } = this.#options
    return knownCheckpoint === undefined ? undefined : parseCheckpoint(parseNote(knownCheckpoint).text)
  }

  #checkKnown({ size, root }: { size: number; root: Buffer }, found: Buffer): void {
    if (this.#findings.some(({ check }) => check === 'known checkpoint')) return
    if (!root.equals(found))
      throw new Error(`the log that you know has other entries below ${size}: it was forked or rewritten`)
    this.#say('known checkpoint', 'passed', `the log still begins with the ${size} entries that you know`)
  }

  /**
   * Every row is the newest version that the log knows, its cells are what that version says, and no record of the log is
   * left out. The rows are in the order of their ids.
   */
  async #checkPopulation(path: string, population: Population): Promise<string | undefined> {
    const rows = new PopulationRows(this.#folder, population)
    const wrong: string[] = []
    const counts = { seen: 0, outside: 0, withheld: 0 }
    let before = ''
    let logged = 0
    for await (const row of rows.read(join(this.#folder, path))) {
      counts.seen += 1
      if (row.id <= before || !row.id.startsWith(population.prefix)) wrong.push(`${row.id} is out of order`)
      before = row.id
      const known = population.madeBy === undefined ? this.#versionOf(row) : this.#madeBy(row.id, population.madeBy)
      if (known === 'logged') logged += 1
      if (known === 'unknown') counts.outside += 1
      if (known === 'wrong') wrong.push(`${row.id} is not what the log says`)
      if (row.cells === 'withheld') counts.withheld += 1
      else if (row.cells !== 'proven') wrong.push(`${row.id}: ${row.cells}`)
    }
    const expected = this.#manifest.files[path]?.rows
    const known = this.#idsOf(population)
    if (counts.seen !== expected) throw new Error(`${counts.seen} rows, and the manifest counts ${expected}`)
    if (wrong.length > 0) throw new Error(`${wrong.length} rows are wrong: ${wrong.slice(0, 5).join('; ')}`)
    if (logged < known) throw new Error(`${known - logged} records of the log are left out`)
    const { from } = this.#manifest.range
    if (counts.outside > 0 && from === 0) throw new Error(`${counts.outside} rows have no entry in the log`)
    const withheld = counts.withheld === 0 ? '' : `; of ${counts.withheld} only the hash is shown`
    if (counts.outside > 0) {
      this.#say(path, 'cannot', `${counts.outside} of ${counts.seen} rows were made before the exported range`)
      return undefined
    }
    if (population.madeBy === undefined)
      return `${counts.seen} rows are what their entries say, none is left out${withheld}`
    return `${counts.seen} rows, each with the entry that made it; that they have ended is the exporter’s word`
  }

  #versionOf({ id, version, hash, older }: PopulationRow): 'logged' | 'later' | 'unknown' | 'wrong' {
    if (older.some((one) => this.#further.get(`${id} ${one.version}`) !== one.hash && this.#manifest.range.from === 0))
      return 'wrong'
    const latest = this.#latest.get(id)
    if (latest === `${version} ${hash}`) return 'logged'
    const later = this.#further.get(`${id} ${version}`)
    if (latest !== undefined && Number(latest.split(' ')[0]) >= version) return 'wrong'
    if (later !== undefined) return later !== hash ? 'wrong' : latest === undefined ? 'later' : 'logged'
    return latest === undefined ? 'unknown' : 'wrong'
  }

  #madeBy(id: string, types: readonly string[]): 'logged' | 'later' | 'unknown' {
    if (types.some((type) => this.#made.get(type)?.has(id) === true)) return 'logged'
    return this.#further.has(`${id} 0`) ? 'later' : 'unknown'
  }

  /** How many records of a population the log knew when it began to be read. */
  #idsOf({ prefix, madeBy }: Population): number {
    const ids = madeBy === undefined ? [this.#latest.keys()] : madeBy.map((type) => this.#made.get(type)?.keys() ?? [])
    let count = 0
    for (const some of ids) for (const id of some) if (id.startsWith(prefix)) count += 1
    return count
  }

  /** Counts that the database gave by itself, against what stands in the entries. */
  #checkCounts(): string {
    const { counts } = this.#manifest
    for (const type of new Set([...Object.keys(counts), ...this.#byType.keys()])) {
      const found = this.#byType.get(type) ?? 0
      if (found !== counts[type])
        throw new Error(`entries of ${type}: the database counted ${counts[type] ?? 0}, the bundle holds ${found}`)
    }
    return `${this.#byType.size} types of entries are all there`
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
  const outcomes = new Set(findings.map(({ outcome }) => outcome))
  return outcomes.has('failed') ? 1 : outcomes.has('cannot') ? 2 : 0
}

// run as a program: in the bundle, by its own name
if (process.argv[1]?.endsWith('verify.mjs') === true) {
  process.exitCode = await main(process.argv.slice(2)).catch((error: unknown) => {
    console.error(`it cannot be verified: ${error instanceof Error ? error.message : String(error)}`)
    return 2
  })
}

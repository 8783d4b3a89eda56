// The log as it stands, against itself: every entry, every signed root, every file. Names the first row that was touched.
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Connection, LayerDatabase } from '#db'
import { MerkleStack, parseCheckpoint, parseKey, parseNote, signedBy } from '../offline/formats.ts'
import type { Key } from '../offline/formats.ts'
import type { Finding } from '../offline/report.ts'
import { checkpointRows, countUnplaced } from './checkpoint-rows.ts'
import type { CheckpointRow } from './checkpoint-rows.ts'
import { DiskTiles } from './disk-tiles.ts'
import { erasedByEntry } from './erased.ts'
import { entryRows, placesTaken } from './entry-rows.ts'
import type { EntryRow } from './entry-rows.ts'
import { rowsInThreads } from './entry-threads.ts'
import { LazyStack } from './lazy-stack.ts'
import { PrunedRows } from './pruned-rows.ts'

/** `range`: the places of entries that it is about, both ends included. */
export interface LiveFinding extends Finding {
  readonly range?: { readonly from: number; readonly to: number }
}

export interface LiveOptions {
  readonly evidence: LayerDatabase
  /** Of the evidence layer: a long log is then read and hashed by several threads, each over a connection of its own. */
  readonly connection?: Connection
  /** Where tiles and the published checkpoint are. */
  readonly tileFolder?: string
  /** Verifier keys of the log, oldest first: the first is where the chain of announced keys begins. */
  readonly keys: readonly string[]
  /** One that is known from elsewhere; it has to be in the chain. */
  readonly logKey?: string
  readonly witnessKeys?: readonly string[]
  /** Checkpoints known from elsewhere: what a witness remembers, what an auditor kept. */
  readonly known?: readonly string[]
  readonly nowMs: () => number
}

const TILE = 256
/** For less, a thread is not worth its start. */
const IN_THREADS_FROM = 50_000
const NAMED_MAX = 10
const SIGNATURES_MAX = 20_000
const BACKDATED_MS = 86_400_000
/** A cosignature comes within a second; a witness that is away for longer is said. */
const UNCOSIGNED_MS = 15 * 60_000
const STRANGERS_MAX = 10

/** Findings in the order of the checks. Throws only where the database cannot be read. Memory is bounded. */
export async function verifyLog(options: LiveOptions): Promise<LiveFinding[]> {
  return await new LogCheck(options).run()
}

class LogCheck {
  readonly #options: LiveOptions
  readonly #findings: LiveFinding[] = []
  readonly #disk: DiskTiles | undefined
  #keys: Key[] = []
  readonly #witnesses: readonly Key[]
  readonly #known: readonly { readonly size: number; readonly root: Buffer }[]
  /** Of the rows; and, from the first row on that its tile has otherwise, of the tiles. */
  readonly #rows = new LazyStack()
  #tiles: MerkleStack | undefined
  #rowsGood = true
  /** Rows that their tile has otherwise, since the last root that held. */
  #differing: number[] = []
  readonly #touched: number[] = []
  #good = 0
  /** Of each given witness how far it cosigned, when last, and since when it did not. */
  readonly #cosigned = new Map<string, { size: number; atMs: number; since?: number }>()
  readonly #strangers = new Map<string, number>()
  #signedAtMs = 0
  #signed = 0
  #erased: ReadonlySet<string> = new Set()
  readonly #pruned = new PrunedRows(() => this.#erased)
  #checkpoints = 0
  #origin = ''

  constructor(options: LiveOptions) {
    this.#options = options
    this.#disk = options.tileFolder === undefined ? undefined : new DiskTiles(options.tileFolder)
    this.#witnesses = (options.witnessKeys ?? []).map(parseKey)
    for (const { text } of this.#witnesses) this.#cosigned.set(text, { size: 0, atMs: 0 })
    this.#known = (options.known ?? []).map((note) => parseCheckpoint(parseNote(note).text))
    const [first] = options.keys
    if (first !== undefined) this.#keys.push(parseKey(first))
  }

  async run(): Promise<LiveFinding[]> {
    const { evidence } = this.#options
    const { end, count } = await placesTaken(evidence)
    this.#erased = (await erasedByEntry(evidence)).entries
    const checkpoints = checkpointRows(evidence)
    let next = (await checkpoints.next()).value as CheckpointRow | undefined
    let expected = 0
    const reach = async (): Promise<void> => {
      for (const { size, root } of this.#known) if (size === expected) this.#checkKnown(size, root)
      for (; next !== undefined && next.size <= expected; next = (await checkpoints.next()).value as typeof next)
        this.#checkCheckpoint(next)
    }
    await reach()
    let tile: Buffer = Buffer.alloc(0)
    for await (const batch of this.#batches(end)) {
      for (const row of batch) {
        for (; expected <= row.seq; expected += 1) {
          if (expected % TILE === 0) tile = (await this.#disk?.leafHashes(expected / TILE)) ?? tile
          const start = (expected % TILE) * 32
          const taken = this.#take(expected, expected === row.seq ? row : undefined, tile.subarray(start, start + 32))
          if (taken !== undefined) this.#rows.filled(await taken)
          if (next?.size === expected + 1 || this.#known.length > 0) {
            expected += 1
            await reach()
            expected -= 1
          }
        }
      }
    }
    await this.#end(next, expected, { end, count })
    return this.#findings
  }

  #batches(end: number): AsyncGenerator<readonly EntryRow[]> {
    const { evidence, connection } = this.#options
    return connection !== undefined && end > IN_THREADS_FROM ? rowsInThreads(connection, end) : entryRows(evidence, end)
  }

  #say(check: string, outcome: Finding['outcome'], detail: string, range?: LiveFinding['range']): void {
    this.#findings.push({ check, outcome, detail, ...(range === undefined ? {} : { range }) })
  }

  #fail(check: string, detail: string, from: number, to = from): void {
    this.#say(check, 'failed', detail, { from, to })
  }

  /** A place without entry counts as a row that was touched. Answers the root of the tile that it fills. */
  #take(seq: number, row: EntryRow | undefined, onTile: Buffer): Promise<Buffer> | undefined {
    const hash = row?.hash ?? Buffer.alloc(32)
    if (row === undefined) this.#fail('sequence', `no entry stands at place ${seq}`, seq)
    const differs = onTile.length === 32 && !onTile.equals(hash)
    if (differs) {
      this.#tiles ??= this.#rows.copy()
      this.#differing.push(seq)
    }
    this.#rows.push(hash)
    this.#tiles?.push(onTile.length === 32 ? onTile : hash)
    if (row !== undefined) this.#look(seq, row)
    return this.#disk?.add(row?.leaf ?? Buffer.alloc(0), hash, differs)
  }

  #look(seq: number, row: EntryRow): void {
    if (row.problem !== undefined) this.#fail('content', `entry ${seq} (${row.id}) ${row.problem}`, seq)
    this.#pruned.take(row)
    let cosignedMs = 0
    for (const held of this.#cosigned.values()) {
      held.since ??= row.at
      cosignedMs = Math.max(cosignedMs, held.atMs)
    }
    // entries about rows are dated as what stands before them
    if (row.type !== 'rows.changed' && row.at < Math.max(cosignedMs, this.#signedAtMs) - BACKDATED_MS)
      this.#fail(
        'time',
        `entry ${seq} (${row.id}) says that it happened a day or more before its place was reached`,
        seq,
      )
    if (row.note !== undefined) this.#takeKey(seq, row.note)
  }

  #takeKey(seq: number, text: string): void {
    try {
      const note = parseNote(text)
      const current = this.#keys.at(-1)
      if (current === undefined || !signedBy(note, current)) throw new Error('the key before it did not sign it')
      this.#keys.push(parseKey(note.text.split('\n')[1] ?? ''))
      this.#say('key rotation', 'passed', `entry ${seq} announces a key that the one before it signed`)
    } catch (error) {
      this.#fail('key rotation', `entry ${seq} announces a key: ${(error as Error).message}`, seq)
    }
  }

  #checkCheckpoint(row: CheckpointRow): void {
    const { size } = row
    const at = `the checkpoint of ${size}`
    const range = [Math.min(this.#good, Math.max(0, size - 1)), Math.max(0, size - 1)] as const
    try {
      const note = parseNote(row.note)
      const said = parseCheckpoint(note.text)
      this.#origin ||= said.origin
      if (said.size !== size || said.root.toString('base64') !== row.root.replaceAll('\n', ''))
        throw new Error(`${at} is not what its row says`)
      if (said.origin !== this.#origin) throw new Error(`${at} is of another log, ${said.origin}`)
      this.#checkpoints += 1
      const key = this.#keys.at(-1)
      const sampled = this.#checkpoints <= SIGNATURES_MAX || this.#checkpoints % 100 === 0 || row.lines.length > 0
      if (sampled && (key === undefined || !signedBy(note, key)))
        throw new Error(`${at} is not signed by the key of the log that counts there`)
      this.#checkCosignatures(row, at)
      this.#signed = Math.max(this.#signed, size)
      this.#checkRoot(said.root, size, at)
      this.#signedAtMs = Math.max(this.#signedAtMs, row.signedAt)
    } catch (error) {
      this.#fail('checkpoints', (error as Error).message, ...range)
    }
  }

  #checkCosignatures({ note, lines, size }: CheckpointRow, at: string): void {
    for (const line of lines) {
      const cosigned = parseNote(`${note}${line}`)
      const own = cosigned.signatures.at(-1)
      const key = this.#witnesses.find(({ id }) => id === own?.id)
      if (key === undefined) {
        const name = /^— (\S+) /.exec(line)?.[1] ?? ''
        if (this.#strangers.size < STRANGERS_MAX || this.#strangers.has(name))
          this.#strangers.set(name, (this.#strangers.get(name) ?? 0) + 1)
        continue
      }
      if (!signedBy({ ...cosigned, signatures: cosigned.signatures.slice(-1) }, key))
        throw new Error(`${at} carries a cosignature of ${key.name} that is not good`)
      const atMs = Number(own?.bytes.readBigUInt64BE(0) ?? 0n) * 1000
      this.#cosigned.set(key.text, { size, atMs: Math.max(atMs, this.#cosigned.get(key.text)?.atMs ?? 0) })
    }
  }

  /** Rows, or what the tiles have in their place, give the root that was signed; else one of the rows since was touched. */
  #checkRoot(root: Buffer, size: number, at: string): void {
    const rows = this.#rowsGood && this.#rows.root().equals(root)
    if (rows) {
      for (const seq of this.#differing)
        this.#fail('tiles', `tile 0 has another hash for entry ${seq} than what was signed`, seq)
      this.#tiles = undefined
    } else if (this.#tiles?.root().equals(root) === true) {
      for (const seq of this.#differing) this.#touch(seq)
      this.#rowsGood = false
    } else if (this.#good < size) {
      const first = this.#differing[0] ?? this.#good
      this.#fail('entries', `${at} was signed over other entries than those from ${first} on`, first, size - 1)
      this.#rowsGood = false
    } else throw new Error(`${at} was signed over other entries`)
    this.#differing = []
    this.#good = size
  }

  #touch(seq: number): void {
    this.#touched.push(seq)
    if (this.#touched.length <= NAMED_MAX)
      this.#fail('entries', `entry ${seq} is not what was signed: it was changed, or another stands there`, seq)
  }

  #checkKnown(size: number, root: Buffer): void {
    const found = this.#rows.root()
    if (found.equals(root))
      this.#say('known checkpoint', 'passed', `the log begins with the ${size} entries that are known`)
    else
      this.#fail(
        'known checkpoint',
        `the log that is known has other entries below ${size}: it was forked or rewritten`,
        0,
        size - 1,
      )
  }

  async #end(
    next: CheckpointRow | undefined,
    expected: number,
    { end, count }: { readonly end: number; readonly count: number },
  ): Promise<void> {
    if (next !== undefined && next.size > expected) {
      const { end: now } = await placesTaken(this.#options.evidence)
      if (next.size > now)
        this.#fail(
          'entries',
          `${next.size - now} entries at the end are gone: a checkpoint of ${next.size} was signed`,
          now,
          next.size - 1,
        )
    }
    if (count !== end)
      this.#say('sequence', 'failed', `${count} entries have a place, and the last place is ${end - 1}`)
    for (const seq of this.#differing) this.#touch(seq)
    if (this.#touched.length > NAMED_MAX)
      this.#fail(
        'entries',
        `${this.#touched.length} entries are not what was signed`,
        this.#touched[0] ?? 0,
        this.#touched.at(-1) ?? 0,
      )
    for (const { size } of this.#known)
      if (size > end)
        this.#fail(
          'known checkpoint',
          `a log of ${size} entries is known, and this one has ${end}: its tail was cut`,
          end,
          size - 1,
        )
    await this.#checkDisk(end)
    await this.#checkUnplaced()
    this.#checkKeys()
    this.#summarise(end)
  }

  async #checkDisk(end: number): Promise<void> {
    const { tileFolder, evidence } = this.#options
    if (this.#disk === undefined || tileFolder === undefined) return
    await this.#disk.finish(Math.min(this.#signed, end), (await placesTaken(evidence)).end)
    for (const problem of this.#disk.problems.slice(0, NAMED_MAX)) this.#say('files', 'failed', problem)
    if (this.#disk.problems.length > NAMED_MAX)
      this.#say('files', 'failed', `${this.#disk.problems.length} files are wrong`)
    await this.#checkPublished(join(tileFolder, 'checkpoint'))
    if (!this.#findings.some(({ check, outcome }) => check === 'files' && outcome === 'failed'))
      this.#say('files', 'passed', 'every tile and entry bundle on disk is what the entries say')
  }

  /** It may be newer than what was read, and never one that the database does not have. */
  async #checkPublished(file: string): Promise<void> {
    try {
      const note = parseNote(await readFile(file, 'utf8'))
      const { size, root, origin } = parseCheckpoint(note.text)
      const key = this.#keys.at(-1)
      if (key === undefined || !signedBy(note, key)) throw new Error('it is not signed by the key of the log')
      for (const witness of this.#witnesses)
        if (note.signatures.some(({ id }) => id === witness.id) && !signedBy(note, witness))
          throw new Error(`it carries a cosignature of ${witness.name} that is not good`)
      const stored = await this.#storedRoot(size)
      if (origin !== this.#origin || stored !== root.toString('base64'))
        throw new Error('the database has no such checkpoint')
      if (size < this.#signed) throw new Error(`it is of ${size} entries, and ${this.#signed} were signed already`)
    } catch (error) {
      if (this.#signed > 0) this.#say('files', 'failed', `the published checkpoint: ${(error as Error).message}`)
    }
  }

  async #storedRoot(size: number): Promise<string | undefined> {
    const [row] = await this.#options.evidence.transaction(
      async (tx) =>
        await tx.prepared<{ root: string }>(
          'verify_stored',
          `select encode(root, 'base64') as root from evidence.checkpoint where size = $1`,
          [size],
        ),
      { readOnly: true },
    )
    return row?.root.replaceAll('\n', '')
  }

  async #checkUnplaced(): Promise<void> {
    const { count, first } = await countUnplaced(this.#options.evidence, this.#options.nowMs())
    if (count > 0)
      this.#say(
        'sequence',
        'failed',
        `${count} entries older than a minute have no place in the log, ${first} among them`,
      )
  }

  #checkKeys(): void {
    const { logKey } = this.#options
    if (logKey === undefined)
      this.#say('log key', 'cannot', 'no --log-key was given: the key is this server’s own word')
    else if (this.#keys.some(({ text }) => text === logKey.trim()))
      this.#say('log key', 'passed', 'the log is signed by the key that you know')
    else this.#say('log key', 'failed', 'no key of this log is the one that you know')
  }

  #summarise(end: number): void {
    if (!this.#findings.some(({ check, outcome }) => outcome === 'failed' && check !== 'log key' && check !== 'files'))
      this.#say('entries', 'passed', `${end} entries without a gap give every one of ${this.#checkpoints} signed roots`)
    if (end > this.#signed)
      this.#say('entries', 'cannot', `${end - this.#signed} entries at the end are not signed yet`)
    const erased = this.#pruned.erased()
    for (const { type, from, to, why } of erased)
      this.#fail('content', `the content of \`${type}\` is gone from ${from} on, ${why}`, from, to)
    if (this.#pruned.total > 0 && erased.length === 0)
      this.#say('content', 'passed', `the content of ${this.#pruned.total} entries was pruned; the log holds its hash`)
    this.#sayWitnesses(end)
  }

  /** SECURITY: only who was given counts, and only as far as it went: behind that a log can be rewritten unseen. */
  #sayWitnesses(end: number): void {
    const named = [...this.#strangers].map(([name, count]) => `${count} by ${name}`)
    const strangers =
      named.length === 0 ? '' : `; cosignatures that count for nothing, of keys not given: ${named.join(', ')}`
    for (const { name, text } of this.#witnesses) {
      const { size, atMs, since } = this.#cosigned.get(text) ?? { size: 0, atMs: 0 }
      const at = atMs === 0 ? '' : `, last at ${new Date(atMs).toISOString()}`
      if (size > 0 && (since === undefined || this.#options.nowMs() - since <= UNCOSIGNED_MS)) {
        const waiting = end > size ? `; the ${end - size} entries since wait for it` : ''
        this.#say('witnesses', 'passed', `${name} cosigned the log of ${size} entries${at}${waiting}${strangers}`)
      } else
        this.#say(
          'witnesses',
          'cannot',
          `${name} cosigned ${size} of ${end} entries${at}: the ${end - size} since ${since === undefined ? 'then' : new Date(since).toISOString()} could be rewritten with the stolen key of the log${strangers}`,
        )
    }
    if (this.#witnesses.length === 0)
      this.#say(
        'witnesses',
        'cannot',
        `no key of a witness was given: a log rewritten with its stolen key would not be seen${strangers}`,
      )
  }
}

// What was decided and not yet sent, in a folder: written before the answer leaves, so that nothing that was answered is lost
// where the process is killed. Each line has the next number: whoever takes them counts each once, and sees what is missing.
import { writeSync, writevSync } from 'node:fs'
import { open, rm, stat } from 'node:fs/promises'
import type { FileHandle } from 'node:fs/promises'
import { Fault } from '#kernel'
import { RecentTurns } from './recent-turns.ts'
import {
  findSpool,
  keepAside,
  noteMissing,
  noteSent,
  noteWhole,
  readTurns,
  renewId,
  segmentFile,
} from './spool-file.ts'
import type { FoundSpool } from './spool-file.ts'
import { framedLines, lastIn, linesAfter, toldAfter, WrittenTails } from './spool-line.ts'
import type { FramedLine, KnownTails, PlacedTurn, SpoolLine, Written } from './spool-line.ts'

const SEGMENT_BYTES = 8 * 1024 * 1024
/** Where nobody takes them for so long, decisions go on unwritten, and those that need an entry are denied. */
const BYTES_MAX = 1024 * 1024 * 1024
const SYNC_AFTER_MS = 100

interface Gathering {
  readonly texts: Written[]
  readonly written: Promise<void>
  readonly done: (error?: unknown) => void
}

export class Spool {
  readonly #folder: string
  readonly #bytesMax: number
  readonly #release: () => void
  #id: string
  /** Numbers in the files are greater by it than those that anybody is told. */
  #base: number
  #next: number
  #sent: number
  /** By first number: those that hold something unsent, and how long they are; the last is being written. */
  readonly #segments = new Map<number, number>()
  #file: { readonly handle: FileHandle; readonly segment: number; synced: number } | undefined
  /** Where reading goes on. */
  #place: { segment: number; from: number } = { segment: 0, from: 0 }
  /** Read and not yet taken. */
  #read: readonly PlacedTurn[] = []
  /** Those of the segment that is read, up to there. */
  #known: { readonly segment: number; upTo: number; readonly tails: KnownTails } = {
    segment: 0,
    upTo: 0,
    tails: new Map(),
  }
  /** Those of the segment that is being written. */
  readonly #tails = new WrittenTails()
  readonly #recent: RecentTurns
  #gathering: Gathering | undefined
  #writing: Promise<void> = Promise.resolve()
  #syncing: Promise<void> | undefined
  #syncTimer: NodeJS.Timeout | undefined
  #isWhole = true

  private constructor(folder: string, { id, base, sent, next, release }: FoundSpool, bytesMax: number) {
    this.#folder = folder
    this.#id = id
    this.#base = base
    this.#release = release
    this.#sent = sent
    this.#next = next
    this.#recent = new RecentTurns(next - 1)
    this.#bytesMax = bytesMax
  }

  /** Throws Fault('usage') where the folder cannot be used, or another process uses it. */
  static async open(folder: string, bytesMax = BYTES_MAX): Promise<Spool> {
    const found = await findSpool(folder)
    const spool = new Spool(folder, found, bytesMax)
    for (const first of found.segments) spool.#segments.set(first, (await stat(segmentFile(folder, first))).size)
    return spool
  }

  /** Of this folder, and of no other: sequence numbers count within it. */
  get id(): string {
    return this.#id
  }

  /** The number that the newest line has, or a later one that was left out. */
  get last(): number {
    return this.#next - 1 - this.#base
  }

  /** Resolves when it is in the file, where a kill of this process does not undo it. One write for all of a turn. */
  append(text: Written): Promise<void> {
    const gathering = this.#gathering ?? this.#gather()
    gathering.texts.push(text)
    return gathering.written
  }

  /** The oldest that nobody has taken, on the disk by now; at most so many. */
  async unsent(max: number): Promise<SpoolLine[]> {
    const lines = await this.#onDisk(max)
    if (lines.length === max) return lines
    await this.#sync()
    return await this.#onDisk(max)
  }

  async #onDisk(max: number): Promise<SpoolLine[]> {
    const [segment, synced] = [this.#file?.segment ?? 0, this.#file?.synced ?? 0]
    const onDisk = (turn: PlacedTurn): boolean => turn.segment !== segment || turn.end <= synced
    this.#read = this.#recent.after(this.#sent, max, onDisk) ?? (await this.#readUnsent(max))
    return linesAfter(this.#read, this.#sent, this.#base, max)
  }

  async #readUnsent(max: number): Promise<PlacedTurn[]> {
    const read: PlacedTurn[] = []
    let count = 0
    let { segment, from } = this.#place
    for (const [first, length] of this.#segments) {
      if (first < segment) continue
      if (first > segment) [segment, from] = [first, 0]
      const until = this.#file?.segment === first ? this.#file.synced : length
      // what was sent from memory was not read, and its tails were not either
      if (this.#known.segment !== first || this.#known.upTo < from) {
        this.#known = { segment: first, upTo: 0, tails: new Map() }
        from = 0
      }
      while (from < until && count < max) {
        const { turns, end } = await readTurns(this.#folder, first, { from, until, tails: this.#known.tails })
        for (const turn of turns) {
          const told = toldAfter(turn, this.#sent)
          if (told > 0) read.push(turn)
          count += told
        }
        from = end
        this.#known.upTo = Math.max(this.#known.upTo, end)
      }
      if (count >= max) break
    }
    return read
  }

  /** Everything up to here was taken. */
  async taken(upTo: number): Promise<void> {
    const seq = upTo + this.#base
    this.#sent = Math.max(this.#sent, seq)
    this.#recent.taken(seq)
    const last = this.#read.findLast(({ first }) => first <= seq)
    if (last !== undefined) this.#place = { segment: last.segment, from: lastIn(last) <= seq ? last.end : last.from }
    await this.#removeTaken()
  }

  /** Segments of which nothing waits, but for the newest, which stays for its number. */
  async #removeTaken(): Promise<void> {
    const newest = [...this.#segments.keys()].at(-1)
    for (const [first, length] of this.#segments) {
      const { segment, from } = this.#place
      if (first === newest || first > segment || (first === segment && from < length)) break
      await rm(segmentFile(this.#folder, first), { force: true })
      this.#segments.delete(first)
    }
  }

  /** For whoever opens the folder next. Kept for speed alone: whoever takes them knows what was taken. */
  async noteTaken(): Promise<void> {
    await didWork(noteSent(this.#folder, this.#sent))
  }

  /** For a person to look at: they are not sent. False: there was no room to keep them. */
  async setAside(lines: readonly SpoolLine[]): Promise<boolean> {
    return await keepAside(this.#folder, this.#id, lines)
  }

  /** What follows what was taken counts from 1 on, under another id. */
  async renew(): Promise<void> {
    const { id, base } = await renewId(this.#folder, this.#sent)
    this.#id = id
    this.#base = base
  }

  async close(): Promise<void> {
    await this.#writing
    await this.#sync().catch(() => undefined)
    clearTimeout(this.#syncTimer)
    await this.#file?.handle.close()
    await this.noteTaken()
    if (this.#isWhole) await noteWhole(this.#folder, 'closed')
    this.#release()
  }

  #gather(): Gathering {
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    const done = (error?: unknown): void => (error === undefined ? resolve() : reject(error))
    const gathering: Gathering = { texts: [], written: promise, done }
    this.#gathering = gathering
    this.#writing = this.#writing.then(async () => {
      await new Promise((next) => setImmediate(next))
      this.#gathering = undefined
      await this.#write(gathering)
    })
    return gathering
  }

  async #write({ texts, done }: Gathering): Promise<void> {
    const first = this.#next
    // numbers of what cannot be written are not used again: that they are missing is how it is seen
    this.#next += texts.length
    try {
      const { handle, segment } = await this.#segment(first)
      const lines = framedLines(first, texts, this.#tails)
      const length = lines.reduce((sum, { bytes }) => sum + bytes.length, 0)
      this.#assertRoom(length)
      let end = this.#segments.get(segment) ?? 0
      // to the page cache, in a few microseconds; handed to another thread it costs more than the decision does
      if (written(handle.fd, lines, end) < length) throw new Fault('storage_full', 'the disk is full')
      this.#segments.set(segment, end + length)
      for (const { bytes, ...line } of lines) {
        const from = end
        end += bytes.length
        this.#recent.add({ ...line, segment, from, end })
      }
      this.#syncTimer ??= setTimeout(() => void this.#sync().catch(() => undefined), SYNC_AFTER_MS)
      done()
      // what is missing is seen by the numbers that came after it
      if (!this.#isWhole) this.#isWhole = await didWork(noteWhole(this.#folder))
    } catch (error) {
      this.#isWhole = false
      this.#tails.forget()
      await didWork(noteMissing(this.#folder))
      await didWork(this.#leaveSegment())
      done(error)
    }
  }

  /** As far as it was written; what comes goes to another one, so that this one can be removed once it was taken. */
  async #leaveSegment(): Promise<void> {
    const file = this.#file
    const length = file === undefined ? 0 : (this.#segments.get(file.segment) ?? 0)
    await file?.handle.truncate(length)
    if (file === undefined || length === 0) return
    await this.#sync()
    this.#file = undefined
    await file.handle.close()
  }

  #assertRoom(bytes: number): void {
    let total = bytes
    for (const length of this.#segments.values()) total += length
    if (total > this.#bytesMax) throw new Fault('storage_full', `the spool holds ${this.#bytesMax} bytes already`)
  }

  async #segment(next: number): Promise<{ readonly handle: FileHandle; readonly segment: number }> {
    if (this.#file !== undefined && (this.#segments.get(this.#file.segment) ?? 0) < SEGMENT_BYTES) return this.#file
    await this.#sync()
    await this.#file?.handle.close()
    this.#file = undefined
    // after a kill there may be one of this name, with half a line in it
    const handle = await open(segmentFile(this.#folder, next), 'w', 0o600)
    this.#file = { handle, segment: next, synced: 0 }
    this.#tails.forget()
    this.#segments.set(next, 0)
    return this.#file
  }

  /** What was written before the call is on the disk. */
  async #sync(): Promise<void> {
    clearTimeout(this.#syncTimer)
    this.#syncTimer = undefined
    await this.#syncing?.catch(() => undefined)
    const file = this.#file
    if (file === undefined) return
    const length = this.#segments.get(file.segment) ?? 0
    if (file.synced === length) return
    this.#syncing = file.handle.datasync().then(() => void (file.synced = length))
    await this.#syncing
  }
}

/** Answers how many bytes. Nearly always it is one line, for which the plain call costs half. */
function written(fd: number, lines: readonly FramedLine[], at: number): number {
  const [only, ...more] = lines
  return only !== undefined && more.length === 0
    ? writeSync(fd, only.bytes, 0, only.bytes.length, at)
    : writevSync(
        fd,
        lines.map(({ bytes }) => bytes),
        at,
      )
}

const didWork = async (work: Promise<void>): Promise<boolean> =>
  await work.then(
    () => true,
    () => false,
  )

// A file of what was decided and not yet sent: lines with a checksum, written before the answer leaves, so that nothing that was
// answered is lost where the process is killed. Each line has the next number; whoever takes them counts each once.
import { open, readdir, readFile, mkdir, rm, rename, writeFile } from 'node:fs/promises'
import type { FileHandle } from 'node:fs/promises'
import { join } from 'node:path'
import { crc32 } from 'node:zlib'
import { randomBytes } from 'node:crypto'

export interface SpoolLine {
  readonly seq: number
  /** JSON. */
  readonly text: string
}

const SEGMENT_BYTES = 8 * 1024 * 1024
const SEGMENT = /^(\d{16})\.log$/

const checksum = (text: string): string => crc32(text).toString(16).padStart(8, '0')
const nameOf = (seq: number): string => `${String(seq).padStart(16, '0')}.log`

export class Spool {
  /** Of this folder, for ever: sequence numbers count within it. */
  readonly id: string
  readonly #folder: string
  #next: number
  #sent: number
  #segment: FileHandle | undefined
  #segmentBytes = 0
  /** By first number: the segments that hold something unsent. */
  #segments: number[]
  #waiting: { readonly text: string; readonly done: (error?: Error) => void }[] = []
  #writing = false
  #syncing: Promise<void> | undefined

  private constructor(folder: string, id: string, next: number, sent: number, segments: number[]) {
    this.#folder = folder
    this.id = id
    this.#next = next
    this.#sent = sent
    this.#segments = segments
  }

  /** A half line at the end is what a kill cut off: nobody was answered for it. */
  static async open(folder: string): Promise<Spool> {
    await mkdir(folder, { recursive: true, mode: 0o700 })
    const idFile = join(folder, 'id')
    let id = await readFile(idFile, 'utf8').catch(() => '')
    if (!/^spl_[0-9a-f]{32}$/.test(id)) {
      id = `spl_${randomBytes(16).toString('hex')}`
      await writeFile(`${idFile}.tmp`, id, { mode: 0o600, flush: true })
      await rename(`${idFile}.tmp`, idFile)
    }
    const sent = Number((await readFile(join(folder, 'sent'), 'utf8').catch(() => '0')) || 0)
    const segments = (await readdir(folder))
      .flatMap((name) => SEGMENT.exec(name)?.[1] ?? [])
      .map(Number)
      .sort((a, b) => a - b)
    let next = sent + 1
    for (const first of segments) {
      for (const { seq } of await linesIn(folder, first)) next = Math.max(next, seq + 1)
    }
    return new Spool(folder, id, next, sent, segments)
  }

  /** Resolves when it is in the file, where a kill of this process does not undo it. */
  async append(text: string): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.#waiting.push({ text, done: (error) => (error === undefined ? resolve() : reject(error)) })
      if (!this.#writing) void this.#write()
    })
  }

  /** The oldest that nobody has taken, at most so many. */
  async unsent(max: number): Promise<SpoolLine[]> {
    await this.#syncing
    const found: SpoolLine[] = []
    for (const first of this.#segments) {
      for (const line of await linesIn(this.#folder, first)) {
        if (line.seq > this.#sent && found.length < max) found.push(line)
      }
      if (found.length >= max) break
    }
    return found
  }

  /** Everything up to here was taken. Kept for speed alone: whoever takes them knows by themselves. */
  async taken(seq: number): Promise<void> {
    this.#sent = Math.max(this.#sent, seq)
    await writeFile(join(this.#folder, 'sent.tmp'), String(this.#sent), { mode: 0o600 })
    await rename(join(this.#folder, 'sent.tmp'), join(this.#folder, 'sent'))
    // a segment is over when the next one begins with what is not sent yet
    while (this.#segments.length > 1 && (this.#segments[1] ?? Infinity) <= this.#sent + 1) {
      await rm(join(this.#folder, nameOf(this.#segments.shift() ?? 0)), { force: true })
    }
  }

  async close(): Promise<void> {
    await this.#syncing
    await this.#segment?.close()
  }

  /** One write for all that came meanwhile. */
  async #write(): Promise<void> {
    this.#writing = true
    while (this.#waiting.length > 0) {
      const batch = this.#waiting
      this.#waiting = []
      try {
        const file = await this.#openSegment()
        const lines = batch.map(({ text }) => {
          const line = `${this.#next++} ${text}`
          return `${checksum(line)} ${line}\n`
        })
        const bytes = Buffer.from(lines.join(''))
        await file.write(bytes)
        this.#segmentBytes += bytes.length
        this.#syncing ??= file.datasync().finally(() => (this.#syncing = undefined))
        for (const { done } of batch) done()
      } catch (error) {
        // the rest of a half-written line must not take the next one with it
        this.#segment = undefined
        for (const { done } of batch) done(error instanceof Error ? error : new Error('unknown error'))
      }
    }
    this.#writing = false
  }

  async #openSegment(): Promise<FileHandle> {
    if (this.#segment !== undefined && this.#segmentBytes < SEGMENT_BYTES) return this.#segment
    await this.#syncing
    await this.#segment?.close()
    // always a new file: after a kill the last line of the one before may be half
    this.#segment = await open(join(this.#folder, nameOf(this.#next)), 'a', 0o600)
    if (!this.#segments.includes(this.#next)) this.#segments.push(this.#next)
    // one that was begun and killed may end in half a line
    await this.#segment.write('\n')
    this.#segmentBytes = 0
    return this.#segment
  }
}

/** Those that are whole; what is not is left out. */
async function linesIn(folder: string, first: number): Promise<SpoolLine[]> {
  const text = await readFile(join(folder, nameOf(first)), 'utf8').catch(() => '')
  return text.split('\n').flatMap((whole) => {
    const line = whole.slice(9)
    const [, seq, rest] = /^(\d+) (.*)$/.exec(line) ?? []
    return seq === undefined || rest === undefined || checksum(line) !== whole.slice(0, 8)
      ? []
      : [{ seq: Number(seq), text: rest }]
  })
}

// Sends what waits in a spool, in batches that whoever takes them can take. From their answers it knows whether this folder is still
// the only one of its number: put back from a copy, or used twice, it would lose decisions unsaid, so it goes on under another.
import { Fault } from '#kernel'
import type { Spool } from './spool.ts'
import type { SpoolLine } from './spool-line.ts'

/** What whoever takes lines answers. */
export interface Taken {
  /** How many of them were new. */
  readonly taken: number
  /** The number of the last that is known there. Earlier releases do not say it. */
  readonly lastSeq?: number
}

/** Throws where they were not taken; `too_large` where fewer may be. Taking a line twice is taking it once; of none it says what it has. */
export type SendLines = (spoolId: string, lines: readonly SpoolLine[]) => Promise<Taken>

export interface SendSpoolOptions {
  readonly send: SendLines
  readonly say: (event: string) => void
  /** Lines at once. */
  readonly batchMax?: number
  /** Bytes at once, as JSON; without it, however many. */
  readonly bytesMax?: number
}

const BATCH_MAX = 500

export class SpoolSender {
  readonly #spool: Spool
  readonly #options: SendSpoolOptions
  readonly #batchMax: number
  /** Fewer than `batchMax` where as many were too large. */
  #linesMax: number
  /** The last that may have been sent: with the folder as it was found, or since. */
  #last: number
  /** Whoever takes them has all up to here; not known before the first answer, and after one that did not arrive. */
  #has: number | undefined
  #aside = 0
  /** Of those: there was no room for them. */
  #lost = 0
  #keptAside = 0

  constructor(spool: Spool, options: SendSpoolOptions) {
    this.#spool = spool
    this.#options = options
    this.#batchMax = options.batchMax ?? BATCH_MAX
    this.#linesMax = this.#batchMax
    this.#last = spool.last
  }

  /** So many were not sent and wait no more, since this was made. */
  get keptAside(): number {
    return this.#keptAside
  }

  /**
   * All that waits at the call: what comes meanwhile waits for others to go with it. Throws where it was not taken, and
   * Fault('evidence_unavailable') where some were kept aside instead.
   */
  async sendAll(): Promise<void> {
    this.#aside = 0
    this.#lost = 0
    let { id, last } = this.#spool
    const first = await this.#spool.unsent(this.#linesMax)
    if (first.length === 0) return
    for (let lines = first; (lines[0]?.seq ?? Infinity) <= last; lines = await this.#spool.unsent(this.#linesMax)) {
      if (this.#has === undefined) await this.#ask()
      else await this.#sendSome(this.#within(lines), this.#has)
      // what waits by then has new numbers, from 1 on
      if (this.#spool.id !== id) ({ id, last } = this.#spool)
    }
    await this.#spool.noteTaken()
    if (this.#aside > 0)
      throw new Fault('evidence_unavailable', `${this.#aside} decisions were not sent and ${this.#whereAside()}`)
  }

  async #ask(): Promise<void> {
    const { lastSeq } = await this.#options.send(this.#spool.id, [])
    if (lastSeq !== undefined && lastSeq > this.#last) {
      await this.#goOnAnew(
        `${lastSeq} of this spool are known there and ${this.#last} here: it was put back from a copy`,
      )
      return
    }
    if (lastSeq !== undefined) await this.#spool.taken(lastSeq)
    this.#has = lastSeq ?? 0
  }

  async #sendSome(lines: readonly SpoolLine[], before: number): Promise<void> {
    const last = lines.at(-1)?.seq ?? 0
    this.#last = Math.max(this.#last, last)
    this.#has = undefined
    let answer: Taken
    try {
      answer = await this.#options.send(this.#spool.id, lines)
    } catch (error) {
      if (!(error instanceof Fault) || error.code !== 'too_large') throw error
      this.#has = before
      await this.#tooLarge(lines)
      return
    }
    await this.#spool.taken(last)
    this.#linesMax = Math.min(this.#batchMax, this.#linesMax * 2)
    const { taken, lastSeq } = answer
    // what was known there already was not asked for: it came from somebody else
    if (lastSeq !== undefined && (taken < lines.length || lastSeq > last)) {
      await this.#setAside(lines.slice(0, lines.length - taken))
      await this.#goOnAnew('somebody else sends under the number of this spool')
      return
    }
    this.#has = last
  }

  async #tooLarge(lines: readonly SpoolLine[]): Promise<void> {
    this.#linesMax = Math.ceil(lines.length / 2)
    if (lines.length > 1) return
    await this.#setAside(lines)
    this.#options.say(
      `a decision is too large for the server: it counts as missing, and decisions like it ${this.#whereAside()}`,
    )
  }

  /** What waits of before may be known there or not: it is kept, and not sent twice. */
  async #goOnAnew(why: string): Promise<void> {
    for (;;) {
      const lines = (await this.#spool.unsent(this.#batchMax)).filter(({ seq }) => seq <= this.#last)
      if (lines.length === 0) break
      await this.#setAside(lines)
    }
    await this.#spool.renew()
    this.#last = 0
    this.#has = undefined
    const kept =
      this.#aside === 0 ? '' : `; ${this.#aside} decisions may not have been counted and ${this.#whereAside()}`
    this.#options.say(`${why}; it goes on under another number${kept}`)
  }

  async #setAside(lines: readonly SpoolLine[]): Promise<void> {
    if (!(await this.#spool.setAside(lines))) this.#lost += lines.length
    await this.#spool.taken(lines.at(-1)?.seq ?? 0)
    this.#aside += lines.length
    this.#keptAside += lines.length
  }

  #whereAside(): string {
    return this.#lost === 0 ? 'are in `aside.log`' : `${this.#lost} of them are nowhere: \`aside.log\` is full`
  }

  /** The first of them that fit; one at least. */
  #within(lines: readonly SpoolLine[]): readonly SpoolLine[] {
    const { bytesMax } = this.#options
    if (bytesMax === undefined) return lines
    let bytes = 0
    const first = lines.findIndex(({ seq, text }) => {
      bytes += Buffer.byteLength(JSON.stringify({ seq, text })) + 1
      return bytes > bytesMax
    })
    return first === -1 ? lines : lines.slice(0, Math.max(1, first))
  }
}

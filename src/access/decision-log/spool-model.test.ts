// A spool under random use, kills and damage, beside a list of what was written to it: everything is told once, under its number and
// as it was written; where a byte of the disk is another one, what is lost was in that segment, and is missing in the numbers.
import assert from 'node:assert/strict'
import { appendFile, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { Spool } from './spool.ts'
import type { Tail, Written } from './spool-line.ts'

const SEGMENT = /^\d{16}\.log$/
const SMALL: readonly Tail[] = ['"a"}', '"\\u001f"}', '"\u2028\ufffd"}'].map((text) => ({ text }))
const LARGE: readonly Tail[] = ['y', 'z'].map((letter) => ({ text: `"${letter.repeat(300_000)}"}` }))

type Step =
  | { readonly does: 'append'; readonly tails: readonly (number | 'new' | 'none')[] }
  | { readonly does: 'send'; readonly max: number; readonly taken: number }
  | { readonly does: 'renew' | 'reopen' }
  | {
      readonly does: 'kill'
      readonly half: string
      readonly flip?: { readonly segment: number; readonly byte: number }
    }

class Used {
  readonly #folder: string
  readonly #pool: readonly Tail[]
  #spool: Spool
  readonly #killed: Spool[] = []
  /** By number in the files: what was written and not taken. */
  readonly #waiting = new Map<number, string>()
  #base = 0
  #next = 1
  #count = 0
  #taken = 0
  /** Lost, and nobody knows it yet by the numbers that came after. */
  #unseen: number[] = []
  lost = 0

  constructor(folder: string, spool: Spool, pool: readonly Tail[]) {
    this.#folder = folder
    this.#spool = spool
    this.#pool = pool
  }

  async take(step: Step): Promise<void> {
    if (step.does === 'append') return await this.#append(step.tails)
    if (step.does === 'send') return void (await this.#send(step.max, step.taken))
    if (step.does === 'kill') return await this.#kill(step)
    if (step.does === 'renew') return await this.#renew()
    await this.#spool.close()
    this.#spool = await Spool.open(this.#folder)
    this.#goOn()
  }

  #goOn(): void {
    assert.equal(this.#spool.last + this.#base + 1, this.#next)
  }

  async #append(tails: readonly (number | 'new' | 'none')[]): Promise<void> {
    const texts = tails.map((given): Written => {
      const head = `{"n":${(this.#count += 1)},"of":`
      const tail = typeof given === 'number' ? this.#pool[given % this.#pool.length] : { text: `"new ${this.#count}"}` }
      return { head, ...(given !== 'none' && tail && { tail }) }
    })
    await Promise.all(texts.map(async (text) => this.#spool.append(text)))
    for (const { head, tail } of texts) this.#waiting.set(this.#next++, head + (tail?.text ?? ''))
  }

  /** Takes the first so many of what it is told. Answers how many it was told. */
  async #send(max: number, taken: number): Promise<number> {
    const lines = await this.#spool.unsent(max)
    assert.ok(lines.length <= max)
    let before = this.#taken
    for (const { seq, text } of lines) {
      assert.ok(seq > before, `${seq} after ${before}`)
      before = seq
      // compared as one text: a difference would be shown for minutes
      assert.ok(text === this.#waiting.get(seq + this.#base), `${seq} reads ${text.slice(0, 60)}`)
    }
    const last = lines.slice(0, taken).at(-1)
    if (last !== undefined) await this.#take(last.seq)
    return lines.length
  }

  async #take(seq: number): Promise<void> {
    await this.#spool.taken(seq)
    this.#taken = seq
    for (const number of this.#waiting.keys()) if (number <= seq + this.#base) this.#waiting.delete(number)
  }

  async #renew(): Promise<void> {
    const { last } = this.#spool
    await this.#spool.renew()
    this.#base += last - this.#spool.last
    this.#taken = 0
  }

  async #kill({ half, flip }: Extract<Step, { readonly does: 'kill' }>): Promise<void> {
    await writeFile(join(this.#folder, 'lock'), JSON.stringify({ pid: process.pid, startMark: 'of another' }))
    const segments = (await readdir(this.#folder)).filter((name) => SEGMENT.test(name)).sort()
    const newest = segments.at(-1)
    const damaged = flip && segments[flip.segment % segments.length]
    if (damaged !== undefined) await changeByte(join(this.#folder, damaged), flip?.byte ?? 0)
    if (newest !== undefined) await appendFile(join(this.#folder, newest), half)
    this.#killed.push(this.#spool)
    this.#spool = await Spool.open(this.#folder)
    if (damaged === undefined) this.#goOn()
    await this.#ask()
    if (damaged !== undefined) await this.#lose(segments, damaged)
  }

  /** What was taken is known there; here it is not, where its line was damaged: then it goes on under another id, as who sends does. */
  async #ask(): Promise<void> {
    if (this.#taken <= this.#spool.last) return await this.#take(this.#taken)
    const aside = (await this.#spool.unsent(1_000_000)).at(-1)
    if (aside !== undefined) await this.#take(aside.seq)
    await this.#renew()
    this.#waiting.clear()
  }

  async #lose(segments: readonly string[], damaged: string): Promise<void> {
    const firsts = segments.map((name) => Number(name.slice(0, 16)))
    const place = segments.indexOf(damaged)
    const [from = 0, to = Infinity] = [firsts[place], firsts[place + 1]]
    const told = new Set((await this.#spool.unsent(1_000_000)).map(({ seq }) => seq + this.#base))
    this.#next = this.#spool.last + this.#base + 1
    const lost = [...this.#waiting.keys()].filter((number) => !told.has(number))
    this.#unseen = [...this.#unseen, ...lost].filter((number) => number > this.#taken + this.#base)
    for (const number of lost) {
      assert.ok(number >= from && number < to, `${number} is lost, which is not in ${damaged}`)
      this.#waiting.delete(number)
    }
    // of what is lost, one number at least is given to nobody else
    const seen = this.#unseen.length === 0 || Math.min(...this.#unseen) < this.#next
    assert.ok(seen, `${lost.join()} are lost, and ${this.#next} is next`)
    this.lost += lost.length
  }

  async end(): Promise<void> {
    await this.#append(['new'])
    while ((await this.#send(7, 7)) > 0);
    assert.deepEqual([...this.#waiting.keys()], [])
  }

  async close(): Promise<void> {
    for (const spool of [this.#spool, ...this.#killed]) await spool.close().catch(() => undefined)
  }
}

async function changeByte(path: string, place: number): Promise<void> {
  const bytes = await readFile(path)
  const at = place % Math.max(1, bytes.length)
  // a line that lost its end is like one that a kill cut off
  // a byte that none of its lines has, and another one the next time: what was damaged is never whole again
  if (bytes.length > 0 && bytes[at] !== 10) bytes[at] = bytes[at] === 1 ? 2 : 1
  await writeFile(path, bytes)
}

const tail = fc.oneof({ weight: 6, arbitrary: fc.nat(4) }, fc.constantFrom('new' as const, 'none' as const))
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      does: fc.constant('append' as const),
      tails: fc.array(tail, { minLength: 1, maxLength: 12 }),
    }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      does: fc.constant('send' as const),
      max: fc.integer({ min: 1, max: 30 }),
      taken: fc.nat(30),
    }),
  },
  { weight: 2, arbitrary: fc.record({ does: fc.constantFrom('renew' as const, 'reopen' as const) }) },
  {
    weight: 2,
    arbitrary: fc.record(
      {
        does: fc.constant('kill' as const),
        half: fc.constantFrom('', '0', 'abcdef01 5 {"n":'),
        flip: fc.record({ segment: fc.nat(50), byte: fc.nat(10_000_000) }),
      },
      { requiredKeys: ['does', 'half'] },
    ),
  },
)

for (const [what, pool, numRuns, maxLength] of [
  ['of short lines', SMALL, 100, 40],
  ['with more than fits in memory and in a segment', [...LARGE, ...SMALL], 25, 60],
] as const)
  test(`whatever is done to a spool ${what}, each text is told once, and what is lost is missing`, async () => {
    let lost = 0
    const steps = fc.array(step, { minLength: maxLength / 2, maxLength })
    await fc.assert(
      fc.asyncProperty(steps, async (taken) => {
        const folder = await mkdtemp(join(tmpdir(), 'reeve-spool-'))
        const used = new Used(folder, await Spool.open(folder), pool)
        try {
          for (const each of taken) await used.take(each)
          await used.end()
          lost += used.lost
        } finally {
          await used.close()
          await rm(folder, { recursive: true, force: true, maxRetries: 10 })
        }
      }),
      { numRuns },
    )
    assert.ok(lost > 0, 'nothing was ever lost')
  })

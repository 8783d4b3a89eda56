// A line of a spool: what was decided in one turn (or a part of it, where that is much), its number and a checksum. What many texts
// end with is written once in a segment, and then only its number there.
import { crc32 } from 'node:zlib'
import type { DecidedKind, Recorded } from './decision-line.ts'

/** The same object for all texts that end with it. */
export interface Tail {
  readonly text: string
  /** What a text with this end says. */
  readonly kind?: DecidedKind
}

/** A text of JSON: `head`, and then its tail, where it has one. */
export interface Written {
  readonly head: string
  readonly tail?: Tail
  /** When it was decided, milliseconds since 1970; told with the tail. */
  readonly at?: number
}

export interface SpoolLine {
  readonly seq: number
  /** JSON. */
  readonly text: string
  /** What the text says, where it was written by this process and a moment ago. */
  readonly decision?: Recorded | undefined
}

/** What was written in one turn, or a part of it: one line of the file, under the number of the first of its texts. */
export interface Turn {
  readonly first: number
  /**
   * As the file has them. Kept by hundreds of thousands: one text, and two lists of what is there anyway, are what the collector
   * passes over soonest.
   */
  readonly spelled: string
  /** Of each text; none where the text has none, and `lost` where it has one that is not in the file. */
  readonly tails: readonly (Tail | 'lost' | undefined)[]
  /** When each was decided, where it was written by this process; NaN where that was not told. */
  readonly times?: readonly number[]
}

export interface PlacedTurn extends Turn {
  readonly segment: number
  readonly from: number
  readonly end: number
}

export interface FramedLine extends Turn {
  readonly bytes: Buffer
}

/** Of one segment, by number. */
export type KnownTails = Map<string, Tail>

/** Letters; then another line begins: a line that is longer than a chunk is none. A letter takes three bytes at most, a text some thousand. */
const LINE_LETTERS = 256 * 1024
/** JSON has none of these: between two texts, between head, number and tail where the tail is written, and before its number later. */
const [BETWEEN, IS_WRITTEN, WAS_WRITTEN] = ['\t', '\u001f', '\u001e']
const SUM_LETTERS = 8

/** Then all are written once more: who asks chooses the names in them. */
const TAILS_MAX = 10_000

/** The tails that stand in the segment that is being written. */
export class WrittenTails {
  #numbers = new Map<Tail, number>()
  #next = 1

  /** What was to be written may not be there. Numbers are not given again. */
  forget(): void {
    this.#numbers = new Map()
  }

  /** As the file has it. */
  spelled({ head, tail }: Written): string {
    if (tail === undefined) return head
    const known = this.#numbers.get(tail)
    if (known !== undefined) return head + WAS_WRITTEN + known
    if (this.#numbers.size >= TAILS_MAX) this.forget()
    const number = this.#next++
    this.#numbers.set(tail, number)
    return head + IS_WRITTEN + number + IS_WRITTEN + tail.text
  }
}

/** Of one turn: nearly always one. */
export function framedLines(first: number, texts: readonly Written[], tails: WrittenTails): FramedLine[] {
  const spelled = texts.map((text) => tails.spelled(text))
  const lines: FramedLine[] = []
  let [begin, letters] = [0, 0]
  for (let place = 0; place < spelled.length; place++) {
    letters += spelled[place]?.length ?? 0
    if (letters < LINE_LETTERS && place < spelled.length - 1) continue
    const end = place + 1
    lines.push(framed(first + begin, spelled.slice(begin, end), texts.slice(begin, end)))
    ;[begin, letters] = [end, 0]
  }
  return lines
}

const NO_SUM = ' '.repeat(SUM_LETTERS + 1)

function framed(first: number, texts: readonly string[], written: readonly Written[]): FramedLine {
  // joined, it is one piece: what is concatenated keeps its pieces
  const spelled = texts.join(BETWEEN)
  const bytes = Buffer.from(`${NO_SUM}${first} ${spelled}\n`)
  bytes.write(checksum(bytes.subarray(SUM_LETTERS + 1, -1)), 'latin1')
  return { first, spelled, tails: written.map(({ tail }) => tail), times: written.map(({ at }) => at ?? NaN), bytes }
}

const checksum = (line: string | Buffer): string => crc32(line).toString(16).padStart(SUM_LETTERS, '0')

/** What is no line, or another one than was written, is `undefined`. */
export function turnIn(whole: string, known: KnownTails): Turn | undefined {
  const line = whole.slice(SUM_LETTERS + 1)
  // JSON leaves some letters as they are that end a line for others
  const [, first, spelled] = /^(\d{1,15}) (.*)$/s.exec(line) ?? []
  if (first === undefined || spelled === undefined || `${checksum(line)} ` !== whole.slice(0, SUM_LETTERS + 1))
    return undefined
  return { first: Number(first), spelled, tails: spelled.split(BETWEEN).map((text) => tailIn(text, known)) }
}

/** How many a line held, as near as can be told of one that is damaged. */
export const textsIn = (line: string): number => line.split(BETWEEN).length

function tailIn(text: string, known: KnownTails): Tail | 'lost' | undefined {
  const [, number, written] = text.split(IS_WRITTEN)
  if (number === undefined || written === undefined) {
    const before = text.split(WAS_WRITTEN)[1]
    return before === undefined ? undefined : (known.get(before) ?? 'lost')
  }
  const tail = { text: written }
  known.set(number, tail)
  return tail
}

/** The number of the last of its texts. */
export const lastIn = ({ first, tails }: Turn): number => first + tails.length - 1

/** How many of its texts after one can be told: those that lost their tail cannot, and hold up no other. */
export const toldAfter = ({ first, tails }: Turn, after: number): number =>
  tails.filter((tail, place) => first + place > after && tail !== 'lost').length

/** Letters of texts at once, and the one with which they are more: who takes them keeps all of them in memory. */
const TAKEN_LETTERS = 16 * 1024 * 1024

/** Those after one, all by the numbers in the files, at most so many; what is told of each is less by `base`. */
export function linesAfter(turns: readonly PlacedTurn[], after: number, base: number, max: number): SpoolLine[] {
  const lines: SpoolLine[] = []
  let before = after
  let letters = 0
  for (const turn of turns) {
    const { first, tails, times = [], spelled } = turn
    const heads = new Heads(turn)
    const headLetters = spelled.length / tails.length
    for (let place = Math.max(0, before + 1 - first); place < tails.length; place++) {
      const tail = tails[place]
      if (lines.length === max || letters > TAKEN_LETTERS) return lines
      if (tail === 'lost') continue
      letters += headLetters + (tail?.text.length ?? 0)
      lines.push(new LineOfTurn(first + place - base, place, heads, tail, times[place]))
    }
    before = Math.max(before, lastIn(turn))
  }
  return lines
}

/** The texts of a turn up to their tails, cut when one is asked for: what is allowed is counted, and nobody reads its text. */
class Heads {
  readonly #turn: Turn
  #cut: readonly string[] | undefined

  constructor(turn: Turn) {
    this.#turn = turn
  }

  at(place: number): string {
    this.#cut ??= this.#turn.spelled.split(BETWEEN)
    const text = this.#cut[place] ?? ''
    const end = Math.max(text.indexOf(IS_WRITTEN), text.indexOf(WAS_WRITTEN))
    return end === -1 ? text : text.slice(0, end)
  }
}

class LineOfTurn implements SpoolLine {
  readonly seq: number
  readonly decision: Recorded | undefined
  readonly #tail: Tail | undefined
  readonly #place: number
  readonly #heads: Heads

  constructor(seq: number, place: number, heads: Heads, tail: Tail | undefined, at = NaN) {
    this.seq = seq
    this.decision = tail?.kind === undefined || Number.isNaN(at) ? undefined : { at, kind: tail.kind }
    this.#tail = tail
    this.#place = place
    this.#heads = heads
  }

  get text(): string {
    return this.#heads.at(this.#place) + (this.#tail?.text ?? '')
  }
}

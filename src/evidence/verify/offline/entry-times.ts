// When entries say that they happened, against their order: decision record 0027. An entry may be dated before one in front of
// it by as much as an act may take; by more only where the log says that a clock was set back.

/** An act is dated when it begins, and a run of a source, the longest of them, may take a day. */
export const BACK_MS_MAX = 86_400_000
const STEPS_NAMED_MAX = 10

interface TimeFinding {
  readonly outcome: 'passed' | 'failed' | 'cannot' | 'stated'
  readonly detail: string
  readonly range?: { readonly from: number; readonly to: number }
}

interface Back {
  count: number
  first: number
  last: number
  /** By how much the worst of them goes back. */
  ms: number
}

interface Step {
  readonly seq: number
  readonly atMs: number
  /** Of the newest entry in front of it. */
  readonly wasMs: number
  readonly before: Back | undefined
}

export class EntryTimes {
  /** Of the entries since the last step. */
  #newestMs = -Infinity
  #cosignedMs = -Infinity
  /** Dated back, since the last step. */
  #back: Back | undefined
  /** Dated before something in front of them was cosigned. */
  #untrue: Back | undefined
  readonly #steps: Step[] = []
  #stepCount = 0

  /** Entries that are dated before this are to be looked at one by one. */
  get backBefore(): number {
    return Math.max(this.#newestMs, this.#cosignedMs) - BACK_MS_MAX
  }

  /** In the order of places. Entries about rows are dated as what stands in front of them, however long ago that was. */
  take(seq: number, type: string, atMs: number): void {
    if (type === 'rows.changed') return
    if (type === 'clock.stepped') {
      this.#step(seq, atMs)
      return
    }
    if (atMs < this.#newestMs - BACK_MS_MAX) this.#back = further(this.#back, seq, this.#newestMs - atMs)
    else if (atMs < this.#cosignedMs - BACK_MS_MAX) this.#untrue = further(this.#untrue, seq, this.#cosignedMs - atMs)
    this.newest(atMs)
  }

  /** Of entries none of which is dated back. */
  newest(atMs: number): void {
    if (atMs > this.#newestMs) this.#newestMs = atMs
  }

  /** A witness whose key was given cosigned everything so far. */
  cosigned(atMs: number): void {
    this.#cosignedMs = Math.max(this.#cosignedMs, atMs)
  }

  #step(seq: number, atMs: number): void {
    this.#stepCount += 1
    if (this.#steps.length < STEPS_NAMED_MAX) this.#steps.push({ seq, atMs, wasMs: this.#newestMs, before: this.#back })
    this.#newestMs = atMs
    this.#back = undefined
  }

  findings(): TimeFinding[] {
    const found: TimeFinding[] = []
    if (this.#back !== undefined)
      found.push({
        outcome: 'failed',
        detail: `${backWords(this.#back)} before an entry in front of them, and no entry says that a clock was set back`,
        range: rangeOf(this.#back),
      })
    if (this.#untrue !== undefined)
      found.push({
        // the log says itself that its times are not to be trusted: which of them is, nobody can say
        outcome: this.#stepCount > 0 ? 'cannot' : 'failed',
        detail: `${backWords(this.#untrue)} before a witness cosigned what stands in front of them`,
        range: rangeOf(this.#untrue),
      })
    for (const { seq, atMs, wasMs, before } of this.#steps) {
      const places = before === undefined ? '' : `; ${backWords(before)} before one in front of them`
      const words = `entry ${seq} says that a clock was set back from ${instantText(wasMs)} to ${instantText(atMs)}`
      found.push({
        outcome: 'stated',
        detail: `${words}: when entries around it happened is the log’s own word${places}`,
      })
    }
    if (this.#stepCount > this.#steps.length)
      found.push({ outcome: 'stated', detail: `${this.#stepCount} entries say that a clock was set back` })
    if (found.length === 0)
      found.push({ outcome: 'passed', detail: 'no entry is dated more than a day before one in front of it' })
    return found
  }
}

function further(back: Back | undefined, seq: number, ms: number): Back {
  if (back === undefined) return { count: 1, first: seq, last: seq, ms }
  back.count += 1
  back.last = seq
  back.ms = Math.max(back.ms, ms)
  return back
}

const rangeOf = ({ first, last }: Back): { from: number; to: number } => ({ from: first, to: last })

const backWords = ({ count, first, last, ms }: Back): string =>
  `${count} entries between places ${first} and ${last} are dated up to ${Math.floor(ms / BACK_MS_MAX)} days`

/** What is no date is said as it is. */
const instantText = (ms: number): string => (Number.isFinite(ms) ? new Date(ms).toISOString() : 'nothing')

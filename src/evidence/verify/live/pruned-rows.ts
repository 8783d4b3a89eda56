// Content that is not there any more has to have been taken away by an act that stands behind it in the log, and not before
// its least time was over: pruned by its type and age, or erased by its name.
import { NEVER_ERASED, prunableBefore } from '../offline/least-days.ts'
import type { Remark } from './entry-tile.ts'

/** Content of entries of one type from before an instant was taken away, of so many. */
export interface Pruning {
  readonly type: string
  /** Milliseconds since 1970. */
  readonly before: number
  readonly count: number
}

/** What cannot be read covers nothing. */
export function pruningOf(content: unknown): Pruning {
  const { type, before, count } = content as { type?: unknown; before?: unknown; count?: unknown }
  return {
    type: String(type),
    before: Date.parse(String(before)),
    count: Number.isSafeInteger(count) ? Number(count) : 0,
  }
}

interface Gone {
  count: number
  first: number
  last: number
  /** Milliseconds since 1970: of the newest of them. */
  newestAt: number
}

/** An act of pruning, and what is gone between the one before it and itself. */
interface Act extends Pruning {
  /** When it says that it was, or something behind it that is known to be of then. */
  at: number
  readonly gone: Gone | undefined
}

export interface Unaccounted {
  readonly type: string
  readonly from: number
  readonly to: number
  readonly why: string
}

/** By type of entry, of which a log has some dozens. Entries are taken in the order of their places. */
export class PrunedRows {
  readonly #erasedAt: ReadonlyMap<string, number>
  readonly #acts = new Map<string, Act[]>()
  /** Since the last act of pruning of their type. */
  readonly #gone = new Map<string, Gone>()
  #unbound: Act[] = []
  pruned = 0
  erased = 0

  /** `erasedAt`: the place of the act of erasing that names an entry, by its id. */
  constructor(erasedAt: ReadonlyMap<string, number>) {
    this.#erasedAt = erasedAt
  }

  take({ id, seq, type, at, pruned, pruning }: Remark): void {
    if (pruning !== undefined) this.#add(pruning, at)
    if (type === 'clock.stepped') this.#setBack(at)
    if (!pruned) return
    if ((this.#erasedAt.get(id) ?? -1) > seq && !NEVER_ERASED.has(type)) {
      this.erased += 1
      return
    }
    this.pruned += 1
    const gone = this.#gone.get(type) ?? { count: 0, first: seq, last: seq, newestAt: -Infinity }
    this.#gone.set(type, gone)
    gone.count += 1
    gone.last = seq
    gone.newestAt = Math.max(gone.newestAt, at)
  }

  /** Everything so far was there at this time: an act that says a later one is taken to be of this. */
  known(atMs: number): void {
    for (const act of this.#unbound) act.at = Math.min(act.at, atMs)
    this.#unbound = []
  }

  /** A clock was ahead until then: whatever was pruned before was pruned by then. */
  #setBack(atMs: number): void {
    for (const acts of this.#acts.values()) for (const act of acts) act.at = Math.min(act.at, atMs)
  }

  #add(pruning: Pruning, at: number): void {
    const act = { ...pruning, at, gone: this.#gone.get(pruning.type) }
    this.#gone.delete(pruning.type)
    const acts = this.#acts.get(pruning.type) ?? []
    this.#acts.set(pruning.type, acts)
    acts.push(act)
    this.#unbound.push(act)
  }

  /** What no act in the log accounts for. */
  unaccounted(): Unaccounted[] {
    return [...new Set([...this.#acts.keys(), ...this.#gone.keys()])].flatMap((type) => this.#ofType(type))
  }

  #ofType(type: string): Unaccounted[] {
    const acts = this.#acts.get(type) ?? []
    const parts = [...acts.map(({ gone }) => gone), this.#gone.get(type)]
    const found: Unaccounted[] = []
    let said = -Infinity
    let due = -Infinity
    // from the end: a part is accounted for by the acts behind it
    for (let at = acts.length; at >= 0; at -= 1) {
      const [gone, act] = [parts[at], acts[at]]
      if (act !== undefined) {
        said = Math.max(said, act.before)
        due = Math.max(due, Math.min(act.before, prunableBefore(type, act.at)))
      }
      if (gone === undefined || gone.newestAt < due) continue
      const why =
        gone.newestAt < said
          ? 'before its least time was over'
          : act === undefined
            ? 'and no entry behind it says that it was pruned'
            : 'though only what is older was pruned'
      found.unshift({ type, from: gone.first, to: gone.last, why })
    }
    if (found.length > 0) return found
    // what an act took too early stays missing for ever: it accounts for nothing
    const lawful = acts.filter(({ before, at }) => before <= prunableBefore(type, at))
    const taken = lawful.reduce((sum, { count }) => sum + count, 0)
    const there = parts.filter((gone) => gone !== undefined)
    const count = there.reduce((sum, gone) => sum + gone.count, 0)
    const [from, to] = [there[0]?.first ?? 0, there.at(-1)?.last ?? 0]
    return count === taken
      ? []
      : [{ type, from, to, why: `of ${count} entries, and ${taken} were pruned in their time` }]
  }
}

// Content that is not there any more has to have been pruned by an act that is itself in the log: else somebody erased it.
import type { Remark } from './entry-tile.ts'
import { leastDays } from './verify-guard.ts'

const DAY_MS = 86_400_000
/** The time of the entry is the server's, that of the pruning the database's. */
const SKEW_MS = 3_600_000

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

export interface Erased {
  readonly type: string
  readonly from: number
  readonly to: number
  readonly why: string
}

/** By type of entry; a log has some dozens. */
export class PrunedRows {
  readonly #erased: ReadonlySet<string>
  readonly #gone = new Map<string, Gone>()
  readonly #acts = new Map<string, { before: number; count: number }>()
  /** Types that an act of pruning took away before their time. */
  readonly #early = new Set<string>()
  total = 0

  /** `erased`: entries that an act of erasing accounts for, by id. */
  constructor(erased: ReadonlySet<string>) {
    this.#erased = erased
  }

  take({ id, seq, type, at, pruned, pruning }: Remark): void {
    if (pruning !== undefined) this.#add(pruning, at)
    if (!pruned) return
    this.total += 1
    if (this.#erased.has(id)) return
    const gone = this.#gone.get(type)
    if (gone === undefined) this.#gone.set(type, { count: 1, first: seq, last: seq, newestAt: at })
    else {
      gone.count += 1
      gone.last = seq
      gone.newestAt = Math.max(gone.newestAt, at)
    }
  }

  #add({ type, before, count }: Pruning, at: number): void {
    const days = leastDays(type)
    if (days === null || at - before < days * DAY_MS - SKEW_MS) this.#early.add(type)
    const known = this.#acts.get(type) ?? { before: -Infinity, count: 0 }
    this.#acts.set(type, { before: Math.max(known.before, before), count: known.count + count })
  }

  /** What no act of pruning in the log accounts for. */
  erased(): Erased[] {
    return [...this.#gone].flatMap(([type, { count, first, last, newestAt }]) => {
      const act = this.#acts.get(type)
      const places = { type, from: first, to: last }
      if (act === undefined) return [{ ...places, why: `and no entry says that it was pruned` }]
      if (this.#early.has(type)) return [{ ...places, why: 'before its least time was over' }]
      if (newestAt >= act.before) return [{ ...places, why: `though only what is older was pruned` }]
      return count === act.count ? [] : [{ ...places, why: `of ${count} entries, and ${act.count} were pruned` }]
    })
  }
}

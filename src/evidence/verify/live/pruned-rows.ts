// Content that is not there any more has to have been pruned by an act that is itself in the log: else somebody erased it.
import type { EntryRow, Pruning } from './entry-rows.ts'

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
  readonly #gone = new Map<string, Gone>()
  readonly #acts = new Map<string, { before: number; count: number }>()
  total = 0

  take({ seq, type, at, pruned, pruning }: Pick<EntryRow, 'seq' | 'type' | 'at' | 'pruned' | 'pruning'>): void {
    if (pruning !== undefined) this.#add(pruning)
    if (!pruned) return
    this.total += 1
    const gone = this.#gone.get(type)
    if (gone === undefined) this.#gone.set(type, { count: 1, first: seq, last: seq, newestAt: at })
    else {
      gone.count += 1
      gone.last = seq
      gone.newestAt = Math.max(gone.newestAt, at)
    }
  }

  #add({ type, before, count }: Pruning): void {
    const known = this.#acts.get(type) ?? { before: -Infinity, count: 0 }
    this.#acts.set(type, { before: Math.max(known.before, before), count: known.count + count })
  }

  /** What no act of pruning in the log accounts for. */
  erased(): Erased[] {
    return [...this.#gone].flatMap(([type, { count, first, last, newestAt }]) => {
      const act = this.#acts.get(type)
      const places = { type, from: first, to: last }
      if (act === undefined) return [{ ...places, why: `and no entry says that it was pruned` }]
      if (newestAt >= act.before) return [{ ...places, why: `though only what is older was pruned` }]
      return count === act.count ? [] : [{ ...places, why: `of ${count} entries, and ${act.count} were pruned` }]
    })
  }
}

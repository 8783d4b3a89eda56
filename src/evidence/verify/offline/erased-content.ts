// Content that an entry had and the bundle does not: an act that stands behind it in the log has to account for it, by its name
// or by its type and age, and not before its least time was over. Else it was left out.
import { NEVER_ERASED, prunableBefore } from './least-days.ts'
import type { Report } from './report.ts'

interface Gone {
  readonly type: string
  readonly seq: number
  readonly atMs: number
}

interface Pruning {
  readonly seq: number
  readonly beforeMs: number
  readonly count: number
  /** When it says that it was, or something behind it that is known to be of then. */
  atMs: number
}

export class ErasedContent {
  /** By the id of the entry, in the order of places. */
  readonly #gone = new Map<string, Gone>()
  readonly #prunings = new Map<string, Pruning[]>()
  #unbound: Pruning[] = []
  #erased = 0

  gone(id: string, type: string, seq: number, at: string): void {
    this.#gone.set(id, { type, seq, atMs: Date.parse(at) })
  }

  /** `content.pruned`: what is older than `before`, of one type. */
  pruned(seq: number, at: string, content: Readonly<Record<string, unknown>>): void {
    const { type, before, count } = content
    const beforeMs = Date.parse(String(before))
    if (typeof type !== 'string' || Number.isNaN(beforeMs) || !Number.isSafeInteger(count))
      throw new Error('an entry content.pruned does not say what was pruned')
    const pruning = { seq, beforeMs, count: Number(count), atMs: Date.parse(at) }
    const ofType = this.#prunings.get(type) ?? []
    this.#prunings.set(type, ofType)
    ofType.push(pruning)
    this.#unbound.push(pruning)
  }

  /** `content.erased`: the entries that it names, which all stand in front of it. */
  erased(content: Readonly<Record<string, unknown>>): void {
    const { entries } = content
    if (!Array.isArray(entries)) throw new Error('an entry content.erased does not say what was erased')
    for (const id of entries) {
      const type = typeof id === 'string' ? this.#gone.get(id)?.type : undefined
      if (type !== undefined && !NEVER_ERASED.has(type) && this.#gone.delete(id as string)) this.#erased += 1
    }
  }

  /** Everything so far was there at this time: an act that says a later one is taken to be of this. */
  known(atMs: number): void {
    for (const pruning of this.#unbound) pruning.atMs = Math.min(pruning.atMs, atMs)
    this.#unbound = []
  }

  /** A clock was ahead until then: whatever was pruned before was pruned by then. */
  setBack(atMs: number): void {
    for (const prunings of this.#prunings.values())
      for (const pruning of prunings) pruning.atMs = Math.min(pruning.atMs, atMs)
  }

  /** `whole`: the bundle says everything of every entry, so that as many are gone as were pruned. */
  check(report: Report, whole: boolean): void {
    const byType = new Map<string, Gone[]>()
    for (const gone of this.#gone.values()) {
      const ofType = byType.get(gone.type) ?? []
      byType.set(gone.type, ofType)
      ofType.push(gone)
    }
    const types = new Set([...byType.keys(), ...(whole ? this.#prunings.keys() : [])])
    const bad = [...types].flatMap((type) => {
      const gone = byType.get(type) ?? []
      const why = this.#problem(type, gone, whole)
      const first = gone.length === 0 ? '' : `, the first at ${gone[0]?.seq},`
      return why === undefined ? [] : [`${gone.length} entries of ${type}${first} do not say what they said, ${why}`]
    })
    if (bad.length > 0) report.say('content', 'failed', bad.slice(0, 5).join('; '))
    else if (this.#gone.size + this.#erased > 0) {
      const words = `of ${this.#gone.size} entries the content was pruned, of ${this.#erased} erased`
      report.say('content', 'passed', `${words}, each by an act in the log behind it; the tree holds their hashes`)
    }
  }

  #problem(type: string, gone: readonly Gone[], whole: boolean): string | undefined {
    const prunings = this.#prunings.get(type) ?? []
    // from the end: a pruning accounts for what stands in front of it
    let next = prunings.length - 1
    let said = -Infinity
    let due = -Infinity
    for (const { seq, atMs } of gone.toReversed()) {
      for (let act = prunings[next]; act !== undefined && act.seq > seq; act = prunings[--next]) {
        said = Math.max(said, act.beforeMs)
        due = Math.max(due, Math.min(act.beforeMs, prunableBefore(type, act.atMs)))
      }
      if (atMs < due) continue
      if (said === -Infinity) return 'and no act in the log took it away'
      return atMs < said ? 'and its least time was not over' : 'though only what is older was pruned'
    }
    // what was taken too early stays missing for ever: its pruning accounts for nothing
    const lawful = prunings.filter(({ beforeMs, atMs }) => beforeMs <= prunableBefore(type, atMs))
    const count = lawful.reduce((sum, one) => sum + one.count, 0)
    return gone.length > count || (whole && gone.length < count) ? `and ${count} were pruned in their time` : undefined
  }
}

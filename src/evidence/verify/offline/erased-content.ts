// Content that an entry had and the bundle does not: some act in the log has to account for it, else it was left out.
import type { Report } from './report.ts'

interface Gone {
  count: number
  firstSeq: number
  newestAt: string
}

/** By type of entry, and by id where an act of erasure may name it. */
export class ErasedContent {
  readonly #gone = new Map<string, Gone>()
  readonly #acts = new Map<string, { before: string; count: number }>()
  readonly #ids = new Map<string, { readonly type: string; readonly seq: number; readonly at: string }>()
  #erased = 0

  gone(id: string, type: string, seq: number, at: string): void {
    this.#ids.set(id, { type, seq, at })
  }

  /** `content.pruned`: what is older than `before`, of one type. */
  pruned(content: Readonly<Record<string, unknown>>): void {
    const { type, before, count } = content
    if (typeof type !== 'string' || typeof before !== 'string' || typeof count !== 'number')
      throw new Error('an entry content.pruned does not say what was pruned')
    const known = this.#acts.get(type) ?? { before: '', count: 0 }
    this.#acts.set(type, { before: before > known.before ? before : known.before, count: known.count + count })
  }

  /** `content.erased`: the entries that it names, which are all older than it. */
  erased(content: Readonly<Record<string, unknown>>): void {
    const { entries } = content
    if (!Array.isArray(entries)) throw new Error('an entry content.erased does not say what was erased')
    for (const id of entries) if (typeof id === 'string' && this.#ids.delete(id)) this.#erased += 1
  }

  check(report: Report): void {
    for (const { type, seq, at } of this.#ids.values()) {
      const gone = this.#gone.get(type) ?? { count: 0, firstSeq: seq, newestAt: '' }
      gone.count += 1
      if (at > gone.newestAt) gone.newestAt = at
      this.#gone.set(type, gone)
    }
    const bad: string[] = []
    let pruned = 0
    for (const [type, { count, firstSeq, newestAt }] of this.#gone) {
      const act = this.#acts.get(type)
      const what = `${count} entries of ${type}, the first at ${firstSeq}, do not say what they said`
      if (act === undefined) bad.push(`${what}, and no act in the log took it away`)
      else if (newestAt >= act.before) bad.push(`${what}, though only what is older was pruned`)
      else if (count > act.count) bad.push(`${what}, and ${act.count} were pruned`)
      pruned += count
    }
    if (bad.length > 0) report.say('content', 'failed', bad.slice(0, 5).join('; '))
    else if (pruned + this.#erased > 0) {
      const detail = `of ${pruned} entries the content was pruned, of ${this.#erased} erased, each by an act in the log`
      report.say('content', 'passed', `${detail}; the tree holds their hashes`)
    }
  }
}

// Decisions on record: denials and acts of high risk, in batches as decision points sent them. The entries of a batch name the
// hash over its lines; so a decision that was edited, added or taken from its batch is seen, and so is a batch that is gone.
import { sha256 } from './formats.ts'

/** What an entry may say of a batch: how many of its lines are of that kind. */
const KINDS: Readonly<Record<string, (line: DecisionLine) => boolean>> = {
  'decision.denied': ({ allowed, enforced }) => !allowed && enforced !== false,
  'decision.would_deny': ({ allowed, enforced }) => !allowed && enforced === false,
  'decision.allowed_high_risk': ({ allowed }) => allowed,
}

export const DECISION_TYPES: readonly string[] = Object.keys(KINDS)

export interface DecisionLine {
  readonly allowed: boolean
  readonly enforced?: boolean
  readonly [member: string]: unknown
}

/** `first`: the number of its first line in the spool `source`. */
export interface DecisionBatch {
  readonly source: string
  readonly first: number
  /** JSON, each as it was sent. */
  readonly lines: readonly string[]
}

/** Below this nobody may take them away; the times of the entry and of the pruning are of two clocks. */
const KEPT_MS = 30 * 86_400_000
const TWO_CLOCKS_MS = 3_600_000

interface Said {
  readonly atMs: number
  /** How many acts of pruning stand in front of it: those account for nothing that comes behind. */
  readonly prunings: number
  readonly root: string
  readonly counts: Map<string, number>
  /** The entries of one batch do not agree. */
  wrong?: string
}

const nameOf = ({ source, first }: Pick<DecisionBatch, 'source' | 'first'>): string => `batch ${first} of ${source}`

/** What the log says of batches; each is taken out of it as it is checked. */
export class DecisionBatches {
  readonly #said = new Map<string, Said>()
  /** Entries that do not say any more which batch they are of, and batches that may have been pruned. */
  unsaid = 0
  readonly #prunings: { readonly beforeMs: number; readonly atMs: number }[] = []
  #prunedUnsaid = false

  /** An entry of one of `DECISION_TYPES`; `content` where it is there. */
  take(type: string, at: string, content: Readonly<Record<string, unknown>> | undefined): void {
    if (content === undefined) {
      this.unsaid += 1
      return
    }
    const { source, batch, root, count } = content
    const name = nameOf({ source: String(source), first: Number(batch) })
    const known = this.#said.get(name)
    if (known === undefined) {
      const [atMs, prunings] = [Date.parse(at), this.#prunings.length]
      this.#said.set(name, { atMs, prunings, root: String(root), counts: new Map([[type, Number(count)]]) })
      return
    }
    if (known.root !== root) known.wrong = 'its entries name different hashes'
    if (known.counts.has(type)) known.wrong = `it has two entries ${type}`
    known.counts.set(type, Number(count))
  }

  /** An entry `decision.pruned`: what stands in front of it and was old enough by then may be gone. */
  takePruned(at: string, content: Readonly<Record<string, unknown>> | undefined): void {
    this.#prunedUnsaid ||= content === undefined
    if (content !== undefined)
      this.#prunings.push({ beforeMs: Date.parse(String(content['before'])), atMs: Date.parse(at) })
  }

  /** What is wrong with it; nothing where it is what its entries say. */
  problemOf(batch: DecisionBatch): string | undefined {
    const name = nameOf(batch)
    const said = this.#said.get(name)
    this.#said.delete(name)
    if (said === undefined) return this.unsaid > 0 ? undefined : `${name} has no entry`
    if (said.wrong !== undefined) return `${name}: ${said.wrong}`
    if (sha256(batch.lines.map((line) => `${line}\n`).join('')).toString('hex') !== said.root)
      return `${name}: a decision was edited, added or taken away; its entries name another hash`
    const lines = batch.lines.map(decisionLine)
    if (lines.includes(undefined)) return `${name} holds a line that is no decision`
    for (const [type, isOf] of Object.entries(KINDS)) {
      const found = lines.filter((line) => line !== undefined && isOf(line)).length
      const counted = said.counts.get(type) ?? 0
      // an entry whose content is gone cannot say how many
      if (found !== counted && (counted > 0 || this.unsaid === 0))
        return `${name}: ${found} of its lines are of ${type}, and its entry says ${counted}`
    }
    return undefined
  }

  /** Those that the log knows, that were not checked, and that no act can have pruned; none is of later than `nowMs`. */
  missing(nowMs = Date.now()): string[] {
    // by how many acts stand in front of a batch: what those behind it may have taken
    const due = [-Infinity]
    for (const { beforeMs, atMs } of this.#prunings.toReversed())
      due.unshift(Math.max(due[0] ?? -Infinity, Math.min(beforeMs, Math.min(atMs, nowMs) - KEPT_MS + TWO_CLOCKS_MS)))
    const gone = [...this.#said]
      .filter(([, { atMs, prunings }]) => !(atMs < (due[prunings] ?? -Infinity)))
      .map(([name]) => `${name} is gone`)
    if (!this.#prunedUnsaid) return gone
    // it may have been pruned: the entry that would say it is without its content
    this.unsaid += gone.length
    return []
  }
}

export function decisionLine(text: string): DecisionLine | undefined {
  try {
    const line = JSON.parse(text) as unknown
    return typeof line === 'object' && line !== null && typeof (line as DecisionLine).allowed === 'boolean'
      ? (line as DecisionLine)
      : undefined
  } catch {
    return undefined
  }
}

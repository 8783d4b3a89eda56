// What the entries say of the records in the tables: the newest version of each, and what made the rows that have none.
import { DECISION_TYPES, DecisionBatches } from './decision-batches.ts'
import { POPULATION_TABLES } from './population-tables.ts'
import { receiptHash } from './receipt-rows.ts'
import type { RowFacts } from './row-facts.ts'

export interface Leaf {
  readonly id: string
  readonly type: string
  readonly at: string
  readonly subjects: readonly string[]
  readonly contentHash?: string
  readonly record?: { readonly id: string; readonly version: number; readonly hash: string }
}

const PRINCIPAL = POPULATION_TABLES['principals']?.prefix ?? ''
const CREDENTIAL = POPULATION_TABLES['credentials']?.prefix ?? ''
const MAKERS = new Map(
  Object.values(POPULATION_TABLES).flatMap(({ prefix, madeBy = [] }) => madeBy.map((type) => [type, prefix] as const)),
)

/** Of such an entry the content says of what kind an identity is; that it is a person decides what may be withheld. */
const KIND_TYPES = new Set([
  'principal.registered',
  'principal.discovered',
  'principal.drifted',
  'principal.updated',
  'principal.returned',
  'principal.reappeared',
  'principal.merged',
  'principal.classified',
  'principal.person_confirmed',
  'principal.person_undone',
])

export class LogFacts {
  /** By id: the newest version that the log had at the end of the period. */
  readonly latest = new Map<string, { readonly version: number; readonly hash: string }>()
  /** Ids of rows without versions, by what made them. */
  readonly made = new Set<string>()
  /** Ids that an entry names together with an identity of the scope. */
  readonly named = new Set<string>()
  /** Identities that their entries call people; and those of which the bundle does not show what they were called. */
  readonly humans = new Set<string>()
  readonly unsaid = new Set<string>()
  /** By id: the hash of a receipt as its entry says it, where the bundle shows that. */
  readonly receipts = new Map<string, string>()
  /** What entries of the period say of batches of decisions. */
  readonly decisions = new DecisionBatches()
  readonly rows: RowFacts
  readonly #older: ReadonlyMap<string, Map<number, string>>
  readonly #scope: ReadonlySet<string> | undefined

  /** `older`: versions before the newest one that are in the bundle, to be filled with the hashes that the log has. */
  constructor(older: ReadonlyMap<string, Map<number, string>>, scope: ReadonlySet<string> | undefined, rows: RowFacts) {
    this.rows = rows
    this.#older = older
    this.#scope = scope
  }

  olderHash(id: string, version: number): string | undefined {
    return this.#older.get(id)?.get(version)
  }

  inScope({ subjects }: Leaf): boolean {
    const scope = this.#scope
    return scope === undefined || subjects.some((id) => scope.has(id))
  }

  /**
   * `ended`: it is of a time after the period, so that it changes nothing in the tables. `inPeriod`: the bundle has to say what
   * it says.
   */
  take(
    leaf: Leaf,
    content: Readonly<Record<string, unknown>> | undefined,
    { ended, inPeriod }: { readonly ended: boolean; readonly inPeriod: boolean },
  ): void {
    const { record, type, subjects } = leaf
    if (record !== undefined) this.#takeOlder(record)
    // rows without versions are in the bundle as they were when it was made
    if (type === 'rows.changed') this.rows.take(leaf.id, content ?? {})
    if (type === 'decision.pruned') this.decisions.takePruned(leaf.at, content)
    if (inPeriod && DECISION_TYPES.includes(type)) this.decisions.take(type, leaf.at, content)
    if (ended) return
    if (this.#scope !== undefined && this.inScope(leaf)) for (const id of subjects) this.named.add(id)
    if (record === undefined) {
      const prefix = MAKERS.get(type)
      if (prefix === undefined) return
      const ofScope = subjects.some((id) => id.startsWith(CREDENTIAL) && this.named.has(id))
      for (const id of subjects.filter((one) => one.startsWith(prefix))) {
        this.made.add(id)
        if (ofScope) this.named.add(id)
      }
      return
    }
    const { id, version, hash } = record
    const known = this.latest.get(id)
    if (known?.version === version && known.hash !== hash)
      throw new Error(`the log has two versions ${version} of ${id}`)
    // places go by the transactions, which may have waited for each other: a version may stand before the one before it
    if (known === undefined || known.version < version) this.latest.set(id, { version, hash })
    const receipt = type === 'receipt.made' ? content?.['receipt'] : undefined
    if (receipt !== undefined) this.receipts.set(id, receiptHash(receipt))
    if (id.startsWith(PRINCIPAL) && KIND_TYPES.has(type)) this.#takeKind(id, type, content)
  }

  #takeOlder({ id, version, hash }: NonNullable<Leaf['record']>): void {
    const older = this.#older.get(id)
    if (older?.has(version) === true) older.set(version, hash)
  }

  #takeKind(id: string, type: string, content: Readonly<Record<string, unknown>> | undefined): void {
    const kind = type === 'principal.person_confirmed' ? 'human' : content?.['kind']
    const changed = [content?.['fields'], content?.['changed']].some(
      (names) => Array.isArray(names) && names.includes('kind'),
    )
    if (typeof kind === 'string') {
      this.unsaid.delete(id)
      if (kind === 'human') this.humans.add(id)
      else this.humans.delete(id)
    } else if (content === undefined || changed) this.unsaid.add(id)
  }
}

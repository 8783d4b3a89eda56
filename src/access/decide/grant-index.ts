// Grants in memory, found by who and what: a request costs its candidates, and adding or ending one among a million costs
// microseconds. Columns by number; no object for a grant.
import { coveringPatterns, covers } from './resource-name.ts'

export const GRANT_KINDS = ['standing', 'just_in_time', 'break_glass'] as const
export type GrantKind = (typeof GRANT_KINDS)[number]

export interface ResidentGrant {
  readonly id: string
  readonly kind: GrantKind
  readonly principalId: string
  /** Names, or cut after `:` and followed by `*`. */
  readonly actions: readonly string[]
  /** As `isResourcePattern` has them. */
  readonly resources: readonly string[]
  /** Milliseconds since 1970; a grant without an end has Infinity. */
  readonly from: number
  readonly until: number
  /** Over by its record, whatever a clock says. It stays a while, so that a denial can say so. */
  readonly ended: boolean
  /** Of one that is over: by its time, and not by an act. */
  readonly ranOut?: boolean
}

/** What was found, written over for each request. `outside` tells why a grant that covers the right is not in force. */
export interface FoundGrant {
  id: string
  kind: GrantKind
  until: number
  outside: 'grant_ended' | 'grant_expired' | 'grant_not_begun' | undefined
}

/** A grant as it stands under one of its patterns. */
export type GrantRow = Omit<ResidentGrant, 'principalId' | 'resources'> & { readonly resource: string }

/** As it stands in the index; in force are only those that are not over. */
type Over = 'no' | 'ended' | 'ran_out'
/** Which of several grants that are not in force tells why: one that will be first, then one that an act ended. */
const TELLS = { grant_expired: 1, grant_ended: 2, grant_not_begun: 3 } as const

const NONE = -1
/** Pairs are keyed by one number: there are fewer than this many patterns. */
const PAIR = 2 ** 26
/** Names that were asked for lately, and their length: they are the word of who asks, so what is kept of them is bounded. */
const LATELY_MAX = 4096
const LATELY_LETTERS_MAX = 256

export class GrantIndex {
  readonly #principals = new Map<string, number>()
  readonly #patterns = new Map<string, number>()
  readonly #actionSets = new Map<string, number>()
  readonly #actionsOf: (readonly string[])[] = []
  /** First row of a pair of principal and resource pattern. A grant has one row per pattern. */
  readonly #pairs = new Map<number, number>()
  readonly #rowsOf = new Map<string, number>()
  /** By row. */
  readonly #ids: string[] = []
  readonly #kinds: number[] = []
  readonly #actions: number[] = []
  readonly #keys: number[] = []
  readonly #from: number[] = []
  readonly #until: number[] = []
  readonly #over: Over[] = []
  readonly #versions: number[] = []
  readonly #next: number[] = []
  /** The next row of the same grant. */
  readonly #sibling: number[] = []
  readonly #free: number[] = []
  /** By name of a resource: which patterns cover it, narrowest first. Good as long as there are this many patterns. */
  readonly #lately = new Map<string, readonly number[]>()
  #latelyOf = 0

  get size(): number {
    return this.#rowsOf.size
  }

  /** How many patterns there ever were; `patterns` only grows. */
  get patternCount(): number {
    return this.#patterns.size
  }

  /** Of resources, of every grant that was put here. */
  patterns(): IterableIterator<string> {
    return this.#patterns.keys()
  }

  /** Of actions, likewise; sets of them, so one may come twice. */
  *actionPatterns(): Generator<string> {
    for (const actions of this.#actionsOf) yield* actions
  }

  /** One row per grant and pattern of a resource. Goes through all there are: for explanations, not for decisions. */
  *rowsOfPrincipal(principalId: string): Generator<GrantRow> {
    const principal = this.#principals.get(principalId)
    if (principal === undefined) return
    const patterns = [...this.#patterns.keys()]
    for (const first of this.#rowsOf.values()) {
      for (let row = first; row !== NONE; row = this.#sibling[row] ?? NONE) {
        const key = this.#keys[row] ?? NONE
        if (Math.floor(key / PAIR) !== principal) break
        yield {
          id: this.#ids[row] ?? '',
          kind: GRANT_KINDS[this.#kinds[row] ?? 0] ?? 'standing',
          actions: this.#actionsOf[this.#actions[row] ?? NONE] ?? [],
          resource: patterns[key % PAIR] ?? '',
          from: this.#from[row] ?? Infinity,
          until: this.#until[row] ?? -Infinity,
          ended: this.#over[row] === 'ended',
          ranOut: this.#over[row] === 'ran_out',
        }
      }
    }
  }

  /** Adds a grant, or puts it in the place of the one with its id. */
  put(grant: ResidentGrant, version = 0): void {
    this.remove(grant.id)
    const principal = intern(this.#principals, grant.principalId)
    const actions = this.#internActions(grant.actions)
    let sibling = NONE
    for (const pattern of grant.resources) {
      const key = principal * PAIR + intern(this.#patterns, pattern)
      const row = this.#free.pop() ?? this.#ids.length
      this.#ids[row] = grant.id
      this.#kinds[row] = GRANT_KINDS.indexOf(grant.kind)
      this.#actions[row] = actions
      this.#keys[row] = key
      this.#from[row] = grant.from
      this.#until[row] = grant.until
      this.#over[row] = grant.ended ? (grant.ranOut === true ? 'ran_out' : 'ended') : 'no'
      this.#versions[row] = version
      this.#next[row] = this.#pairs.get(key) ?? NONE
      this.#pairs.set(key, row)
      this.#sibling[row] = sibling
      sibling = row
    }
    if (sibling !== NONE) this.#rowsOf.set(grant.id, sibling)
  }

  /** As it was put; -1 where there is none of this id. */
  versionOf(id: string): number {
    return this.#versions[this.#rowsOf.get(id) ?? NONE] ?? -1
  }

  remove(id: string): boolean {
    let row = this.#rowsOf.get(id) ?? NONE
    if (row === NONE) return false
    this.#rowsOf.delete(id)
    while (row !== NONE) {
      const sibling = this.#sibling[row] ?? NONE
      this.#unchain(row)
      this.#free.push(row)
      row = sibling
    }
    return true
  }

  /** Over, or not, whatever its window; `undefined` where there is none of this id, else what it was before. */
  setOver(id: string, over: Over): Over | undefined {
    let before: Over | undefined
    for (let row = this.#rowsOf.get(id) ?? NONE; row !== NONE; row = this.#sibling[row] ?? NONE) {
      before = this.#over[row]
      this.#over[row] = over
    }
    return before
  }

  /** Over, but for one that has run out at `at` (milliseconds since 1970). */
  endBefore(id: string, at: number): void {
    if ((this.#until[this.#rowsOf.get(id) ?? NONE] ?? -Infinity) > at) this.setOver(id, 'ended')
  }

  /** Among the grants that cover the right, the one in force that lasts longest, else one that tells why none is. */
  find(principalId: string, action: string, resource: string, now: number, found: FoundGrant): boolean {
    found.id = ''
    found.outside = undefined
    const principal = this.#principals.get(principalId)
    if (principal === undefined) return false
    let inForce = false
    for (const number of this.#covering(resource)) {
      for (let row = this.#pairs.get(principal * PAIR + number) ?? NONE; row !== NONE; row = this.#next[row] ?? NONE) {
        if (this.#coversAction(row, action)) inForce = this.#weigh(row, now, inForce, found)
      }
    }
    return inForce
  }

  /** Cutting a name into its patterns costs more than the rest of `find`, and the same resources are asked for again and again. */
  #covering(resource: string): readonly number[] {
    if (this.#latelyOf !== this.#patterns.size || this.#lately.size >= LATELY_MAX) this.#lately.clear()
    this.#latelyOf = this.#patterns.size
    const known = this.#lately.get(resource)
    if (known !== undefined) return known
    const covering: number[] = []
    coveringPatterns(resource, (pattern) => {
      const number = this.#patterns.get(pattern)
      if (number !== undefined) covering.push(number)
      return false
    })
    if (resource.length <= LATELY_LETTERS_MAX) this.#lately.set(resource, covering)
    return covering
  }

  #weigh(row: number, now: number, inForce: boolean, found: FoundGrant): boolean {
    const from = this.#from[row] ?? Infinity
    const until = this.#until[row] ?? -Infinity
    const over = this.#over[row] ?? 'ended'
    const outside =
      over === 'ended'
        ? 'grant_ended'
        : over === 'ran_out' || until <= now
          ? 'grant_expired'
          : from > now
            ? 'grant_not_begun'
            : undefined
    if (outside !== undefined) {
      // not the one that was read last: which that is is chance
      if (!inForce && (found.outside === undefined || TELLS[outside] > TELLS[found.outside])) found.outside = outside
      return inForce
    }
    if (inForce && until <= found.until) return true
    found.id = this.#ids[row] ?? ''
    found.kind = GRANT_KINDS[this.#kinds[row] ?? 0] ?? 'standing'
    found.until = until
    found.outside = undefined
    return true
  }

  #coversAction(row: number, action: string): boolean {
    for (const pattern of this.#actionsOf[this.#actions[row] ?? NONE] ?? []) if (covers(pattern, action)) return true
    return false
  }

  #internActions(actions: readonly string[]): number {
    const number = intern(this.#actionSets, JSON.stringify(actions))
    this.#actionsOf[number] ??= actions
    return number
  }

  #unchain(row: number): void {
    const key = this.#keys[row] ?? NONE
    const next = this.#next[row] ?? NONE
    let before = this.#pairs.get(key) ?? NONE
    if (before === row) {
      if (next === NONE) this.#pairs.delete(key)
      else this.#pairs.set(key, next)
      return
    }
    while (before !== NONE && this.#next[before] !== row) before = this.#next[before] ?? NONE
    if (before !== NONE) this.#next[before] = next
  }
}

function intern(numbers: Map<string, number>, text: string): number {
  let number = numbers.get(text)
  if (number === undefined) numbers.set(text, (number = numbers.size))
  return number
}

// Finds the policies whose scope can match: by the pair of principal and resource, by one of them, or by the action, so
// that a request costs its candidates and not the number of policies. Arrays by number, no object for an entry: a million
// grants are a few integers each, and adding or removing one touches one chain.
import { Rows } from './rows.ts'
import type { Entity } from './value.ts'

const NONE = -1

/** Columns of an entry: the slots that its scope names, the next one in its chain, and the number of its body. */
const PRINCIPAL = 0
const RESOURCE = 1
const NEXT = 2
const BODY = 3

/** Columns of a slot: the first entry that names only this principal or resource; how many pairs name it, less one. */
const BY_PRINCIPAL = 0
const BY_RESOURCE = 1
const PAIRS_OF_PRINCIPAL = 2
const PAIRS_OF_RESOURCE = 3
type Head = typeof BY_PRINCIPAL | typeof BY_RESOURCE
type SlotColumn = Head | typeof PAIRS_OF_PRINCIPAL | typeof PAIRS_OF_RESOURCE

/** What was found, on a list that is written over for each request and never made again. */
export class Candidates {
  readonly entries: number[] = []
  count = 0

  add(entry: number): void {
    this.entries[this.count++] = entry
  }

  hasSince(from: number, entry: number): boolean {
    for (let place = from; place < this.count; place++) if (this.entries[place] === entry) return true
    return false
  }
}

export class ScopeIndex {
  readonly #entries = new Rows(4)
  /** The one before in its chain, which only removing asks for. */
  readonly #previous = new Rows(1)
  readonly #slots = new Rows(4)
  /** By slot, a bit for each of its columns that names something: a byte for most slots that a request meets, not a row. */
  #named = new Uint8Array(64)
  /** Open addressing: first entry of a pair. */
  #pairs = new Int32Array(16).fill(NONE)
  #pairCount = 0
  readonly #open: number[] = []
  readonly #byAction = new Map<number, number[]>()

  principalOf(entry: number): number {
    return this.#entries.get(entry, PRINCIPAL)
  }

  resourceOf(entry: number): number {
    return this.#entries.get(entry, RESOURCE)
  }

  bodyOf(entry: number): number {
    return this.#entries.get(entry, BODY)
  }

  /** -1 where the scope names no principal or resource. Actions matter where it names neither. */
  add(entry: number, body: number, principal: number, resource: number, actions: readonly number[]): void {
    this.#entries.set(entry, BODY, body)
    this.#entries.set(entry, PRINCIPAL, principal)
    this.#entries.set(entry, RESOURCE, resource)
    this.#previous.set(entry, 0, NONE)
    this.#entries.set(entry, NEXT, NONE)
    if (principal === NONE && resource === NONE) this.#addOpen(entry, actions)
    else if (resource === NONE) this.#prepend(entry, BY_PRINCIPAL, principal)
    else if (principal === NONE) this.#prepend(entry, BY_RESOURCE, resource)
    else this.#addPair(entry, principal, resource)
  }

  remove(entry: number, actions: readonly number[]): void {
    const principal = this.#entries.get(entry, PRINCIPAL)
    const resource = this.#entries.get(entry, RESOURCE)
    if (principal === NONE && resource === NONE) this.#removeOpen(entry, actions)
    else if (resource === NONE) this.#unchain(entry, BY_PRINCIPAL, principal)
    else if (principal === NONE) this.#unchain(entry, BY_RESOURCE, resource)
    else this.#removePair(entry, principal, resource)
  }

  /** Appends every entry whose scope can match, each once. The caller checks `==`, `is` and the action. */
  find(principal: Entity, action: Entity, resource: Entity, found: Candidates): void {
    for (const entry of this.#open) found.add(entry)
    if (this.#byAction.size > 0) this.#findByAction(action, found)
    this.#chain(principal.slot, BY_PRINCIPAL, found)
    for (const slot of ancestorsOf(principal)) this.#chain(slot, BY_PRINCIPAL, found)
    this.#chain(resource.slot, BY_RESOURCE, found)
    for (const slot of ancestorsOf(resource)) this.#chain(slot, BY_RESOURCE, found)
    if (this.#pairCount === 0) return
    this.#findPairs(principal.slot, resource, found)
    for (const slot of ancestorsOf(principal)) this.#findPairs(slot, resource, found)
  }

  /** Slots are below 0 where only the request names the entity. */
  #names(slot: number, column: SlotColumn): boolean {
    return slot >= 0 && ((this.#named[slot] ?? 0) & (1 << column)) !== 0
  }

  #setSlot(slot: number, column: SlotColumn, value: number): void {
    this.#slots.set(slot, column, value)
    if (slot >= this.#named.length) {
      const grown = new Uint8Array(Math.ceil((slot + 1) * 1.5))
      grown.set(this.#named)
      this.#named = grown
    }
    const bit = 1 << column
    const named = this.#named[slot] ?? 0
    this.#named[slot] = value === NONE ? named & ~bit : named | bit
  }

  #addOpen(entry: number, actions: readonly number[]): void {
    if (actions.length === 0) this.#open.push(entry)
    for (const action of actions) {
      const entries = this.#byAction.get(action)
      if (entries === undefined) this.#byAction.set(action, [entry])
      else if (!entries.includes(entry)) entries.push(entry)
    }
  }

  #removeOpen(entry: number, actions: readonly number[]): void {
    without(this.#open, entry)
    for (const action of actions) {
      const entries = this.#byAction.get(action)
      if (entries !== undefined) without(entries, entry)
      if (entries?.length === 0) this.#byAction.delete(action)
    }
  }

  #findByAction(action: Entity, found: Candidates): void {
    const from = found.count
    const own = this.#byAction.get(action.slot)
    if (own !== undefined) for (const entry of own) found.add(entry)
    for (const slot of ancestorsOf(action)) {
      const entries = this.#byAction.get(slot)
      // an entry that lists several of these actions stands under each
      if (entries !== undefined) for (const entry of entries) if (!found.hasSince(from, entry)) found.add(entry)
    }
  }

  #chain(slot: number, head: Head, found: Candidates): void {
    if (!this.#names(slot, head)) return
    for (let entry = this.#slots.get(slot, head); entry !== NONE; entry = this.#entries.get(entry, NEXT))
      found.add(entry)
  }

  #findPairs(principal: number, resource: Entity, found: Candidates): void {
    if (!this.#names(principal, PAIRS_OF_PRINCIPAL)) return
    this.#findPair(principal, resource.slot, found)
    for (const slot of ancestorsOf(resource)) this.#findPair(principal, slot, found)
  }

  #findPair(principal: number, resource: number, found: Candidates): void {
    if (!this.#names(resource, PAIRS_OF_RESOURCE)) return
    const first = this.#pairs[this.#placeOf(principal, resource)] ?? NONE
    for (let entry = first; entry !== NONE; entry = this.#entries.get(entry, NEXT)) found.add(entry)
  }

  #prepend(entry: number, head: Head, slot: number): void {
    const first = this.#slots.get(slot, head)
    this.#entries.set(entry, NEXT, first)
    if (first !== NONE) this.#previous.set(first, 0, entry)
    this.#setSlot(slot, head, entry)
  }

  #unchain(entry: number, head: Head, slot: number): void {
    const next = this.#entries.get(entry, NEXT)
    const previous = this.#previous.get(entry, 0)
    if (next !== NONE) this.#previous.set(next, 0, previous)
    if (previous === NONE) this.#setSlot(slot, head, next)
    else this.#entries.set(previous, NEXT, next)
  }

  #addPair(entry: number, principal: number, resource: number): void {
    if (this.#pairCount * 2 >= this.#pairs.length) this.#growPairs()
    const place = this.#placeOf(principal, resource)
    const head = this.#pairs[place] ?? NONE
    this.#entries.set(entry, NEXT, head)
    if (head === NONE) this.#pairCount++
    else this.#previous.set(head, 0, entry)
    this.#pairs[place] = entry
    this.#setSlot(principal, PAIRS_OF_PRINCIPAL, this.#slots.get(principal, PAIRS_OF_PRINCIPAL) + 1)
    this.#setSlot(resource, PAIRS_OF_RESOURCE, this.#slots.get(resource, PAIRS_OF_RESOURCE) + 1)
  }

  #removePair(entry: number, principal: number, resource: number): void {
    this.#setSlot(principal, PAIRS_OF_PRINCIPAL, this.#slots.get(principal, PAIRS_OF_PRINCIPAL) - 1)
    this.#setSlot(resource, PAIRS_OF_RESOURCE, this.#slots.get(resource, PAIRS_OF_RESOURCE) - 1)
    const next = this.#entries.get(entry, NEXT)
    const previous = this.#previous.get(entry, 0)
    if (next !== NONE) this.#previous.set(next, 0, previous)
    if (previous !== NONE) this.#entries.set(previous, NEXT, next)
    else if (next !== NONE) this.#pairs[this.#placeOf(principal, resource)] = next
    else this.#closeGap(this.#placeOf(principal, resource))
  }

  /** The place of the pair, or the empty one where it would stand. */
  #placeOf(principal: number, resource: number): number {
    const mask = this.#pairs.length - 1
    let place = hashOf(principal, resource) & mask
    for (;;) {
      const entry = this.#pairs[place] ?? NONE
      if (entry === NONE) return place
      if (this.#entries.get(entry, PRINCIPAL) === principal && this.#entries.get(entry, RESOURCE) === resource)
        return place
      place = (place + 1) & mask
    }
  }

  /** Moves later ones of the same run back, so that no search stops too early and no mark of the dead is needed. */
  #closeGap(gap: number): void {
    const mask = this.#pairs.length - 1
    this.#pairCount--
    let place = gap
    for (;;) {
      place = (place + 1) & mask
      const entry = this.#pairs[place] ?? NONE
      if (entry === NONE) break
      const home = hashOf(this.#entries.get(entry, PRINCIPAL), this.#entries.get(entry, RESOURCE)) & mask
      if (((place - home) & mask) < ((place - gap) & mask)) continue
      this.#pairs[gap] = entry
      gap = place
    }
    this.#pairs[gap] = NONE
  }

  #growPairs(): void {
    const old = this.#pairs
    this.#pairs = new Int32Array(old.length * 2).fill(NONE)
    for (const entry of old) {
      if (entry !== NONE)
        this.#pairs[this.#placeOf(this.#entries.get(entry, PRINCIPAL), this.#entries.get(entry, RESOURCE))] = entry
    }
  }
}

const NO_ANCESTORS: readonly number[] = []
const ancestorsOf = ({ data }: Entity): readonly number[] => (data === null ? NO_ANCESTORS : data.ancestors)

function without(entries: number[], entry: number): void {
  const place = entries.indexOf(entry)
  if (place !== -1) entries.splice(place, 1)
}

function hashOf(principal: number, resource: number): number {
  let hash = Math.imul(principal, 0x9e3779b1) ^ Math.imul(resource, 0x85ebca77)
  hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d)
  return (hash ^ (hash >>> 13)) >>> 0
}

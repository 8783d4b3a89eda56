// Finds the policies whose scope can match: by the pair of principal and resource, by one of them, or by the action, so
// that a request costs its candidates and not the number of policies. Arrays by number, no object for an entry: a million
// grants are a few integers each, and adding or removing one touches one chain.
import { Numbers } from './numbers.ts'
import type { Entity } from './value.ts'

const NONE = -1

export class ScopeIndex {
  /** By entry: the slots that its scope names, and its neighbours in its chain. */
  readonly #principal = new Numbers(NONE)
  readonly #resource = new Numbers(NONE)
  readonly #next = new Numbers(NONE)
  readonly #previous = new Numbers(NONE)
  /** By slot: first entry that names only this principal, or only this resource; how many pairs name it. */
  readonly #byPrincipal = new Numbers(NONE)
  readonly #byResource = new Numbers(NONE)
  readonly #pairsOfPrincipal = new Numbers(0)
  readonly #pairsOfResource = new Numbers(0)
  /** Open addressing: first entry of a pair. */
  #pairs = new Int32Array(16).fill(NONE)
  #pairCount = 0
  readonly #open: number[] = []
  readonly #byAction = new Map<number, number[]>()

  principalOf(entry: number): number {
    return this.#principal.get(entry)
  }

  resourceOf(entry: number): number {
    return this.#resource.get(entry)
  }

  /** -1 where the scope names no principal or resource. Actions matter where it names neither. */
  add(entry: number, principal: number, resource: number, actions: readonly number[]): void {
    this.#principal.set(entry, principal)
    this.#resource.set(entry, resource)
    this.#previous.set(entry, NONE)
    this.#next.set(entry, NONE)
    if (principal === NONE && resource === NONE) this.#addOpen(entry, actions)
    else if (resource === NONE) this.#prepend(entry, this.#byPrincipal, principal)
    else if (principal === NONE) this.#prepend(entry, this.#byResource, resource)
    else this.#addPair(entry, principal, resource)
  }

  remove(entry: number, actions: readonly number[]): void {
    const principal = this.#principal.get(entry)
    const resource = this.#resource.get(entry)
    if (principal === NONE && resource === NONE) this.#removeOpen(entry, actions)
    else if (resource === NONE) this.#unchain(entry, this.#byPrincipal, principal)
    else if (principal === NONE) this.#unchain(entry, this.#byResource, resource)
    else this.#removePair(entry, principal, resource)
  }

  /** Appends every entry whose scope can match, each once. The caller checks `==`, `is` and the action. */
  find(principal: Entity, action: Entity, resource: Entity, found: number[]): void {
    for (const entry of this.#open) found.push(entry)
    if (this.#byAction.size > 0) this.#findByAction(action, found)
    this.#chain(principal.slot, this.#byPrincipal, found)
    for (const slot of ancestorsOf(principal)) this.#chain(slot, this.#byPrincipal, found)
    this.#chain(resource.slot, this.#byResource, found)
    for (const slot of ancestorsOf(resource)) this.#chain(slot, this.#byResource, found)
    if (this.#pairCount === 0) return
    this.#findPairs(principal.slot, resource, found)
    for (const slot of ancestorsOf(principal)) this.#findPairs(slot, resource, found)
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

  #findByAction(action: Entity, found: number[]): void {
    const from = found.length
    const own = this.#byAction.get(action.slot)
    if (own !== undefined) for (const entry of own) found.push(entry)
    for (const slot of ancestorsOf(action)) {
      const entries = this.#byAction.get(slot)
      // an entry that lists several of these actions stands under each
      if (entries !== undefined) for (const entry of entries) if (!found.includes(entry, from)) found.push(entry)
    }
  }

  #chain(slot: number, heads: Numbers, found: number[]): void {
    if (slot < 0) return
    for (let entry = heads.get(slot); entry !== NONE; entry = this.#next.get(entry)) found.push(entry)
  }

  #findPairs(principal: number, resource: Entity, found: number[]): void {
    if (principal < 0 || this.#pairsOfPrincipal.get(principal) === 0) return
    this.#findPair(principal, resource.slot, found)
    for (const slot of ancestorsOf(resource)) this.#findPair(principal, slot, found)
  }

  #findPair(principal: number, resource: number, found: number[]): void {
    if (resource < 0 || this.#pairsOfResource.get(resource) === 0) return
    const first = this.#pairs[this.#placeOf(principal, resource)] ?? NONE
    for (let entry = first; entry !== NONE; entry = this.#next.get(entry)) found.push(entry)
  }

  #prepend(entry: number, heads: Numbers, slot: number): void {
    const head = heads.get(slot)
    this.#next.set(entry, head)
    if (head !== NONE) this.#previous.set(head, entry)
    heads.set(slot, entry)
  }

  #unchain(entry: number, heads: Numbers, slot: number): void {
    const next = this.#next.get(entry)
    const previous = this.#previous.get(entry)
    if (next !== NONE) this.#previous.set(next, previous)
    if (previous === NONE) heads.set(slot, next)
    else this.#next.set(previous, next)
  }

  #addPair(entry: number, principal: number, resource: number): void {
    if (this.#pairCount * 2 >= this.#pairs.length) this.#growPairs()
    const place = this.#placeOf(principal, resource)
    const head = this.#pairs[place] ?? NONE
    this.#next.set(entry, head)
    if (head === NONE) this.#pairCount++
    else this.#previous.set(head, entry)
    this.#pairs[place] = entry
    this.#pairsOfPrincipal.set(principal, this.#pairsOfPrincipal.get(principal) + 1)
    this.#pairsOfResource.set(resource, this.#pairsOfResource.get(resource) + 1)
  }

  #removePair(entry: number, principal: number, resource: number): void {
    this.#pairsOfPrincipal.set(principal, this.#pairsOfPrincipal.get(principal) - 1)
    this.#pairsOfResource.set(resource, this.#pairsOfResource.get(resource) - 1)
    const next = this.#next.get(entry)
    const previous = this.#previous.get(entry)
    if (next !== NONE) this.#previous.set(next, previous)
    if (previous !== NONE) this.#next.set(previous, next)
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
      if (this.#principal.get(entry) === principal && this.#resource.get(entry) === resource) return place
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
      const home = hashOf(this.#principal.get(entry), this.#resource.get(entry)) & mask
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
      if (entry !== NONE) this.#pairs[this.#placeOf(this.#principal.get(entry), this.#resource.get(entry))] = entry
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

// The values that policies compute with. Booleans and strings are JavaScript's own, integers are `Long`s.
// Sets compare by value, records by their attributes, entities by type and id.
import type { Datetime, Duration } from './extension/datetime.ts'
import type { Decimal } from './extension/decimal.ts'
import type { IpAddress } from './extension/ip-address.ts'
import type { Long } from './long.ts'
import { areEqual, canonicalOf } from './equality.ts'

export type Value =
  | boolean
  | Long
  | string
  | Entity
  | RecordValue
  | SetValue
  | Decimal
  | IpAddress
  | Datetime
  | Duration

/** What the store knows of a listed entity. */
export interface EntityData {
  readonly attributes: RecordValue
  readonly tags: RecordValue
  readonly parents: readonly Entity[]
  /** Sorted slots of all ancestors; shared between siblings of one parent. */
  readonly ancestors: readonly number[]
}

/**
 * A reference to an entity. The entity store holds one object for each that a policy or a record mentions; one that only a
 * request mentions has slot -1, lives as long as the request, and is equal to nothing in the store.
 */
export class Entity {
  readonly type: string
  readonly id: string
  /** Dense, reused when nothing mentions the entity any more. */
  slot: number
  /** Mentions by records and policies; the store's business. */
  mentions: number
  /** Null when it is only mentioned: such an entity has no attributes and exists nowhere. */
  data: EntityData | null

  constructor(type: string, id: string, slot: number) {
    this.type = type
    this.id = id
    this.slot = slot
    this.mentions = 0
    this.data = null
  }
}

/** Above this a record or a set is searched by hash. The context of a decision is below it: a table for each would cost more. */
const SCANNED_MAX = 16

export class RecordValue {
  readonly keys: readonly string[]
  readonly values: readonly Value[]
  #places: Map<string, number> | undefined

  constructor(keys: readonly string[], values: readonly Value[]) {
    this.keys = keys
    this.values = values
  }

  get(name: string): Value | undefined {
    const { keys } = this
    if (keys.length > SCANNED_MAX) return this.#find(name)
    for (let place = 0; place < keys.length; place++) if (keys[place] === name) return this.values[place]
    return undefined
  }

  #find(name: string): Value | undefined {
    this.#places ??= new Map(this.keys.map((key, place) => [key, place]))
    const place = this.#places.get(name)
    return place === undefined ? undefined : this.values[place]
  }
}

export const EMPTY_RECORD = new RecordValue([], [])

export class SetValue {
  /** May hold an element more than once. */
  readonly items: readonly Value[]
  /** Elements that are the same exactly when they are `===`, and the canonical text of the others. */
  #plain: Set<Value> | undefined
  #others: Set<string> | undefined
  #canonical: string | undefined

  constructor(items: readonly Value[]) {
    this.items = items
  }

  has(value: Value): boolean {
    const { items } = this
    if (items.length > SCANNED_MAX) return this.#find(value)
    for (const item of items) if (areEqual(item, value)) return true
    return false
  }

  hasAll(values: readonly Value[]): boolean {
    for (const value of values) if (!this.has(value)) return false
    return true
  }

  hasAny(values: readonly Value[]): boolean {
    for (const value of values) if (this.has(value)) return true
    return false
  }

  /** SECURITY: comparing sets of sets by searching each in the other would cost two to the power of their depth. */
  equals(other: SetValue): boolean {
    if (this.items.every(isPlain) && other.items.every(isPlain)) {
      return this.hasAll(other.items) && other.hasAll(this.items)
    }
    return this.canonical === other.canonical
  }

  get canonical(): string {
    this.#canonical ??= `[${[...new Set(this.items.map(canonicalOf))].sort().join()}]`
    return this.#canonical
  }

  #find(value: Value): boolean {
    if (this.#plain === undefined || this.#others === undefined) {
      this.#plain = new Set(this.items.filter(isPlain))
      this.#others = new Set(this.items.filter((item) => !isPlain(item)).map(canonicalOf))
    }
    return isPlain(value) ? this.#plain.has(value) : this.#others.size > 0 && this.#others.has(canonicalOf(value))
  }
}

/** Whether equality is identity. */
const isPlain = (value: Value): boolean => typeof value !== 'object' || (value instanceof Entity && value.slot >= 0)

// Values that stay: what the entity store keeps is copied from what was read. What many entities have alike is one object: less
// memory, and a decision among a million of them touches few pages of it. And V8, which watches how long what a place makes
// lives, goes on making the values of requests where they are cheap to forget.
import { canonicalOf } from './equality.ts'
import { EMPTY_RECORD, RecordValue, SetValue, type Entity, type EntityData, type Value } from './value.ts'

/** So many of each are shared; what they are comes from outside. */
const SHARED_MAX = 10_000
/** Characters of what is worth comparing. */
const TEXT_MAX = 500

export class Lasting {
  readonly #lists = new Map<string, readonly string[]>()
  readonly #records = new Map<string, RecordValue>()
  readonly #data = new Map<RecordValue, Map<Entity | undefined, EntityData>>()
  #dataCount = 0

  record(read: RecordValue): RecordValue {
    if (read.keys.length === 0) return EMPTY_RECORD
    const text = read.values.every(isPlain) ? canonicalOf(read) : ''
    const shared = this.#records.get(text)
    if (shared !== undefined) return shared
    const record = new RecordValue(
      this.#sharedKeys(read.keys),
      read.values.map((value) => this.#value(value)),
    )
    if (text === '' || text.length > TEXT_MAX) return record
    if (this.#records.size >= SHARED_MAX) this.#records.clear()
    this.#records.set(text, record)
    return record
  }

  /** The same object for entities that are alike in all of it, where they often are. */
  data(data: EntityData): EntityData {
    const { attributes, tags, parents, ancestors } = data
    if (parents.length > 1 || tags !== EMPTY_RECORD) return data
    let byParent = this.#data.get(attributes)
    const known = byParent?.get(parents[0])
    if (known?.ancestors === ancestors) return known
    if (this.#dataCount >= SHARED_MAX) {
      this.#data.clear()
      this.#dataCount = 0
      byParent = undefined
    }
    if (byParent === undefined) this.#data.set(attributes, (byParent = new Map<Entity | undefined, EntityData>()))
    byParent.set(parents[0], data)
    this.#dataCount++
    return data
  }

  #value(value: Value): Value {
    if (value instanceof RecordValue) return this.record(value)
    return value instanceof SetValue ? new SetValue(value.items.map((item) => this.#value(item))) : value
  }

  #sharedKeys(keys: readonly string[]): readonly string[] {
    const text = JSON.stringify(keys)
    const shared = this.#lists.get(text)
    if (shared !== undefined) return shared
    const list = [...keys]
    if (this.#lists.size < SHARED_MAX) this.#lists.set(text, list)
    return list
  }
}

/** INVARIANT: a shared record names no entity: it would go on naming one that the store has forgotten. */
const isPlain = (value: Value): boolean => typeof value !== 'object'

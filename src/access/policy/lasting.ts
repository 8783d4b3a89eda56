// Values that stay: what the entity store keeps is copied from what was read. Records that have the same names share one list
// of them, which is less memory and stays near; and V8, which watches how long what a place makes lives, goes on making the
// values of requests where they are cheap to forget.
import { EMPTY_RECORD, RecordValue, SetValue, type Value } from './value.ts'

/** Lists of attribute names that are shared; names come from outside, so there is a limit. */
const LISTS_MAX = 10_000

export class Lasting {
  readonly #lists = new Map<string, readonly string[]>()

  record({ keys, values }: RecordValue): RecordValue {
    if (keys.length === 0) return EMPTY_RECORD
    return new RecordValue(
      this.#shared(keys),
      values.map((value) => this.#value(value)),
    )
  }

  #value(value: Value): Value {
    if (value instanceof RecordValue) return this.record(value)
    return value instanceof SetValue ? new SetValue(value.items.map((item) => this.#value(item))) : value
  }

  #shared(keys: readonly string[]): readonly string[] {
    const text = JSON.stringify(keys)
    const shared = this.#lists.get(text)
    if (shared !== undefined) return shared
    const list = [...keys]
    if (this.#lists.size < LISTS_MAX) this.#lists.set(text, list)
    return list
  }
}

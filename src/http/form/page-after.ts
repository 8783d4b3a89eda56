// Pages of lists that are short by nature, in order of id. The cursor is the last id, sealed with what was asked: that of
// another list, or of the same list asked otherwise, is refused.
import { cursorOf, placeOf } from '#identity/roll'
import { Fault } from '#kernel'
import type { Json } from '#kernel'

interface Item {
  readonly id: string
}

interface Asked {
  readonly limit: number
  readonly cursor?: string | undefined
  /** Which list it is, and its filter: all that was asked but the page. */
  readonly of: Json
}

/** One more than asked is read, so that it is known whether there is a next page. */
export async function pageAfter<T extends Item>(
  { limit, cursor, of }: Asked,
  read: (page: { readonly limit: number; readonly after?: string }) => Promise<readonly T[]>,
): Promise<{ items: readonly T[]; next?: string }> {
  const after = placeOf(cursor, of)?.id
  if (after !== undefined && !/^[a-z]{2,5}_[0-9a-z]{26}$/.test(after)) {
    throw new Fault('invalid', 'the cursor is not of this query; begin again without one')
  }
  const found = await read({ limit: limit + 1, ...(after === undefined ? {} : { after }) })
  const items = found.slice(0, limit)
  const last = items.at(-1)
  return found.length > limit && last !== undefined
    ? { items, next: cursorOf({ key: null, id: last.id }, of) }
    : { items }
}

// Pages of lists that are short by nature, in order of id: the cursor is the last id.
import { Fault } from '#kernel'

interface Item {
  readonly id: string
}

/** One more than asked is read, so that it is known whether there is a next page. */
export async function pageAfter<T extends Item>(
  limit: number,
  cursor: string | undefined,
  read: (page: { readonly limit: number; readonly after?: string }) => Promise<readonly T[]>,
): Promise<{ items: readonly T[]; next?: string }> {
  const after = cursor === undefined ? undefined : Buffer.from(cursor, 'base64url').toString('utf8')
  if (after !== undefined && !/^[a-z]{2,5}_[0-9a-z]{26}$/.test(after)) {
    throw new Fault('invalid', 'the cursor is not of this list; begin again without one')
  }
  const found = await read({ limit: limit + 1, ...(after === undefined ? {} : { after }) })
  const items = found.slice(0, limit)
  const last = items.at(-1)
  return found.length > limit && last !== undefined
    ? { items, next: Buffer.from(last.id).toString('base64url') }
    : { items }
}

// ETag and If-Match: an update says which version it means, so that nobody overwrites what they have not read.
import { Fault } from '#kernel'

/** A strong tag: the version of the record. */
export const etagOf = (version: number): string => `"${version}"`

/** `undefined` for `*`, which means whatever is there. Throws Fault('precondition_required') without the header. */
export function expectedVersion(header: string | undefined): number | undefined {
  if (header === undefined) {
    throw new Fault('precondition_required', 'send `If-Match` with the `ETag` that you read, or `*` for any version')
  }
  if (header.trim() === '*') return undefined
  const version = /^"(\d{1,9})"$/.exec(header.trim())?.[1]
  if (version === undefined) throw new Fault('invalid', '`If-Match` must be one `ETag` as it was read, such as `"3"`')
  return Number(version)
}

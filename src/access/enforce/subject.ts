// Who asks, by the word of a proxy that is trusted to set one header and to overwrite what a client sends in it.
import type { SubjectOfRequest } from './enforce.ts'
import type { RouteTable } from './route-table.ts'

const ID_MAX = 1000

/** `headers` has each value by itself. Two values are nobody: one of them may be the client's. */
export function subjectFrom(
  { subject }: RouteTable,
  headers: Readonly<Record<string, readonly string[] | undefined>>,
): SubjectOfRequest | undefined {
  if (subject === undefined) return undefined
  const values = headers[subject.header] ?? []
  const [id = ''] = values
  return values.length === 1 && id.length <= ID_MAX && /^[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?$/.test(id)
    ? { type: subject.type, id }
    : undefined
}

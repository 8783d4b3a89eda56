// Finds Microsoft Graph objects in any JSON that holds them: a page of results, one object, a map of responses.
import type { ParsedDocument } from '../port.ts'
import { isRecord } from '../untrusted-value.ts'
import type { UntrustedRecord } from '../untrusted-value.ts'

export type GraphRecord = UntrustedRecord
export { isRecord }

/** A non-empty string member. */
export function text(record: GraphRecord, key: string): string | undefined {
  const value = Object.hasOwn(record, key) ? record[key] : undefined
  return typeof value === 'string' && value !== '' ? value : undefined
}

export function records(record: GraphRecord, key: string): readonly GraphRecord[] {
  const value = Object.hasOwn(record, key) ? record[key] : undefined
  return Array.isArray(value) ? value.filter(isRecord) : []
}

export interface Visit {
  readonly record: GraphRecord
  /** `@odata.context` of the nearest response around it: the only place that names the owner of a list of owners. */
  readonly context: string | undefined
  readonly pointer: string
}

const DEPTH_MAX = 40

/** Every object of the document in text order, with where it stands. Does not descend into what `stop` has taken. */
export function* visitObjects(document: ParsedDocument, stop: (record: GraphRecord) => boolean): Generator<Visit> {
  yield* visit(document.value, undefined, '', 0, stop)
}

function* visit(
  value: unknown,
  context: string | undefined,
  pointer: string,
  depth: number,
  stop: (record: GraphRecord) => boolean,
): Generator<Visit> {
  if (depth > DEPTH_MAX) return
  if (Array.isArray(value)) {
    for (const [index, item] of value.entries()) yield* visit(item, context, `${pointer}/${index}`, depth + 1, stop)
  } else if (isRecord(value)) {
    const here = text(value, '@odata.context') ?? context
    yield { record: value, context: here, pointer }
    if (stop(value)) return
    for (const key of Object.keys(value)) yield* visit(value[key], here, `${pointer}/${key}`, depth + 1, stop)
  }
}

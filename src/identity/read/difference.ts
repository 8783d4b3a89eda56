// What changed from one version to the next, field by field.
import type { Json } from '#kernel'

export interface Difference {
  /** JSON pointer (RFC 6901): `/owner/party/id`. */
  readonly path: string
  /** Absent where the field was not there. */
  readonly before?: Json
  readonly after?: Json
}

type JsonObject = { readonly [key: string]: Json | undefined }

/** Kept for searching and seeing only; they follow from the other fields. */
const DERIVED = new Set(['/searchText', '/parties'])

/** In the order of paths. Objects are compared member by member; lists as a whole. `undefined` is the absence of a field. */
export function differences(before: Json | undefined, after: Json | undefined): Difference[] {
  return [...compared('', before, after)].filter(({ path }) => !DERIVED.has(path))
}

function* compared(path: string, before: Json | undefined, after: Json | undefined): Generator<Difference> {
  if (isObject(before) && isObject(after)) {
    for (const key of [...new Set([...Object.keys(before), ...Object.keys(after)])].sort()) {
      const at = `${path}/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`
      yield* compared(at, own(before, key), own(after, key))
    }
  } else if (!same(before, after)) {
    yield {
      path,
      ...(before === undefined ? {} : { before }),
      ...(after === undefined ? {} : { after }),
    }
  }
}

const isObject = (value: Json | undefined): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** SECURITY: keys come from outside; `__proto__` is read as a member, never as the prototype. */
const own = (object: JsonObject, key: string): Json | undefined =>
  Object.hasOwn(object, key) ? object[key] : undefined

function same(a: Json | undefined, b: Json | undefined): boolean {
  if (a === b) return true
  if (Array.isArray(a) && Array.isArray(b))
    return a.length === b.length && a.every((item, at) => same(item, b[at] as Json))
  return isObject(a) && isObject(b) && [...compared('', a, b)].length === 0
}

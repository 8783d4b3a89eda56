// What PostgreSQL cannot store in text and jsonb (U+0000, halves of surrogate pairs) becomes U+FFFD, once and in one place.

// as JSON.stringify writes them
const UNSTORABLE = /\\u(?:0000|d[89a-f][0-9a-f]{2})/

/** The same plain data without what cannot be stored; the very value where there is nothing of it. */
export function storable<D>(data: D): D {
  const json = JSON.stringify(data) as string | undefined
  if (json === undefined || !UNSTORABLE.test(json)) return data
  return clean(data) as D
}

function clean(value: unknown): unknown {
  if (typeof value === 'string') return value.toWellFormed().replaceAll('\u0000', '\uFFFD')
  if (Array.isArray(value)) return value.map(clean)
  if (value === null || typeof value !== 'object') return value
  if ('toJSON' in value && typeof value.toJSON === 'function') return clean(value.toJSON())
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [clean(key), clean(member)]))
}

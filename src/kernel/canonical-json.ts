// Canonical JSON (RFC 8785): one byte sequence per value, for hashing.

export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json | undefined }

/**
 * RFC 8785 (JCS): members sorted by UTF-16 code units, ECMAScript numbers, no white space. Members that are
 * `undefined` are left out. Throws RangeError on a number that JSON cannot carry.
 */
export function canonicalJson(value: Json): string {
  if (typeof value === 'string') return quoted(value)
  if (typeof value === 'number' && !Number.isFinite(value)) throw new RangeError('a number must be finite')
  if (value === null || typeof value !== 'object') return JSON.stringify(value)
  let out = ''
  if (Array.isArray(value)) {
    for (const item of value as readonly Json[]) out += `${out === '' ? '[' : ','}${canonicalJson(item)}`
    return out === '' ? '[]' : `${out}]`
  }
  const record = value as { readonly [key: string]: Json | undefined }
  for (const key of Object.keys(record).sort()) {
    const member = record[key]
    if (member !== undefined) out += `${out === '' ? '{' : ','}${quoted(key)}:${canonicalJson(member)}`
  }
  return out === '' ? '{}' : `${out}}`
}

/** ASCII in which nothing is escaped; nearly all texts are. */
const PLAIN = /^[ !#-[\]-~]*$/

const quoted = (text: string): string => (PLAIN.test(text) ? `"${text}"` : JSON.stringify(text))

// The path of a request as its parts, or what is wrong with it. SECURITY: what two programs on the way could read as two paths
// is refused, never repaired: the program behind sees what was sent, not what was judged.

export interface PathRead {
  readonly parts: readonly string[]
  /** By part: no letter of ASCII is encoded in it. Some programs compare a word of their routes with what was sent. */
  readonly plain: readonly boolean[]
  readonly slashAtEnd: boolean
}

export type ReadPath = PathRead | { readonly odd: string }

const TARGET_MAX = 8192
const PARTS_MAX = 64
/** What RFC 3986 lets stand in a path, but for `;`: some programs cut a part off there. */
const PLAIN = /^[\w\-.~!$&'()*+,=:@%/]*$/

const ASCII_ENCODED = /%[0-7]/

/** `target` as it was sent: a path and perhaps a query, which says nothing here. */
export function readPath(target: string): ReadPath {
  if (target.length > TARGET_MAX) return { odd: 'it is too long' }
  const query = target.indexOf('?')
  const path = query < 0 ? target : target.slice(0, query)
  if (!path.startsWith('/')) return { odd: 'it does not begin with `/`' }
  if (target.includes('#')) return { odd: 'it holds `#`' }
  if (!PLAIN.test(path)) return { odd: 'it holds a letter that stands in no path' }
  if (path === '/') return { parts: [], plain: [], slashAtEnd: true }
  const slashAtEnd = path.endsWith('/')
  const raw = path.slice(1, slashAtEnd ? -1 : undefined).split('/')
  if (raw.length > PARTS_MAX) return { odd: 'it has too many parts' }
  const parts: string[] = []
  for (const one of raw) {
    const part = decoded(one)
    if (part === undefined) return { odd: 'a part of it can be read in two ways' }
    parts.push(part)
  }
  return { parts, plain: raw.map((one) => !ASCII_ENCODED.test(one)), slashAtEnd }
}

/** Once. `undefined` for what a program behind might take for another part, for several, or for none. */
function decoded(raw: string): string | undefined {
  let part: string
  try {
    part = decodeURIComponent(raw)
  } catch {
    // not UTF-8, or `%` without two digits
    return undefined
  }
  if (part === '' || part.endsWith('.') || part.endsWith(' ') || part.startsWith(' ')) return undefined
  // a second round of decoding, separators of other systems, ends of texts in C, patterns of grants
  if (/[%/\\;*?#\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/u.test(part)) return undefined
  return part.normalize('NFKC') === part ? part : undefined
}

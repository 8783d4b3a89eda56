// IAM's globs: `*` stands for any run of characters, `?` for one, everything else for itself. Matching is linear in
// practice and never exponential: a pattern comes from outside.

/** Wildcards in their encoded form, so that a literal `*` (from `${*}` or a variable's value) is no wildcard. */
const ANY = '\uE000'
const ONE = '\uE001'

/** What `witness` puts where both patterns leave a name open. */
const CHOSEN = 'reeve1'

/** An ARN has at most 2,048 characters; the search below goes as deep as both patterns are long. */
const WITNESS_LENGTH_MAX = 2500

export interface Glob {
  readonly encoded: string
  /** The text before the first wildcard. */
  readonly prefix: string
  readonly isLiteral: boolean
  /** True for `*`, `**`, …: matches everything. */
  readonly matchesAll: boolean
}

/** Turns the wildcards of a pattern as written into the encoded form; `substitute` runs on what is left. */
export function encodeWildcards(pattern: string): string {
  return pattern
    .replaceAll(/[\uE000\uE001]/g, '\uFFFD')
    .replaceAll('*', ANY)
    .replaceAll('?', ONE)
}

/** Stands for a value that is not known: as an encoded glob it matches anything. */
export const UNKNOWN_PART = ANY

export function globOf(encoded: string): Glob {
  let wild = 0
  while (wild < encoded.length && encoded[wild] !== ANY && encoded[wild] !== ONE) wild += 1
  return {
    encoded,
    prefix: encoded.slice(0, wild),
    isLiteral: wild === encoded.length,
    matchesAll: encoded !== '' && encoded.replaceAll(ANY, '') === '',
  }
}

/** Two pointers and one remembered `*`: at worst the product of both lengths. */
export function matchesGlob(glob: Glob, text: string): boolean {
  if (glob.isLiteral) return glob.encoded === text
  if (glob.matchesAll) return true
  if (!text.startsWith(glob.prefix)) return false
  const pattern = glob.encoded
  let at = glob.prefix.length
  let p = at
  let starAt = -1
  let retryAt = 0
  while (at < text.length) {
    const want = pattern[p]
    if (want === ANY) {
      starAt = p
      retryAt = at
      p += 1
    } else if (want !== undefined && (want === ONE || want === text[at])) {
      p += 1
      at += 1
    } else if (starAt !== -1) {
      retryAt += 1
      at = retryAt
      p = starAt + 1
    } else return false
  }
  while (pattern[p] === ANY) p += 1
  return p === pattern.length
}

/**
 * Some text that both globs match, or `undefined` when there is none. Where both leave a name open, a name is chosen
 * that no literal of either spells.
 */
export function witness(a: Glob, b: Glob): string | undefined {
  if (a.isLiteral) return matchesGlob(b, a.encoded) ? a.encoded : undefined
  if (b.isLiteral) return matchesGlob(a, b.encoded) ? b.encoded : undefined
  if (a.encoded.length + b.encoded.length > WITNESS_LENGTH_MAX) return undefined
  const dead = new Set<number>()
  const from = (i: number, j: number): string | undefined => {
    if (i === a.encoded.length && j === b.encoded.length) return ''
    const key = i * (b.encoded.length + 1) + j
    if (dead.has(key)) return undefined
    const found = step(i, j)
    if (found === undefined) dead.add(key)
    return found
  }
  const step = (i: number, j: number): string | undefined => {
    const x = a.encoded[i]
    const y = b.encoded[j]
    if (x === ANY && y === ANY) return before(CHOSEN, from(i + 1, j) ?? from(i, j + 1))
    // a star takes one more character of the other side, or ends here
    if (x === ANY) return (y === undefined ? undefined : before(shown(y), from(i, j + 1))) ?? from(i + 1, j)
    if (y === ANY) return (x === undefined ? undefined : before(shown(x), from(i + 1, j))) ?? from(i, j + 1)
    if (x === undefined || y === undefined) return undefined
    if (x !== y && x !== ONE && y !== ONE) return undefined
    return before(x === ONE ? shown(y) : x, from(i + 1, j + 1))
  }
  return from(0, 0)
}

const before = (head: string, tail: string | undefined): string | undefined =>
  tail === undefined ? undefined : head + tail
const shown = (character: string): string => (character === ONE ? 'x' : character)

/** The pattern as a person writes it. */
export const decodeGlob = (encoded: string): string => encoded.replaceAll(ANY, '*').replaceAll(ONE, '?')

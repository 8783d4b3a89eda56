// Wildcards without regular expressions: patterns come from scanned files, and two pointers never take exponential time.

/** Generic `*` matching over sequences: at most |items| × |pattern| comparisons. */
function matchSequence<P, T>(
  pattern: readonly P[],
  items: readonly T[],
  isStar: (part: P) => boolean,
  matches: (part: P, item: T) => boolean,
): boolean {
  let [p, i, star, resume] = [0, 0, -1, 0]
  while (i < items.length) {
    const part = pattern[p]
    const item = items[i]
    if (part !== undefined && isStar(part)) {
      star = p
      resume = i
      p += 1
    } else if (part !== undefined && item !== undefined && matches(part, item)) {
      p += 1
      i += 1
    } else if (star !== -1) {
      p = star + 1
      resume += 1
      i = resume
    } else return false
  }
  return pattern.slice(p).every(isStar)
}

type Part = { readonly literal: string } | 'any' | 'star'

function partsOf(pattern: string): Part[] {
  const parts: Part[] = []
  let escaped = false
  for (const char of pattern) {
    if (escaped) parts.push({ literal: char })
    else if (char === '*') parts.push('star')
    else if (char === '?') parts.push('any')
    else if (char !== '\\') parts.push({ literal: char })
    escaped = !escaped && char === '\\'
  }
  return parts
}

function matchParts(parts: readonly Part[], text: string): boolean {
  return matchSequence(
    parts,
    Array.from(text),
    (part) => part === 'star',
    (part, char) => part === 'any' || (typeof part === 'object' && part.literal === char),
  )
}

/** `*` is any text (`/` and `:` too), `?` one character, a backslash takes the next one as it is. */
export function glob(pattern: string): (text: string) => boolean {
  const parts = partsOf(pattern)
  return (text) => matchParts(parts, text)
}

/**
 * A path pattern as in CODEOWNERS, for paths relative to its root: a slash at the start or inside anchors it, `**` spans
 * folders, a folder stands for all below it; but `docs/*` is only the files of `docs` itself, unlike in gitignore.
 */
export function pathPattern(pattern: string): (path: string) => boolean {
  const trimmed = pattern.trim()
  const anchored = /\/[^]/.test(trimmed)
  const bare = trimmed.replace(/^\//, '').replace(/\/$/, '')
  if (bare === '') return () => false
  const segments = bare.split('/')
  const last = segments.at(-1)
  if (!anchored) segments.unshift('**')
  if (last === '**') segments.splice(-1, 1, '*', '**')
  else if (trimmed.endsWith('/')) segments.push('*', '**')
  else if (last !== '*' || segments.length === 1 || !anchored) segments.push('**')
  const compiled = segments.map((segment): '**' | readonly Part[] => (segment === '**' ? '**' : partsOf(segment)))
  return (path) =>
    matchSequence(
      compiled,
      path.split('/'),
      (part) => part === '**',
      (part, segment) => part !== '**' && matchParts(part, segment),
    )
}

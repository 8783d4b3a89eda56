// Systems whose names are `system:action` and `system://a/b`: a `*` at the end stands for all that begins so, one in the
// middle for one part. GitHub and directories compare without case; a level of GitHub's holds those below it.
import type { Rule } from './covers.ts'

export const namedActionCovered: Rule = (pattern, action) => {
  if (matches(pattern, action)) return 'yes'
  return levelCovered(pattern, action) ? 'yes' : 'no'
}

export const namedResourceCovered: Rule = (pattern, resource) => {
  const folds = FOLDED.some((prefix) => resource.startsWith(prefix))
  return (folds ? matches(pattern.toLowerCase(), resource.toLowerCase()) : matches(pattern, resource)) ? 'yes' : 'no'
}

const FOLDED = ['github://', 'ldap://']
const LEVELS = ['read', 'write', 'admin']

/** `github:contents:write` holds `github:contents:read`. */
function levelCovered(pattern: string, action: string): boolean {
  if (!pattern.startsWith('github:') || !action.startsWith('github:')) return false
  const [given, asked] = [pattern.lastIndexOf(':'), action.lastIndexOf(':')]
  const [held, wanted] = [LEVELS.indexOf(pattern.slice(given + 1)), LEVELS.indexOf(action.slice(asked + 1))]
  return wanted !== -1 && held >= wanted && matches(pattern.slice(0, given), action.slice(0, asked))
}

/** Linear in the length of the name for each `*` in the middle: those stop at the next separator. */
function matches(pattern: string, name: string): boolean {
  if (pattern === '*') return true
  const star = pattern.indexOf('*')
  if (star === -1) return pattern === name
  if (star === pattern.length - 1) return name.startsWith(pattern.slice(0, -1))
  return partsMatch(pattern, name)
}

function partsMatch(pattern: string, name: string): boolean {
  const given = pattern.split('/')
  const asked = name.split('/')
  for (const [at, part] of given.entries()) {
    if (part === '*' && at === given.length - 1) return asked.length > at
    const other = asked[at]
    if (other === undefined || !partMatches(part, other)) return false
  }
  return given.length === asked.length
}

/** Within one part: pieces in their order, the first at the beginning, the last at the end. */
function partMatches(pattern: string, part: string): boolean {
  const pieces = pattern.split('*')
  const [first = '', ...rest] = pieces
  if (rest.length === 0) return pattern === part
  const last = rest.pop() ?? ''
  if (!part.startsWith(first) || !part.endsWith(last) || part.length < first.length + last.length) return false
  let from = first.length
  const end = part.length - last.length
  for (const piece of rest) {
    const at = part.indexOf(piece, from)
    if (at === -1 || at + piece.length > end) return false
    from = at + piece.length
  }
  return true
}

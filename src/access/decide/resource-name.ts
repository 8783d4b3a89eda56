// The names under which a resource may have been granted: itself, and each container that its name tells of.

/**
 * The one name of a resource: its id where that is a whole name already (`pg://…`, an ARN), else type and id. Grants and
 * policies (`Resource::"…"`) spell it the same.
 */
export const resourceName = ({ type, id }: { readonly type: string; readonly id: string }): string =>
  isWholeName(id) ? id : `${type}://${id}`

const isWholeName = (id: string): boolean => id.includes('://') || id.startsWith('arn:')

/** A segment that a path would resolve away, or none between two slashes; a trailing slash stands, and `k8s://cluster//…`. */
const RESOLVED_AWAY = /(?:^|\/)(?:\.|%2e){1,2}(?:\/|$)|\/[^/]+\/\/|%2f|\\|%5c/i

/**
 * Whether its target may take the name for another one, which a pattern of a grant would then cover without being meant
 * to: `pg://main/shop/../hr`. An ARN is compared letter by letter where it is used, so it is never ambiguous.
 */
export function isAmbiguousName(name: string): boolean {
  if (name.startsWith('arn:')) return false
  const start = name.indexOf('://')
  return start !== -1 && RESOLVED_AWAY.test(name.slice(start + 3))
}

/** The type and id under which a name is asked for. */
export function resourceOf(name: string): { readonly type: string; readonly id: string } {
  const cut = name.indexOf('://')
  const rest = name.slice(cut + 3)
  // what is left is a whole name itself only where somebody called a type `x://y`
  return cut === -1 || isWholeName(rest) ? { type: systemOf(name), id: name } : { type: name.slice(0, cut), id: rest }
}

const systemOf = (name: string): string =>
  name.startsWith('arn:') ? 'aws' : name.slice(0, Math.max(0, name.indexOf('://')))

const SEPARATOR = /[/:.]/
/** Deeper names are matched by their first parts and as a whole. */
const CUTS_MAX = 32

/** A pattern is a name, or a name cut after `/`, `:` or `.` and followed by `*`, or `*` alone. */
export function isResourcePattern(text: string): boolean {
  const star = text.indexOf('*')
  if (star === -1) return text !== ''
  return star === text.length - 1 && (star === 0 || SEPARATOR.test(text.charAt(star - 1)))
}

/** Calls back with each pattern that covers `name`, narrowest first, until it answers true. */
export function coveringPatterns(name: string, found: (pattern: string) => boolean): void {
  if (found(name)) return
  let cuts = 0
  for (let place = name.length - 1; place >= 0 && cuts < CUTS_MAX; place--) {
    const letter = name.charCodeAt(place)
    if (letter !== 47 && letter !== 58 && letter !== 46) continue
    cuts++
    if (found(`${name.slice(0, place + 1)}*`)) return
  }
  found('*')
}

/** Whether `pattern`, as an action or a resource, covers `name`. */
export function covers(pattern: string, name: string): boolean {
  return pattern.endsWith('*') ? name.startsWith(pattern.slice(0, -1)) : pattern === name
}

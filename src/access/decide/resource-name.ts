// The names under which a resource may have been granted: itself, and each container that its name tells of.

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

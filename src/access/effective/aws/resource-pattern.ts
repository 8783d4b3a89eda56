// Patterns in `Resource` and `NotResource`: an ARN whose first five parts are matched one by one, or `*`.
import { encodeWildcards, globOf, matchesGlob, witness } from './glob.ts'
import type { Glob } from './glob.ts'

export interface ResourcePattern {
  /** As written in the policy. */
  readonly text: string
  readonly matchesAll: boolean
  /** The text before the first wildcard: what an index can look up. */
  readonly prefix: string
  readonly isLiteral: boolean
  /** True when it holds a policy variable whose value the input does not tell; it then matches more than it should. */
  readonly uncertain: boolean
  readonly whole: Glob
  /** The six parts, when a part before the last has a wildcard: a wildcard there does not cross a colon. */
  readonly parts: readonly Glob[] | undefined
}

/** An ARN with fewer than six parts stands for any value in the missing ones. */
export function resourcePattern(text: string, encoded: string, uncertain: boolean): ResourcePattern {
  const whole = globOf(encoded)
  let parts: readonly Glob[] | undefined
  if (encoded.startsWith('arn:')) {
    const split = splitArn(encoded)
    const short = split.length < 6
    while (split.length < 6) split.push('\uE000')
    const globs = split.map(globOf)
    if (short || globs.slice(0, 5).some((glob) => !glob.isLiteral)) parts = globs
  }
  return {
    text,
    matchesAll: whole.matchesAll,
    prefix: whole.prefix,
    isLiteral: whole.isLiteral && parts === undefined,
    uncertain,
    whole,
    parts,
  }
}

/** What `NotResource` comes to for an index: anything. */
export const ANY_RESOURCE = resourcePattern('*', encodeWildcards('*'), false)

/** `resource` is an ARN, or `*` for an action that knows no resources. */
export function matchesResource(pattern: ResourcePattern, resource: string): boolean {
  if (pattern.matchesAll) return true
  if (!resource.startsWith(pattern.prefix)) return false
  if (pattern.parts === undefined) return matchesGlob(pattern.whole, resource)
  const parts = splitArn(resource)
  return parts.length === 6 && pattern.parts.every((glob, index) => matchesGlob(glob, parts[index] ?? ''))
}

/** An ARN that both the pattern and the template match; the template is an ARN pattern with `*`, or `*` itself. */
export function resourceWitness(pattern: ResourcePattern, template: ResourcePattern): string | undefined {
  if (template.matchesAll) return pattern.matchesAll ? '*' : undefined
  const templateParts = partsOf(template)
  const patternParts = pattern.matchesAll ? templateParts : partsOf(pattern)
  if (patternParts === undefined || templateParts === undefined) return witness(pattern.whole, template.whole)
  const chosen: string[] = []
  for (const [index, glob] of templateParts.entries()) {
    const other = patternParts[index]
    const part = other === undefined ? undefined : witness(other, glob)
    if (part === undefined) return undefined
    chosen.push(part)
  }
  return chosen.join(':')
}

function partsOf(pattern: ResourcePattern): readonly Glob[] | undefined {
  if (pattern.parts !== undefined) return pattern.parts
  const split = splitArn(pattern.whole.encoded)
  return split.length === 6 ? split.map(globOf) : undefined
}

/** At most six parts; the last keeps its colons. */
export function splitArn(arn: string): string[] {
  const parts: string[] = []
  let from = 0
  while (parts.length < 5) {
    const colon = arn.indexOf(':', from)
    if (colon === -1) break
    parts.push(arn.slice(from, colon))
    from = colon + 1
  }
  parts.push(arn.slice(from))
  return parts
}

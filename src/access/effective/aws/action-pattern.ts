// Patterns in `Action` and `NotAction`: `service:Name` without case, with wildcards in either part.
import { awsActionsOf, awsServices } from '#kernel'
import type { AwsCatalogueAction } from '#kernel'
import { encodeWildcards, globOf, matchesGlob } from './glob.ts'
import type { Glob } from './glob.ts'

export interface ActionPattern {
  /** As written. */
  readonly text: string
  readonly glob: Glob
  /** The literal service prefix, or `undefined` when it has a wildcard. */
  readonly service: string | undefined
  /** `*`, `*:*`: every action there is. */
  readonly matchesAll: boolean
}

const cache = new Map<string, ActionPattern>()
const CACHE_MAX = 50_000

export function actionPattern(text: string): ActionPattern {
  const known = cache.get(text)
  if (known !== undefined) return known
  const lower = text.toLowerCase()
  const colon = lower.indexOf(':')
  const service = colon === -1 ? '' : lower.slice(0, colon)
  const glob = globOf(encodeWildcards(lower))
  const made: ActionPattern = {
    text,
    glob,
    service: colon === -1 || /[*?]/.test(service) ? undefined : service,
    matchesAll: glob.matchesAll || /^\*+:\*+$/.test(lower),
  }
  if (cache.size >= CACHE_MAX) cache.clear()
  cache.set(text, made)
  return made
}

/** `action` in lower case. */
export function matchesAction(pattern: ActionPattern, action: string): boolean {
  return pattern.matchesAll || matchesGlob(pattern.glob, action)
}

export interface CatalogueMatch extends AwsCatalogueAction {
  readonly service: string
  /** `service:name`, lower case. */
  readonly key: string
}

const expansions = new Map<string, readonly CatalogueMatch[]>()

/** The catalogue's actions that the pattern stands for. Empty for an unknown action or service. */
export function expandAction(pattern: ActionPattern): readonly CatalogueMatch[] {
  const known = expansions.get(pattern.text)
  if (known !== undefined) return known
  const found: CatalogueMatch[] = []
  for (const service of pattern.service === undefined ? awsServices() : [pattern.service]) {
    for (const [lower, action] of awsActionsOf(service) ?? []) {
      const key = `${service}:${lower}`
      if (matchesAction(pattern, key)) found.push({ ...action, service, key })
    }
  }
  if (expansions.size >= CACHE_MAX) expansions.clear()
  expansions.set(pattern.text, found)
  return found
}

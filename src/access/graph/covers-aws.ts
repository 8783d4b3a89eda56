// AWS: action names without case, `*` and `?` in both, an ARN part by part. A policy variable may stand for anything.
import { actionPattern, matchesAction } from '../effective/aws/action-pattern.ts'
import { encodeWildcards } from '../effective/aws/glob.ts'
import { matchesResource, resourcePattern } from '../effective/aws/resource-pattern.ts'
import type { ResourcePattern } from '../effective/aws/resource-pattern.ts'
import { NO_VARIABLES } from '../effective/aws/variables.ts'
import type { Rule } from './covers.ts'

const PREFIX = 'aws:'

export const awsActionCovered: Rule = (pattern, action) => {
  if (pattern === '*') return 'yes'
  if (!pattern.startsWith(PREFIX)) return 'no'
  const matches = matchesAction(actionPattern(pattern.slice(PREFIX.length)), action.slice(PREFIX.length).toLowerCase())
  return matches ? 'yes' : 'no'
}

const known = new Map<string, ResourcePattern>()
/** Names come from outside: what is remembered is bounded. */
const KNOWN_MAX = 50_000

export const awsResourceCovered: Rule = (pattern, resource) => {
  if (pattern === '*') return 'yes'
  const made = known.get(pattern) ?? patternOf(pattern)
  if (!matchesResource(made, resource)) return 'no'
  return made.uncertain ? 'unknown' : 'yes'
}

function patternOf(text: string): ResourcePattern {
  const { encoded, uncertain } = NO_VARIABLES.substitute(encodeWildcards(text))
  const made = resourcePattern(text, encoded, uncertain)
  if (known.size >= KNOWN_MAX) known.clear()
  known.set(text, made)
  return made
}

// Whether a right covers an action on a resource, by the rules of the system that the names are of. Pure. What cannot be
// decided from the record is `unknown`, never a guess: conditions, variables, names that were cut.
import type { Entitlement } from '../entitlement.ts'
import { awsActionCovered, awsResourceCovered } from './covers-aws.ts'
import { kubernetesActionCovered, kubernetesResourceCovered } from './covers-kubernetes.ts'
import { namedActionCovered, namedResourceCovered } from './covers-named.ts'
import { conditionsOf } from './right-conditions.ts'
import type { RightConditions } from './right-conditions.ts'

export type Covered = 'yes' | 'no' | 'unknown'

/** What a right says, without who holds it. */
export type Right = Pick<Entitlement, 'actions' | 'resources' | 'level' | 'conditions'>

/** Whether the pattern covers the name. */
export type Rule = (pattern: string, name: string, right: Right) => Covered

interface Rules {
  readonly action: Rule
  readonly resource: Rule
}

const AWS: Rules = { action: awsActionCovered, resource: awsResourceCovered }
const KUBERNETES: Rules = { action: kubernetesActionCovered, resource: kubernetesResourceCovered }
const NAMED: Rules = { action: namedActionCovered, resource: namedResourceCovered }

const rulesOf = (action: string): Rules =>
  action.startsWith('aws:') ? AWS : action.startsWith('k8s:') ? KUBERNETES : NAMED

/** Whether the right's own words cover it, whatever its effect: a denial covers what it denies. */
export function covers(right: Right, action: string, resource: string): Covered {
  const { actions, resources } = right
  // a right that is only counted: a large role that everybody has through a group
  if (actions.length === 0) return right.level === 'unknown' && resources.length === 0 ? 'unknown' : 'no'
  const rules = rulesOf(action)
  const conditions = conditionsOf(right.conditions)
  const byAction = anyOf(actions, (pattern) => rules.action(pattern, action, right))
  const byAct = without(byAction, conditions.notActions, (text) => rules.action(`aws:${text}`, action, right))
  if (byAct === 'no') return 'no'
  const listed = anyOf(resources, (pattern) => rules.resource(pattern, resource, right))
  const byList = listed === 'no' && conditions.listIsCut ? 'unknown' : listed
  const byResource = without(byList, conditions.notResources, (text) => rules.resource(text, resource, right))
  return concluded(both(byAct, byResource), conditions)
}

const concluded = (covered: Covered, { open }: RightConditions): Covered =>
  covered === 'yes' && open ? 'unknown' : covered

const both = (a: Covered, b: Covered): Covered =>
  a === 'no' || b === 'no' ? 'no' : a === 'unknown' || b === 'unknown' ? 'unknown' : 'yes'

function anyOf(patterns: readonly string[], rule: (pattern: string) => Covered): Covered {
  let best: Covered = 'no'
  for (const pattern of patterns) {
    // a name that was too long to keep is cut and says so
    const covered = pattern.endsWith('…') ? 'unknown' : rule(pattern)
    if (covered === 'yes') return 'yes'
    if (covered === 'unknown') best = 'unknown'
  }
  return best
}

/** All but these. */
function without(covered: Covered, texts: readonly string[], rule: (text: string) => Covered): Covered {
  if (covered === 'no' || texts.length === 0) return covered
  const taken = anyOf(texts, rule)
  return taken === 'yes' ? 'no' : taken === 'unknown' ? 'unknown' : covered
}

/** Of all rights of one principal together: a denial beats every right. */
export function together(rights: Iterable<{ readonly effect: 'allow' | 'deny'; readonly covered: Covered }>): Covered {
  let allowed: Covered = 'no'
  let denied: Covered = 'no'
  for (const { effect, covered } of rights) {
    if (effect === 'allow') allowed = stronger(allowed, covered)
    else denied = stronger(denied, covered)
  }
  return denied === 'yes' ? 'no' : allowed === 'yes' && denied === 'unknown' ? 'unknown' : allowed
}

const stronger = (a: Covered, b: Covered): Covered =>
  a === 'yes' || b === 'yes' ? 'yes' : a === 'unknown' || b === 'unknown' ? 'unknown' : 'no'

// Everything that somebody could ask for as far as anything here names it: each identity in force, each action, each resource.
// For comparisons, which must not miss what only a policy names.
import type { DecisionState } from './decision-state.ts'
import { resourceName } from './resource-name.ts'
import type { SimulatedTuple } from './simulate.ts'

/** Named by something that is not resident: entitlements, requests, recorded decisions. */
export interface NamedElsewhere {
  readonly actions: readonly string[]
  readonly resources: readonly string[]
}

/** Stand for whatever nothing names, one for each level that an action has. */
const OTHER_ACTIONS = ['other:read', 'other:write', 'other:admin', 'other:act'] as const
const OTHER_RESOURCE = 'other://anything'

/** A right to ask is no right; what may be asked for is judged where it is asked. */
const ASKING = 'reeve:request'

/**
 * A pattern of a grant stands for whatever it covers and nothing else names. Identities that are not in force are left out:
 * nothing is allowed to them, whatever policies say.
 */
export function* knownRights(state: DecisionState, named: NamedElsewhere): Generator<SimulatedTuple> {
  const actions = sorted(state.actionNames(), state.grants.actionPatterns(), named.actions, OTHER_ACTIONS)
  const known = [...state.resourcesAfter('')].map(resourceName)
  const resources = sorted(known, state.grants.patterns(), named.resources, [OTHER_RESOURCE])
  for (const principalId of state.principalsAfter('')) {
    const principal = state.principal(principalId)
    if (principal === undefined || principal.state !== 'active') continue
    for (const action of actions) {
      if (action === ASKING) continue
      for (const resource of resources) yield { principalId, action, resource }
    }
  }
}

function sorted(...lists: readonly Iterable<string>[]): readonly string[] {
  const names = new Set<string>()
  for (const list of lists) for (const name of list) names.add(name)
  names.delete('')
  return [...names].sort()
}

// Whether a grant may begin at its target now: what was agreed to days ago is judged once more by how things are. Pure.
import { contextOfRight, identityDenial } from '../decide/index.ts'
import type { Denial, DecisionState, GrantKind } from '../decide/index.ts'

export interface RightToBegin {
  readonly principalId: string
  readonly kind: GrantKind
  readonly actions: readonly string[]
  readonly resources: readonly string[]
}

/** What is known here does not do to tell: neither a yes nor a no. */
export const UNDECIDED: ReadonlySet<Denial> = new Set([
  'stale',
  'policy_unavailable',
  'policy_error',
  'unknown_principal',
])

/** `undefined`: it may. `now`: milliseconds since 1970. */
export function mayBegin(state: DecisionState, right: RightToBegin, now: number): Denial | undefined {
  if (state.isStale(now)) return 'stale'
  return trustDenial(state, right.principalId, now) ?? policyDenial(state, right, now)
}

/** Whether who has it may be trusted with anything. */
export function trustDenial(state: DecisionState, principalId: string, now: number): Denial | undefined {
  const principal = state.resolve({ type: 'principal', id: principalId })
  return typeof principal === 'string' ? 'unknown_principal' : identityDenial(state, principal, now)
}

function policyDenial({ policies }: DecisionState, right: RightToBegin, now: number): Denial | undefined {
  if (policies === undefined) return 'policy_unavailable'
  const { kind } = right
  for (const action of right.actions) {
    for (const resource of right.resources) {
      const { decision, reasons, forbidFailed } = policies.set.evaluate({
        principal: { type: 'Principal', id: right.principalId },
        action: { type: 'Action', id: action },
        resource: { type: 'Resource', id: resource },
        context: contextOfRight({ kind, action, resource, now }),
      })
      if (decision === 'deny' && reasons.length > 0) return 'policy_forbids'
      // it may be about what is only known when the right is used
      if (forbidFailed) return 'policy_error'
    }
  }
  return undefined
}

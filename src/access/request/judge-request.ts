// What the policies in force say of a request: whether it may be asked for at all, and who has to agree. Pure.
//
// The right is judged as if it were granted, under the action `reeve:request`: what a policy would forbid to use, it forbids
// to ask for. The permit that lets it be asked for says with `@approval` who agrees; without a word, an approver does.
import { contextOfRight } from '../decide/index.ts'
import type { DecisionState, GrantKind } from '../decide/index.ts'
import { APPROVALS } from './records.ts'
import type { Approval } from './records.ts'

export interface RightAskedFor {
  readonly principalId: string
  readonly kind: GrantKind
  readonly actions: readonly string[]
  readonly resources: readonly string[]
  readonly seconds?: number
}

export type RequestJudged =
  | {
      readonly allowed: true
      readonly approval: Approval
      readonly policyIds: readonly string[]
      readonly versionId: string
    }
  | NotAllowed

export interface NotAllowed {
  readonly allowed: false
  readonly action: string
  readonly resource: string
  readonly reason: 'policy_forbids' | 'policy_error' | 'nothing_permits'
  /** Those that forbid it, or that could not be evaluated. */
  readonly policyIds: readonly string[]
}

const REQUEST_ACTION = { type: 'Action', id: 'reeve:request' } as const

/** `undefined` where no policies are in force. `now`: milliseconds since 1970. */
export function judgeRequest(state: DecisionState, right: RightAskedFor, now: number): RequestJudged | undefined {
  const { policies } = state
  if (policies === undefined) return undefined
  const { kind, seconds } = right
  let strictest: Approval = 'none'
  const because = new Set<string>()
  for (const action of right.actions) {
    for (const resource of right.resources) {
      const { decision, reasons, errors, forbidFailed } = policies.set.evaluate({
        principal: { type: 'Principal', id: right.principalId },
        action: REQUEST_ACTION,
        resource: { type: 'Resource', id: resource },
        context: {
          ...contextOfRight({ kind, action, resource, now }),
          asked: { action, ...(seconds !== undefined && { seconds }) },
        },
      })
      const not = { allowed: false, action, resource } as const
      if (decision === 'deny' && reasons.length > 0) return { ...not, reason: 'policy_forbids', policyIds: reasons }
      // SECURITY: one that cannot be evaluated forbids, as it does where the right is used
      if (forbidFailed) return { ...not, reason: 'policy_error', policyIds: errors.map(({ policyId }) => policyId) }
      if (decision === 'deny') return { ...not, reason: 'nothing_permits', policyIds: [] }
      for (const policyId of reasons) {
        because.add(policyId)
        strictest = stricter(strictest, approvalOf(policies.annotations.get(policyId)?.['approval']))
      }
    }
  }
  return { allowed: true, approval: strictest, policyIds: [...because].sort(), versionId: policies.versionId }
}

/** What nobody knows how to read asks for the most. */
function approvalOf(annotation: string | undefined): Approval {
  return APPROVALS.find((approval) => approval === annotation) ?? (annotation === undefined ? 'approver' : 'two')
}

export const stricter = (a: Approval, b: Approval): Approval => (APPROVALS.indexOf(a) >= APPROVALS.indexOf(b) ? a : b)

/** In words, for who asked or agrees. */
export function whyNot({ reason, policyIds: [first = ''] }: NotAllowed): string {
  if (reason === 'nothing_permits') return 'no policy lets it be asked for'
  return reason === 'policy_forbids'
    ? `\`${first}\` forbids it`
    : `\`${first}\` cannot be evaluated over it, and forbids`
}

// One decision as it is recorded.
import type { Decided } from '../authzen/index.ts'
import { resourceName } from '../decide/index.ts'
import { recordedName } from './recorded-name.ts'

/** What was decided: the same for every decision on the same question that came out the same. */
export interface DecidedKind {
  readonly principalId: string
  readonly action: string
  readonly resource: string
  readonly allowed: boolean
  readonly reason: string
  readonly highRisk: boolean
  readonly grantId?: string
  /** The enforcement point that asked, by its own word. */
  readonly point?: string
  /** Only where nothing hangs on the answer: a denial would have been one. */
  readonly enforced?: false
  /** Policies that could not be evaluated, the first of them: a permit had no say, a forbid denied. */
  readonly failed?: readonly string[]
  /** For which reason a line before said that this decision allows: it was denied after all, and that one does not count. */
  readonly insteadOf?: string
}

/** One decision, as it is counted and, where it is a denial or of high risk, written down. */
export interface DecisionLine extends DecidedKind {
  readonly id: string
  /** Milliseconds since 1970. */
  readonly at: number
}

/** What is counted of a decision: those of one kind share it in memory. */
export interface Recorded extends Pick<DecisionLine, 'at'> {
  readonly kind: DecidedKind
}

const FAILED_MAX = 5
/** Letters of the name of a policy. */
const POLICY_NAME_MAX = 100

export const lineOf = (decided: Decided): DecisionLine => ({
  id: decided.id,
  at: decided.decision.decidedAt,
  ...kindOf(decided),
})

/** What `lineOf` made a text of. */
export const lineIn = (text: string): DecisionLine => JSON.parse(text) as DecisionLine

export function kindOf({ question, decision }: Decided): DecidedKind {
  const actor = decision.chain.at(-1)
  return {
    principalId: actor?.principalId ?? '',
    action: recordedName(question.action.name),
    resource: recordedName(resourceName(question.resource)),
    allowed: decision.allowed,
    reason: decision.reason,
    highRisk: decision.highRisk,
    ...(actor?.grantId !== undefined && { grantId: actor.grantId }),
    ...(question.point !== undefined && { point: question.point }),
    ...(question.enforced === false && { enforced: false }),
    ...(decision.errors.length > 0 && { failed: failedIn(decision) }),
  }
}

const failedIn = ({ errors }: Decided['decision']): string[] =>
  [...new Set(errors.map(({ policyId }) => policyId.slice(0, POLICY_NAME_MAX)))].slice(0, FAILED_MAX)

// What an enforcement point is told: the decision and why, for how long, what to do beside, and what governance thinks of
// this access. Of the chain it learns the grant of who acts, and nothing of the others.
import { wordsOf } from '../decide/index.ts'
import type { Decision, Standing } from '../decide/index.ts'

export interface EvaluationAnswer {
  readonly decision: boolean
  readonly context: { readonly [key: string]: unknown; readonly reason: string }
}

/** `more` is said beside. What is undefined in it does not leave. */
export function answerOf(decisionId: string, decision: Decision, more?: object): EvaluationAnswer {
  const { allowed, reason, detail, obligations, expiresAt, level, policyVersion, chain, standing, errors } = decision
  return {
    decision: allowed,
    context: {
      reason,
      reason_text: wordsOf(reason),
      decision_id: decisionId,
      error: detail === undefined ? undefined : { status: 400, message: detail },
      level,
      obligations: obligations.map(({ policyId, name, value }) => ({ name, value, policy_id: policyId })),
      expires_at: instantOf(expiresAt),
      policy_version: policyVersion,
      policy_errors: errors.length === 0 ? undefined : errors.slice(0, ERRORS_MAX).map(toldError),
      grant_id: allowed ? chain.at(-1)?.grantId : undefined,
      standing: standing === undefined ? undefined : standingOf(standing),
      ...more,
    },
  }
}

const ERRORS_MAX = 20

/** A policy that could not be evaluated, and why; where it would have forbidden, that is the denial. */
const toldError = ({ policyId, message }: Decision['errors'][number]): object => ({ policy_id: policyId, message })

/** The denial of a batch's item that cannot be read (certification scenario, section 3.4.1). */
export const unreadableAnswer = (message: string): EvaluationAnswer => ({
  decision: false,
  context: { reason: 'invalid_request', reason_text: wordsOf('invalid_request'), error: { status: 400, message } },
})

const standingOf = ({ state, tier, owned, nextReviewAt }: Standing): object => ({
  state,
  tier,
  owned,
  next_review_at: nextReviewAt === undefined ? undefined : instantOf(nextReviewAt),
})

let [lastAt, beforeAt] = [NaN, NaN]
let [lastInstant, instantBefore] = ['', '']

/** Many answers end at the same two instants: at once where they deny, and as late as they may where they allow. */
export function instantOf(at: number): string {
  if (at === lastAt) return lastInstant
  if (at === beforeAt) return instantBefore
  ;[beforeAt, instantBefore] = [lastAt, lastInstant]
  lastAt = at
  return (lastInstant = new Date(at).toISOString())
}

// What an enforcement point is told: the decision and why, for how long, what to do beside, and what governance thinks of
// this access. Of the chain it learns the grant of who acts, and nothing of the others.
import { wordsOf } from '../decide/index.ts'
import type { Decision, Standing } from '../decide/index.ts'

export interface EvaluationAnswer {
  readonly decision: boolean
  readonly context: { readonly [key: string]: unknown; readonly reason: string }
}

export function answerOf(decisionId: string, decision: Decision): EvaluationAnswer {
  const { allowed, reason, detail, obligations, expiresAt, level, policyVersion, chain, standing } = decision
  const grantId = chain.at(-1)?.grantId
  return {
    decision: allowed,
    context: {
      reason,
      reason_text: wordsOf(reason),
      decision_id: decisionId,
      ...(detail !== undefined && { error: { status: 400, message: detail } }),
      level,
      obligations: obligations.map(({ policyId, name, value }) => ({ name, value, policy_id: policyId })),
      expires_at: new Date(expiresAt).toISOString(),
      ...(policyVersion !== undefined && { policy_version: policyVersion }),
      ...(allowed && grantId !== undefined && { grant_id: grantId }),
      ...(standing !== undefined && { standing: standingOf(standing) }),
    },
  }
}

/** The denial of a batch's item that cannot be read (certification scenario, section 3.4.1). */
export const unreadableAnswer = (message: string): EvaluationAnswer => ({
  decision: false,
  context: { reason: 'invalid_request', reason_text: wordsOf('invalid_request'), error: { status: 400, message } },
})

const standingOf = ({ state, tier, owned, nextReviewAt }: Standing): object => ({
  state,
  tier,
  owned,
  ...(nextReviewAt !== undefined && { next_review_at: new Date(nextReviewAt).toISOString() }),
})

// A question as AuthZEN has it, answered with every step of the decision. Asked by persons who look into it: nothing hangs on
// it, so it is no decision that is recorded.
import { explain } from '../decide/index.ts'
import type { DecisionState } from '../decide/index.ts'
import { answerOf } from './answer.ts'
import { readBody } from './read-body.ts'
import { questionOf } from './read-question.ts'

/** `now`: milliseconds since 1970. Throws Fault('invalid') that names the field. */
export function explainQuestion(state: DecisionState, body: object, now: number): object {
  // read as an evaluation is, so that both mean the same
  const { decision, steps } = explain(state, questionOf(readBody(JSON.stringify(body))), now)
  const { decision: allowed, context } = answerOf('', decision)
  const { decision_id: _none, ...told } = context
  return { decision: allowed, context: told, chain: decision.chain, steps }
}

// Answers that let somebody do the same as a moment ago: only their ids and their ends differ, so the rest of the text is made once.
import type { Decision } from '../decide/index.ts'
import { answerOf, instantOf } from './answer.ts'

/** An answer as it leaves. */
export class AnswerText {
  readonly text: string
  /** In UTF-8; to count them in the text costs more than to put it together. */
  readonly byteLength: number

  constructor(text: string, byteLength: number) {
    this.text = text
    this.byteLength = byteLength
  }

  static of(answer: object): AnswerText {
    const text = JSON.stringify(answer)
    return new AnswerText(text, Buffer.byteLength(text))
  }
}

interface Known extends Pick<Decision, 'reason' | 'level' | 'policyVersion' | 'standing'> {
  /** Up to the id, between it and the end, and after that. */
  readonly parts: readonly [string, string, string]
  /** Of the parts. */
  readonly bytes: number
}

const GRANTS_MAX = 10_000
const ID = 'the id of the decision'
const END = 'the end of the answer'

export class AnswersLately {
  readonly #byGrant = new Map<string, Known>()

  /** What `answerOf` says, as JSON; `undefined` for what is not kept: denials, obligations, policies that failed. */
  textOf(decisionId: string, decision: Decision): AnswerText | undefined {
    const grantId = decision.chain.at(-1)?.grantId
    if (!decision.allowed || grantId === undefined || decision.obligations.length + decision.errors.length > 0)
      return undefined
    const before = this.#byGrant.get(grantId)
    const known = before !== undefined && isSame(before, decision) ? before : this.#make(grantId, decision)
    if (known === undefined) return undefined
    const [start, middle, end] = known.parts
    const until = instantOf(decision.expiresAt)
    const length = known.bytes + decisionId.length + until.length
    return new AnswerText(start + decisionId + middle + until + end, length)
  }

  #make(grantId: string, decision: Decision): Known | undefined {
    const answer = answerOf(ID, decision)
    const text = JSON.stringify({ ...answer, context: { ...answer.context, expires_at: END } })
    const [start = '', rest = '', ...more] = text.split(ID)
    const [middle = '', end, ...evenMore] = rest.split(END)
    // a name that holds either word is written each time
    if (end === undefined || more.length + evenMore.length > 0) return undefined
    const { reason, level, policyVersion, standing } = decision
    const known: Known = {
      reason,
      level,
      parts: [start, middle, end],
      bytes: Buffer.byteLength(start + middle + end),
      ...(policyVersion !== undefined && { policyVersion }),
      ...(standing !== undefined && { standing }),
    }
    if (this.#byGrant.size >= GRANTS_MAX) this.#byGrant.clear()
    this.#byGrant.set(grantId, known)
    return known
  }
}

/** Of the same grant: whether all but the id and the end would be said the same. */
function isSame({ reason, level, policyVersion, standing }: Known, decision: Decision): boolean {
  const { standing: now } = decision
  return (
    reason === decision.reason &&
    level === decision.level &&
    policyVersion === decision.policyVersion &&
    decision.detail === undefined &&
    standing?.state === now?.state &&
    standing?.tier === now?.tier &&
    standing?.owned === now?.owned &&
    standing?.nextReviewAt === now?.nextReviewAt
  )
}

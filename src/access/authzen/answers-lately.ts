// Answers that say the same as a moment ago: only their ids and their ends differ, so the rest of the text is made once.
import type { Decision } from '../decide/index.ts'
import { answerOf, instantOf } from './answer.ts'

/** An answer as it leaves, in pieces: of fifty answers one text is made, and joined at once they cost a third. */
export class AnswerText {
  readonly pieces: readonly string[]
  /** In UTF-8; to count them in the text costs more than to put it together. */
  readonly byteLength: number

  constructor(pieces: readonly string[], byteLength: number) {
    this.pieces = pieces
    this.byteLength = byteLength
  }

  static of(answer: object): AnswerText {
    const text = JSON.stringify(answer)
    return new AnswerText([text], Buffer.byteLength(text))
  }

  get text(): string {
    let text = ''
    for (const piece of this.pieces) text += piece
    return text
  }
}

interface Known extends Pick<Decision, 'allowed' | 'reason' | 'level' | 'policyVersion' | 'standing'> {
  /** Of a denial: what was said beside. */
  readonly more: object | undefined
  /** Up to the id, between it and the end, and after that. */
  readonly parts: readonly [string, string, string]
  /** Of the parts. */
  readonly bytes: number
}

const KEPT_MAX = 10_000
const ID = 'the id of the decision'
const END = 'the end of the answer'

export class AnswersLately {
  /** By grant where it allows, by principal where it denies. */
  readonly #lately = new Map<string, Known>()

  /** What `answerOf` says, as JSON; `undefined` for what is not kept: obligations, policies that failed, details. */
  textOf(decisionId: string, decision: Decision, more?: object): AnswerText | undefined {
    const { allowed, chain, obligations, errors, detail, expiresAt } = decision
    const actor = chain.at(-1)
    const key = allowed ? actor?.grantId : actor?.principalId
    if (key === undefined || obligations.length + errors.length > 0 || detail !== undefined) return undefined
    // what an approval says is said anew each time
    if (allowed && more !== undefined) return undefined
    const before = this.#lately.get(key)
    const known = before !== undefined && isSame(before, decision, more) ? before : this.#make(key, decision, more)
    if (known === undefined) return undefined
    const [start, middle, end] = known.parts
    const until = instantOf(expiresAt)
    const length = known.bytes + decisionId.length + until.length
    return new AnswerText([start, decisionId, middle, until, end], length)
  }

  #make(key: string, decision: Decision, more: object | undefined): Known | undefined {
    const answer = answerOf(ID, decision, more)
    const text = JSON.stringify({ ...answer, context: { ...answer.context, expires_at: END } })
    const [start = '', rest = '', ...others] = text.split(ID)
    const [middle = '', end, ...evenMore] = rest.split(END)
    // a name that holds either word is written each time
    if (end === undefined || others.length + evenMore.length > 0) return undefined
    const { allowed, reason, level, policyVersion, standing } = decision
    const known: Known = {
      allowed,
      reason,
      level,
      more,
      parts: [start, middle, end],
      bytes: Buffer.byteLength(start + middle + end),
      ...(policyVersion !== undefined && { policyVersion }),
      ...(standing !== undefined && { standing }),
    }
    if (this.#lately.size >= KEPT_MAX) this.#lately.clear()
    this.#lately.set(key, known)
    return known
  }
}

/** Under the same key: whether all but the id and the end would be said the same. */
function isSame(known: Known, decision: Decision, more: object | undefined): boolean {
  const { allowed, reason, level, policyVersion, standing } = known
  const { standing: now } = decision
  return (
    allowed === decision.allowed &&
    known.more === more &&
    reason === decision.reason &&
    level === decision.level &&
    policyVersion === decision.policyVersion &&
    standing?.state === now?.state &&
    standing?.tier === now?.tier &&
    standing?.owned === now?.owned &&
    standing?.nextReviewAt === now?.nextReviewAt
  )
}

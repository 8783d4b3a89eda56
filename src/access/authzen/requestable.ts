// Which denials may be followed by a request for the right, and how a denial says so (AuthZEN Access Request and Approval
// Profile 1.0, draft 1, "Requestable Denial"). A denial stays one.
import type { Json } from '#kernel'
import type { Denial, Reading } from '../decide/index.ts'
import { resourceName } from '../decide/index.ts'
import type { DecisionState } from '../decide/index.ts'
import { judgeRequest } from '../request/judge-request.ts'
import type { DenialBinding } from './denial-binding.ts'
import type { Decided } from './evaluate.ts'

/** What an answer says beside its reason. */
interface AnswerHint {
  readonly evaluation_id?: string
  readonly evaluated_at?: string
  readonly access_request?: { readonly expires_at: string; readonly binding_token: string }
  /** What to do about an approval that did not help. */
  readonly next_action?: 'request' | 'retry' | 'none'
  readonly retry_after?: number
  /** Of an allowed one: the approval that it rests on. */
  readonly approval?: { readonly id: string; readonly approved_until: string }
}

export type Hinting = (decided: Decided) => AnswerHint | undefined

/** What a grant would change. */
const REQUESTABLE: ReadonlySet<string> = new Set<Denial>(['nothing_permits', 'grant_ended', 'grant_expired'])
/** What passes by itself. */
const PASSING: ReadonlySet<string> = new Set<Denial>([
  'grant_not_begun',
  'stale',
  'policy_unavailable',
  'evidence_unavailable',
])
const LASTS_MS = 10 * 60_000
const RETRY_SECONDS = 5
const LATELY_MS = 1000
/** The texts are the word of who asks: what is kept of them is bounded. */
const LATELY_MAX = 1000
const LATELY_LETTERS_MAX = 1000

/** What is judged is whether it may be asked for as a right for a time; of a chain, each member asks for itself. */
export function hinting(state: () => DecisionState, binding: DenialBinding): Hinting {
  const lately = new HintsLately()
  return ({ id, question, decision }) => {
    const presented = question.context?.['approval']
    if (decision.allowed) return presented === undefined ? undefined : approvalHint(presented, decision)
    const requestable = requestableHint(state(), { binding, lately }, { id, question, decision })
    if (presented === undefined) return requestable
    if (requestable !== undefined) return { ...requestable, next_action: 'request' }
    return PASSING.has(decision.reason) ? { next_action: 'retry', retry_after: RETRY_SECONDS } : { next_action: 'none' }
  }
}

/** An approval is a grant, which is found by itself; what was presented is named again where it is that one. */
function approvalHint(presented: Json, { chain, endsAt }: Decided['decision']): AnswerHint | undefined {
  const grantId = chain.at(-1)?.grantId
  const said = typeof presented === 'object' && presented !== null && 'id' in presented ? presented.id : undefined
  if (grantId === undefined || said !== grantId || !Number.isFinite(endsAt)) return undefined
  return { approval: { id: grantId, approved_until: new Date(endsAt).toISOString() } }
}

interface Hinted {
  /** Who was denied: while news is read a name may come to mean somebody else, before the position says so. */
  readonly principalId: string
  readonly hint: AnswerHint | undefined
}

/**
 * Whoever is denied asks again and again: the same denial within a second is hinted at as the first one was, with its id, as long
 * as nothing new is known. To judge and sign each anew costs several decisions.
 */
class HintsLately {
  readonly #hints = new Map<string | Reading, Hinted>()
  #position = ''
  #policies: DecisionState['policies']
  #since = -Infinity

  of(
    { position, policies }: DecisionState,
    at: number,
    { denied, principalId }: { readonly denied: string | Reading; readonly principalId: string },
    make: () => AnswerHint | undefined,
  ): AnswerHint | undefined {
    const isOver = at < this.#since || at - this.#since >= LATELY_MS || this.#hints.size >= LATELY_MAX
    if (isOver || position !== this.#position || policies !== this.#policies) {
      this.#hints.clear()
      this.#since = at
      this.#position = position
      this.#policies = policies
    }
    const known = this.#hints.get(denied)
    if (known?.principalId === principalId) return known.hint
    const hint = make()
    if (typeof denied !== 'string' || denied.length <= LATELY_LETTERS_MAX)
      this.#hints.set(denied, { principalId, hint })
    return hint
  }
}

interface Hints {
  readonly binding: DenialBinding
  readonly lately: HintsLately
}

function requestableHint(
  state: DecisionState,
  { binding, lately }: Hints,
  { id, question, decision }: Decided,
): AnswerHint | undefined {
  const { reason, chain, decidedAt } = decision
  const principalId = chain[0]?.principalId
  if (!REQUESTABLE.has(reason) || chain.length !== 1 || principalId === undefined) return undefined
  const { subject, action, resource } = question
  // one that is kept to be asked again is known by that
  const denied = question.reading ?? JSON.stringify([subject, action, resource])
  return lately.of(state, decidedAt, { denied, principalId }, () =>
    hintAt(state, binding, { id, question, decision }, principalId),
  )
}

function hintAt(
  state: DecisionState,
  binding: DenialBinding,
  { id, question, decision: { decidedAt } }: Decided,
  principalId: string,
): AnswerHint | undefined {
  const right = {
    principalId,
    kind: 'just_in_time',
    actions: [question.action.name],
    resources: [resourceName(question.resource)],
  } as const
  if (judgeRequest(state, right, decidedAt)?.allowed !== true) return undefined
  const expiresAt = decidedAt + LASTS_MS
  const token = binding.sign({ evaluationId: id, denied: question, at: decidedAt, expiresAt })
  if (token === undefined) return undefined
  return {
    evaluation_id: id,
    evaluated_at: new Date(decidedAt).toISOString(),
    access_request: { expires_at: new Date(expiresAt).toISOString(), binding_token: token },
  }
}

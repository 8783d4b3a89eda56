// What a token may be issued for, asked over HTTP by whoever issues it: in the words of an evaluation, with scopes in place of the
// action. Each scope is a decision like any other, and recorded as one.
import { newId } from '#kernel'
import { decide, ISSUE_SCOPES_MAX, issuedOf, issueQuestions, NOT_NAMED, wordsOf } from '../decide/index.ts'
import type { Question } from '../decide/index.ts'
import { unwritten } from './evaluate.ts'
import type { DecisionPoint } from './evaluate.ts'
import { refuse } from './read-body.ts'
import type { JsonObject } from './read-body.ts'
import { contextIn, partyIn } from './read-question.ts'

const SCOPE_LETTERS_MAX = 500

export interface IssueAnswer {
  readonly scopes: readonly string[]
  readonly denied: readonly { readonly scope: string; readonly reason: string; readonly reason_text: string }[]
  /** Absent where nothing may be issued. */
  readonly expires_at?: string
}

/** Throws Fault('invalid') that names the field. What could not be written down, where it must be, is not issued. */
export async function authorizeIssueOf(point: DecisionPoint, body: JsonObject): Promise<IssueAnswer> {
  const of = { subject: partyIn(body, 'subject'), resource: partyIn(body, 'resource'), ...contextIn(body) }
  // SECURITY: what only observes waits for no entry; a token is issued, or it is not
  if (of.enforced === false) return refuse('context.reeve.enforced', 'a token that is issued is always enforced')
  const [scopes, ttlSeconds] = [scopesIn(body), ttlIn(body)]
  const now = point.now()
  const judged = await Promise.all(
    issueQuestions(of, scopes).map(async ({ scope, question }) => ({
      scope,
      outcome: question === undefined ? NOT_NAMED : await recorded(point, question, now),
    })),
  )
  const issued = issuedOf(judged, ttlSeconds, now)
  return {
    scopes: issued.scopes,
    denied: issued.denied.map(({ scope, reason }) => ({ scope, reason, reason_text: wordsOf(reason) })),
    ...(issued.scopes.length > 0 && { expires_at: new Date(issued.expiresAt).toISOString() }),
  }
}

async function recorded({ state, onDecided }: DecisionPoint, question: Question, now: number) {
  const decision = decide(state(), question, now)
  const wasWritten = (await onDecided?.({ id: newId('decision'), question, decision })) ?? true
  return wasWritten ? decision : unwritten(decision)
}

function scopesIn({ scopes }: JsonObject): readonly string[] {
  if (!Array.isArray(scopes) || scopes.length === 0) return refuse('scopes', 'a list of actions is needed')
  if (scopes.length > ISSUE_SCOPES_MAX) return refuse('scopes', `at most ${ISSUE_SCOPES_MAX} at once`)
  return (scopes as readonly unknown[]).map((scope, at) => {
    if (typeof scope !== 'string' || scope === '') return refuse(`scopes[${at}]`, 'a text is needed')
    if (scope.length > SCOPE_LETTERS_MAX)
      return refuse(`scopes[${at}]`, `at most ${SCOPE_LETTERS_MAX} letters are read`)
    return scope.isWellFormed() ? scope : refuse(`scopes[${at}]`, 'it holds half of a surrogate pair')
  })
}

function ttlIn({ ttl_seconds: ttl }: JsonObject): number {
  return typeof ttl === 'number' && Number.isInteger(ttl) && ttl > 0
    ? ttl
    : refuse('ttl_seconds', 'a whole number of seconds is needed, 1 or more')
}

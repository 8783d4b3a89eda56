// What a token may be issued for: of the scopes that are asked for, those that every member of the chain may use now. Pure.
import { decide } from './decide.ts'
import type { Decision } from './decision.ts'
import type { DecisionState } from './decision-state.ts'
import type { Party, Question } from './question.ts'
import type { Reason } from './reason.ts'

export interface IssueAsked {
  readonly subject: Party
  /** Who acts for the subject, where it is not the subject itself. */
  readonly actor?: Party
  readonly resource: Party
  /** Actions, by name. SECURITY: a pattern is never issued: what a policy forbids by name would slip through it. */
  readonly scopes: readonly string[]
  readonly ttlSeconds: number
}

export interface IssueAuthorized {
  /** Of those asked for, in their order; empty where nothing may be issued. */
  readonly scopes: readonly string[]
  readonly denied: readonly { readonly scope: string; readonly reason: Reason }[]
  /** Milliseconds since 1970: the first end of anything that it rests on, at most `ttlSeconds` from now. */
  readonly expiresAt: number
}

/** One scope. What is no name has no question, and so no decision. */
export interface ScopeJudged {
  readonly scope: string
  readonly outcome: Pick<Decision, 'allowed' | 'reason' | 'endsAt'>
}

const TTL_SECONDS_MAX = 3600
export const ISSUE_SCOPES_MAX = 100

/**
 * A subset, never wider: in scopes, on the one resource, in time. What is ended afterwards still has to be denied at use; a
 * token is no longer than an hour, so that what only the clock changes (business hours) is not outlived by much.
 */
export function authorizeIssue(state: DecisionState, asked: IssueAsked, now: number): IssueAuthorized {
  const { subject, actor, resource, ttlSeconds } = asked
  const of = { subject, resource, ...(actor !== undefined && { actors: [actor] }) }
  const judged = issueQuestions(of, asked.scopes.slice(0, ISSUE_SCOPES_MAX)).map(({ scope, question }) => ({
    scope,
    outcome: question === undefined ? NOT_NAMED : decide(state, question, now),
  }))
  return issuedOf(judged, ttlSeconds, now)
}

/** A question for each scope, once; none where the scope or the resource is no name. */
export function issueQuestions(
  of: Omit<Question, 'action'>,
  scopes: readonly string[],
): { readonly scope: string; readonly question?: Question }[] {
  const isName = (text: string): boolean => text !== '' && !text.includes('*')
  return [...new Set(scopes)].map((scope) =>
    isName(scope) && isName(of.resource.id) ? { scope, question: { ...of, action: { name: scope } } } : { scope },
  )
}

export function issuedOf(judged: readonly ScopeJudged[], ttlSeconds: number, now: number): IssueAuthorized {
  const allowed = judged.filter(({ outcome }) => outcome.allowed)
  const longest = now + Math.min(Math.max(0, ttlSeconds), TTL_SECONDS_MAX) * 1000
  return {
    scopes: allowed.map(({ scope }) => scope),
    denied: judged.flatMap(({ scope, outcome }) => (outcome.allowed ? [] : [{ scope, reason: outcome.reason }])),
    expiresAt: allowed.length === 0 ? now : Math.min(longest, ...allowed.map(({ outcome }) => outcome.endsAt)),
  }
}

export const NOT_NAMED = { allowed: false, reason: 'invalid_request', endsAt: 0 } as const

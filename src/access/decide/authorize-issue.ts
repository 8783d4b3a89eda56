// What a token may be issued for: of the scopes that are asked for, those that every member of the chain may use now. Pure.
import { decide } from './decide.ts'
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

const TTL_SECONDS_MAX = 3600
const SCOPES_MAX = 100

/**
 * A subset, never wider: in scopes, on the one resource, in time. What is ended afterwards still has to be denied at use; a
 * token is no longer than an hour, so that what only the clock changes (business hours) is not outlived by much.
 */
export function authorizeIssue(state: DecisionState, asked: IssueAsked, now: number): IssueAuthorized {
  const { subject, actor, resource, ttlSeconds } = asked
  const scopes: string[] = []
  const denied: { scope: string; reason: Reason }[] = []
  let expiresAt = now + Math.min(Math.max(0, ttlSeconds), TTL_SECONDS_MAX) * 1000
  for (const scope of new Set(asked.scopes.slice(0, SCOPES_MAX))) {
    const question: Question = {
      subject,
      resource,
      action: { name: scope },
      ...(actor !== undefined && { actors: [actor] }),
    }
    const named = !scope.includes('*') && !resource.id.includes('*') && scope !== ''
    const { allowed, reason, endsAt } = named ? decide(state, question, now) : NOT_NAMED
    if (!allowed) denied.push({ scope, reason })
    else {
      scopes.push(scope)
      expiresAt = Math.min(expiresAt, endsAt)
    }
  }
  return { scopes, denied, expiresAt: scopes.length === 0 ? now : expiresAt }
}

const NOT_NAMED = { allowed: false, reason: 'invalid_request', endsAt: 0 } as const

// The pipeline of a decision as a table: a row per step, each a small function that denies or lets pass. The clock and all
// facts are arguments; nothing here reads or writes anything else.
import { Fault } from '#kernel'
import type { PolicyDecision } from '../policy/index.ts'
import type { DecisionState } from './decision-state.ts'
import type { FoundGrant } from './grant-index.ts'
import type { PrincipalFacts } from './principal-facts.ts'
import type { Party, Question } from './question.ts'
import type { Allowance, Denial } from './reason.ts'
import { Reading } from './reading.ts'
import { contextFor, NOTHING_STATED } from './request-context.ts'
import type { StatedContext } from './request-context.ts'
import { statesAnything } from './stated-types.ts'

/** One member of the chain while it is judged. */
export interface Member {
  readonly asked: Party
  principal: PrincipalFacts | undefined
  /** The last of the chain: it holds the credential. */
  acts: boolean
  grant: FoundGrant
  granted: boolean
  policies: PolicyDecision | undefined
  allowance: Allowance | undefined
}

export interface Work {
  readonly state: DecisionState
  readonly question: Question
  readonly now: number
  readonly reading: Reading
  readonly members: readonly Member[]
  stated: StatedContext
  detail: string | undefined
}

export type Step = (work: Work) => Denial | undefined
export type MemberStep = (work: Work, member: Member) => Denial | undefined

/** Once for the whole chain. */
export const CHAIN_STEPS: readonly (readonly [name: string, step: Step])[] = [
  ['is what is known here fresh', isFresh],
  ['read the request', readRequest],
  ['resolve who is meant', resolveAll],
  ['does the chain hold', chainHolds],
]

/** For each member; delegation is intersection, so each must pass all of them. */
export const MEMBER_STEPS: readonly (readonly [name: string, step: MemberStep])[] = [
  ['may the identity be trusted', identityGate],
  ['may the credential be trusted', credentialGate],
  ['which grants cover it', candidateGrants],
  ['what do policies say', askPolicies],
]

export function workOf(state: DecisionState, question: Question, now: number): Work {
  const { subject, actors = NOBODY, reading = new Reading(question) } = question
  const members = [memberOf(subject, actors.length === 0)]
  for (let place = 0; place < actors.length; place++) {
    const actor = actors[place]
    if (actor !== undefined) members.push(memberOf(actor, place === actors.length - 1))
  }
  return { state, question, now, reading, members, stated: NOTHING_STATED, detail: undefined }
}

const NOBODY: readonly never[] = []

const memberOf = (asked: Party, acts: boolean): Member => ({
  asked,
  principal: undefined,
  acts,
  grant: { id: '', kind: 'standing', until: -Infinity, outside: undefined },
  granted: false,
  policies: undefined,
  allowance: undefined,
})

function isFresh({ state, now }: Work): Denial | undefined {
  return state.isStale(now) ? 'stale' : undefined
}

function readRequest(work: Work): Denial | undefined {
  if (work.reading.isAmbiguous) {
    work.detail = '`resource.id`: a name without `.`, `..`, empty or encoded segments is needed'
    return 'invalid_request'
  }
  const types = work.state.policies?.stated
  if (types !== undefined && statesAnything(work.question)) {
    if (types === 'unread') return 'policy_unavailable'
    const wrong = types.mismatch(work.question)
    if (wrong !== undefined) {
      work.detail = wrong
      return 'invalid_request'
    }
  }
  try {
    work.stated = work.reading.stated
    return undefined
  } catch (error) {
    return unreadable(work, error)
  }
}

function resolveAll({ state, members }: Work): Denial | undefined {
  for (const member of members) {
    const found = state.resolve(member.asked)
    if (found === 'unknown') return 'unknown_principal'
    if (found === 'ambiguous') return 'ambiguous_principal'
    member.principal = found
  }
  return undefined
}

function chainHolds({ state, question, now, members }: Work): Denial | undefined {
  if (members.length > state.limits.chainMax) return 'chain_too_deep'
  if (members.length > 1 && new Set(members.map(({ principal }) => principal?.id)).size !== members.length) {
    return 'chain_repeats'
  }
  return question.delegatedUntil !== undefined && question.delegatedUntil <= now ? 'chain_expired' : undefined
}

function identityGate({ state, now }: Work, { principal }: Member): Denial | undefined {
  return identityDenial(state, principal, now)
}

/** Whether an identity may be trusted with anything; what it is asked for does not matter. */
export function identityDenial(
  state: DecisionState,
  principal: PrincipalFacts | undefined,
  now: number,
): Denial | undefined {
  if (principal === undefined) return 'unknown_principal'
  const { id, personId } = principal
  if (state.isEnded(id) || (personId !== undefined && state.isEnded(personId))) return 'principal_denied'
  if (principal.state === 'quarantined' || principal.state === 'retired') return principal.state
  if (principal.state !== 'active') return 'not_registered'
  if (principal.gone) return 'gone'
  return principal.expiresAt !== undefined && principal.expiresAt <= now ? 'expired' : undefined
}

function credentialGate({ state, question, now }: Work, { acts, principal }: Member): Denial | undefined {
  if (!acts) return undefined
  const { sessionId, credentialId } = question
  if (sessionId !== undefined && state.isEnded(sessionId)) return 'session_ended'
  if (credentialId === undefined) return undefined
  if (state.isEnded(credentialId)) return 'credential_revoked'
  const credential = state.credential(credentialId)
  if (credential === undefined) return 'credential_unknown'
  if (credential.principalId !== principal?.id) return 'credential_foreign'
  if (credential.state !== 'live') return 'credential_revoked'
  return credential.expiresAt !== undefined && credential.expiresAt <= now ? 'credential_expired' : undefined
}

function candidateGrants({ state, question, reading, now }: Work, member: Member): Denial | undefined {
  const { resource } = reading
  member.granted = state.grants.find(member.principal?.id ?? '', question.action.name, resource, now, member.grant)
  return undefined
}

function askPolicies(work: Work, member: Member): Denial | undefined {
  const { state, question, now, reading, members, stated } = work
  if (state.policies === undefined) return state.policiesRefused === undefined ? 'policy_unavailable' : 'policy_refused'
  const known = {
    now,
    level: reading.level,
    members: members.length,
    granted: member.granted ? member.grant.kind : 'no',
  } as const
  try {
    member.policies = state.policies.set.evaluate({
      principal: { type: 'Principal', id: member.principal?.id ?? '' },
      action: { type: 'Action', id: question.action.name },
      resource: { type: 'Resource', id: reading.resource },
      context: contextFor(stated, known, state.entities.resolve),
    })
  } catch (error) {
    return unreadable(work, error)
  }
  const { decision, reasons, forbidFailed } = member.policies
  if (decision === 'deny' && reasons.length > 0) return 'policy_forbids'
  // SECURITY: Cedar skips it; who states something that it cannot be evaluated over would be rid of it
  if (forbidFailed) return 'policy_error'
  if (member.granted) member.allowance = member.grant.kind === 'break_glass' ? 'break_glass' : 'granted'
  else if (decision === 'allow') member.allowance = 'policy_permits'
  else return member.grant.outside ?? 'nothing_permits'
  return undefined
}

function unreadable(work: Work, error: unknown): Denial {
  if (!(error instanceof Fault)) throw error
  work.detail = error.detail
  return 'invalid_request'
}

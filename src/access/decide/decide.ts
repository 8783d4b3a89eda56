// The decision: pure, synchronous, from resident facts. Denials are answers; a throw is a bug.
import type { Decision, MemberOutcome, Obligation, Standing } from './decision.ts'
import type { DecisionState } from './decision-state.ts'
import type { PrincipalFacts } from './principal-facts.ts'
import type { Question } from './question.ts'
import type { Reason } from './reason.ts'
import { CHAIN_STEPS, MEMBER_STEPS, workOf } from './steps.ts'
import type { Member, Work } from './steps.ts'

/** Taken out of their rows once: this is the hottest path that there is. */
const CHAIN = CHAIN_STEPS.map(([, step]) => step)
const MEMBER = MEMBER_STEPS.map(([, step]) => step)

/** `now`: milliseconds since 1970. */
export function decide(state: DecisionState, question: Question, now: number): Decision {
  const work = workOf(state, question, now)
  for (const step of CHAIN) {
    const denial = step(work)
    if (denial !== undefined) return conclude(work, denial, undefined)
  }
  for (const member of work.members) {
    for (const step of MEMBER) {
      const denial = step(work, member)
      if (denial !== undefined) return conclude(work, denial, member)
    }
  }
  return conclude(work, undefined, undefined)
}

function conclude(work: Work, denial: Reason | undefined, at: Member | undefined): Decision {
  const { state, now, members } = work
  const { level } = work.reading
  const actor = members.at(-1)
  const allowed = denial === undefined
  const reason = denial ?? actor?.allowance ?? 'nothing_permits'
  const { policies } = state
  const standing = actor?.principal
  const endsAt = allowed ? untilWhen(work) : now
  const decision: Writable<Decision> = {
    allowed,
    reason,
    chain: members.map((member) => outcomeOf(member, member === at ? reason : (member.allowance ?? reason))),
    level,
    highRisk: level === 'admin' || members.some((member) => isHighRisk(member, policies)),
    obligations: allowed ? obligationsOf(work) : NONE,
    errors: members.length === 1 ? (members[0]?.policies?.errors ?? NONE) : members.flatMap(errorsOf),
    decidedAt: now,
    expiresAt: Math.min(endsAt, now + state.limits.answerMaxMs),
    endsAt,
    position: state.position,
  }
  if (work.detail !== undefined) decision.detail = work.detail
  if (policies !== undefined) decision.policyVersion = policies.versionId
  if (standing !== undefined) decision.standing = standingOf(standing)
  return decision
}

/** An emergency, or what a policy that determined it marks, whatever the mark says: of two readings the stricter one. */
function isHighRisk({ grant, granted, policies }: Member, inForce: DecisionState['policies']): boolean {
  if (granted && grant.kind === 'break_glass') return true
  if (policies === undefined || policies.reasons.length === 0) return false
  return policies.reasons.some((id) => inForce?.annotations.get(id)?.['risk'] !== undefined)
}

/** Assigned to, not spread. */
type Writable<T> = { -readonly [K in keyof T]: T[K] }

const NONE: readonly never[] = []

const errorsOf = ({ policies }: Member): Decision['errors'] => policies?.errors ?? NONE

function standingOf({ state, tier, owned, nextReviewAt }: PrincipalFacts): Standing {
  const standing: Writable<Standing> = { state, tier, owned }
  if (nextReviewAt !== undefined) standing.nextReviewAt = nextReviewAt
  return standing
}

function outcomeOf({ asked, principal, granted, grant, policies }: Member, reason: Reason): MemberOutcome {
  const outcome: Writable<MemberOutcome> = {
    asked: { type: asked.type, id: asked.id },
    reason,
    policyIds: policies?.reasons ?? NONE,
  }
  if (principal !== undefined) outcome.principalId = principal.id
  if (granted) {
    outcome.grantId = grant.id
    outcome.grantKind = grant.kind
  }
  return outcome
}

/** The annotations of the policies that determined it, but for their names. */
function obligationsOf({ state, members }: Work): readonly Obligation[] {
  if (members.every(({ policies }) => (policies?.reasons.length ?? 0) === 0)) return NONE
  return members.flatMap((member) =>
    (member.policies?.reasons ?? []).flatMap((policyId) =>
      Object.entries(state.policies?.annotations.get(policyId) ?? {})
        .filter(([name]) => name.startsWith('obligation_'))
        .map(([name, value]) => ({ policyId, name: name.slice('obligation_'.length), value })),
    ),
  )
}

/** The first end of anything that the answer rests on. */
function untilWhen({ state, question, members }: Work): number {
  let until = Infinity
  if (question.delegatedUntil !== undefined) until = Math.min(until, question.delegatedUntil)
  for (const { principal, granted, grant } of members) {
    if (principal?.expiresAt !== undefined) until = Math.min(until, principal.expiresAt)
    if (granted) until = Math.min(until, grant.until)
  }
  const expiry = question.credentialId === undefined ? undefined : state.credential(question.credentialId)?.expiresAt
  return expiry === undefined ? until : Math.min(until, expiry)
}

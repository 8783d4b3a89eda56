// The decision: pure, synchronous, from resident facts. Denials are answers; a throw is a bug.
import type { Decision, MemberOutcome, Obligation } from './decision.ts'
import type { DecisionState } from './decision-state.ts'
import type { Question } from './question.ts'
import type { Reason } from './reason.ts'
import { CHAIN_STEPS, MEMBER_STEPS, workOf } from './steps.ts'
import type { Member, Work } from './steps.ts'

/** `now`: milliseconds since 1970. */
export function decide(state: DecisionState, question: Question, now: number): Decision {
  const work = workOf(state, question, now)
  for (const [, step] of CHAIN_STEPS) {
    const denial = step(work)
    if (denial !== undefined) return conclude(work, denial, undefined)
  }
  for (const member of work.members) {
    for (const [, step] of MEMBER_STEPS) {
      const denial = step(work, member)
      if (denial !== undefined) return conclude(work, denial, member)
    }
  }
  return conclude(work, undefined, undefined)
}

function conclude(work: Work, denial: Reason | undefined, at: Member | undefined): Decision {
  const { state, now, level, members } = work
  const actor = members.at(-1)
  const allowed = denial === undefined
  const reason = denial ?? actor?.allowance ?? 'nothing_permits'
  const { policies } = state
  const standing = actor?.principal
  return {
    allowed,
    reason,
    ...(work.detail !== undefined && { detail: work.detail }),
    chain: members.map((member) => outcomeOf(member, member === at ? reason : (member.allowance ?? reason))),
    level,
    highRisk: level === 'admin' || members.some(({ grant, granted }) => granted && grant.kind === 'break_glass'),
    obligations: allowed ? obligationsOf(work) : [],
    errors: members.flatMap((member) => member.policies?.errors ?? []),
    decidedAt: now,
    expiresAt: allowed ? untilWhen(work) : now,
    ...(policies !== undefined && { policyVersion: policies.versionId }),
    position: state.position,
    ...(standing !== undefined && {
      standing: {
        state: standing.state,
        tier: standing.tier,
        owned: standing.owned,
        ...(standing.nextReviewAt !== undefined && { nextReviewAt: standing.nextReviewAt }),
      },
    }),
  }
}

function outcomeOf({ asked, principal, granted, grant, policies }: Member, reason: Reason): MemberOutcome {
  return {
    asked: { type: asked.type, id: asked.id },
    ...(principal !== undefined && { principalId: principal.id }),
    reason,
    ...(granted && { grantId: grant.id, grantKind: grant.kind }),
    policyIds: policies?.reasons ?? [],
  }
}

/** The annotations of the policies that determined it, but for their names. */
function obligationsOf({ state, members }: Work): Obligation[] {
  return members.flatMap((member) =>
    (member.policies?.reasons ?? []).flatMap((policyId) =>
      Object.entries(state.policies?.annotations.get(policyId) ?? {})
        .filter(([name]) => name.startsWith('obligation_'))
        .map(([name, value]) => ({ policyId, name: name.slice('obligation_'.length), value })),
    ),
  )
}

/** The first end of anything that the answer rests on. */
function untilWhen({ state, question, now, members }: Work): number {
  let until = now + state.limits.answerMaxMs
  if (question.delegatedUntil !== undefined) until = Math.min(until, question.delegatedUntil)
  for (const { principal, granted, grant } of members) {
    if (principal?.expiresAt !== undefined) until = Math.min(until, principal.expiresAt)
    if (granted) until = Math.min(until, grant.until)
  }
  const expiry = question.credentialId === undefined ? undefined : state.credential(question.credentialId)?.expiresAt
  return expiry === undefined ? until : Math.min(until, expiry)
}

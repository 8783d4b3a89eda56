// Why a decision comes out as it does: the same steps as the decision takes, each with what it saw. For those who may know
// all of it; whoever merely enforces is told the reason.
import { decide } from './decide.ts'
import type { Decision } from './decision.ts'
import type { DecisionState } from './decision-state.ts'
import type { GrantRow } from './grant-index.ts'
import type { Question } from './question.ts'
import type { Denial } from './reason.ts'
import { covers } from './resource-name.ts'
import { CHAIN_STEPS, MEMBER_STEPS, workOf } from './steps.ts'
import type { Member, Work } from './steps.ts'

type Seen = Readonly<Record<string, unknown>>

interface ExplainedStep {
  /** A question, as the table of steps has it. */
  readonly step: string
  /** Whose turn it was: the place in the chain, 0 is the subject. Absent for what is asked once. */
  readonly member?: number
  /** Absent where it let pass. */
  readonly denied?: Denial
  readonly saw: Seen
}

export interface Explanation {
  readonly decision: Decision
  /** Up to the one that denied. */
  readonly steps: readonly ExplainedStep[]
}

/** A principal may have more grants than anybody reads; those that come nearest stand first. */
const GRANTS_MAX = 100

/** `now`: milliseconds since 1970. The decision is the one that `decide` makes. */
export function explain(state: DecisionState, question: Question, now: number): Explanation {
  const decision = decide(state, question, now)
  const work = workOf(state, question, now)
  const steps: ExplainedStep[] = []
  for (const [step, take] of CHAIN_STEPS) {
    const denied = take(work)
    steps.push({ step, ...(denied !== undefined && { denied }), saw: seenByChain(step, work) })
    if (denied !== undefined) return { decision, steps }
  }
  for (const [place, member] of work.members.entries()) {
    for (const [step, take] of MEMBER_STEPS) {
      const denied = take(work, member)
      const saw = MEMBER_SEEN[step]?.(work, member) ?? {}
      steps.push({ step, member: place, ...(denied !== undefined && { denied }), saw })
      if (denied !== undefined) return { decision, steps }
    }
  }
  return { decision, steps }
}

const instant = (at: number | undefined): string | undefined =>
  at === undefined || !Number.isFinite(at) ? undefined : new Date(at).toISOString()

const CHAIN_SEEN: Readonly<Record<string, (work: Work) => Seen>> = {
  'is what is known here fresh': ({ state, now }) => ({
    knownUntil: instant(state.knownAt),
    now: instant(now),
    position: state.position,
  }),
  'read the request': ({ question, reading: { level, resource }, detail }) => ({
    action: question.action.name,
    level,
    resource,
    ...(detail !== undefined && { detail }),
  }),
  'resolve who is meant': ({ members }) => ({
    members: members.map(({ asked, principal }) => ({
      asked: `${asked.type}:${asked.id}`,
      principalId: principal?.id,
    })),
  }),
  'does the chain hold': ({ members, state, question }) => ({
    members: members.length,
    membersMax: state.limits.chainMax,
    delegatedUntil: instant(question.delegatedUntil),
  }),
}

const seenByChain = (step: string, work: Work): Seen => CHAIN_SEEN[step]?.(work) ?? {}

const MEMBER_SEEN: Readonly<Record<string, (work: Work, member: Member) => Seen>> = {
  'may the identity be trusted': ({ state }, { principal }) => ({
    principalId: principal?.id,
    state: principal?.state,
    gone: principal?.gone,
    expiresAt: instant(principal?.expiresAt),
    deniedByAct: state.isEnded(principal?.id ?? ''),
  }),
  'may the credential be trusted': ({ state, question }, { acts }) => {
    if (!acts) return { asked: false }
    const { credentialId, sessionId } = question
    const credential = credentialId === undefined ? undefined : state.credential(credentialId)
    return {
      asked: credentialId !== undefined || sessionId !== undefined,
      credentialId,
      credentialState: credential?.state,
      credentialOf: credential?.principalId,
      credentialExpiresAt: instant(credential?.expiresAt),
      sessionId,
      sessionEnded: sessionId === undefined ? undefined : state.isEnded(sessionId),
    }
  },
  'which grants cover it': (work, { principal, granted, grant }) => ({
    grantId: granted ? grant.id : undefined,
    ...consideredGrants(work, principal?.id ?? ''),
  }),
  'what do policies say': (
    { state, reading: { level }, members },
    { principal, granted, grant, policies, allowance },
  ) => ({
    versionId: state.policies?.versionId,
    granted: granted ? grant.kind : 'no',
    level,
    members: members.length,
    principal: principal && {
      kind: principal.kind,
      tier: principal.tier,
      environment: principal.environment,
      owned: principal.owned,
      labels: principal.labels ?? {},
    },
    said: policies?.decision,
    determinedBy: policies?.reasons,
    skippedWithErrors: policies?.errors,
    allowance,
  }),
}

export interface ConsideredGrant {
  readonly id: string
  readonly kind: string
  readonly actions: readonly string[]
  readonly resource: string
  readonly until: string | undefined
  /** Absent for one that is in force and covers what is asked. */
  readonly whyNot: string | undefined
}

function consideredGrants(
  { state, question, reading: { resource }, now }: Work,
  principalId: string,
): { readonly considered: readonly ConsideredGrant[]; readonly notShown: number } {
  const weighed = [...state.grants.rowsOfPrincipal(principalId)].map((row) => ({
    row,
    misses: missesOf(row, question.action.name, resource, now),
  }))
  weighed.sort((a, b) => a.misses.length - b.misses.length || (a.row.id < b.row.id ? -1 : 1))
  const considered = weighed
    .slice(0, GRANTS_MAX)
    .map(({ row: { id, kind, actions, resource: on, until }, misses }) => ({
      id,
      kind,
      actions,
      resource: on,
      until: instant(until),
      whyNot: misses.length === 0 ? undefined : misses.join(', '),
    }))
  return { considered, notShown: weighed.length - considered.length }
}

function missesOf(
  { actions, resource: on, from, until, ended, ranOut }: GrantRow,
  action: string,
  resource: string,
  now: number,
) {
  const misses: string[] = []
  if (!actions.some((pattern) => covers(pattern, action))) misses.push('another action')
  if (!covers(on, resource)) misses.push('another resource')
  if (ended) misses.push('ended')
  else if (ranOut === true || until <= now) misses.push('over')
  else if (from > now) misses.push('not begun')
  return misses
}

// Runs a matrix through the decision itself: the same state, steps and evaluator as a server has, without one.
import { canonicalJson, deriveId, Fault } from '#kernel'
import type { Json } from '#kernel'
import { DecisionState, explain, resourceName } from '../decide/index.ts'
import type { Explanation, PrincipalFacts, Question, ResourceFacts } from '../decide/index.ts'
import { applyChange } from '../feed/change.ts'
import type { PolicyJson } from '../feed/change.ts'
import { judgeRequest } from '../request/judge-request.ts'
import type { DecisionMatrix, MatrixCase } from './matrix.ts'

export type Outcome = Readonly<Record<string, unknown>>

export interface CaseResult {
  readonly name: string
  readonly passed: boolean
  readonly expected: Outcome
  /** What is expected of, as it came out. */
  readonly actual: Outcome
  /** Where it was decided. */
  readonly step: string
}

export interface MatrixResult {
  readonly cases: readonly CaseResult[]
  /** Policies that determined no case. */
  readonly untested: readonly string[]
}

const NOON = '2026-03-02T12:00:00Z'

export interface PoliciesToTry {
  readonly policies: readonly PolicyJson[]
  /** In JSON form. */
  readonly schema?: unknown
}

/** Throws a Fault for facts that no decision can be made from. */
export function runMatrix(matrix: DecisionMatrix, tried: PoliciesToTry): MatrixResult {
  const { policies } = tried
  const state = stateOf(matrix, tried)
  const determined = new Set<string>()
  const cases = matrix.cases.map((one): CaseResult => {
    const now = Date.parse(one.at ?? matrix.at ?? NOON)
    state.knownAt = now
    const { step, ...all } = one.asks === undefined ? decided(state, matrix, one, now) : asked(state, matrix, one, now)
    for (const id of all.policies) determined.add(id)
    const expected = { ...one.expect, ...(one.expect.policies && { policies: one.expect.policies.toSorted() }) }
    const actual = Object.fromEntries(Object.keys(expected).map((key) => [key, (all as Outcome)[key]]))
    return { name: one.name, passed: same(expected, actual), expected, actual, step }
  })
  const untested = policies.map(({ id }) => id).filter((id) => !determined.has(id))
  return { cases, untested }
}

interface Came extends Outcome {
  readonly policies: readonly string[]
  readonly step: string
}

function decided(state: DecisionState, matrix: DecisionMatrix, one: MatrixCase, now: number): Came {
  const { decision, steps } = explain(state, questionOf(matrix, one), now)
  const { allowed, reason, chain, obligations } = decision
  const told = (allowed ? chain : chain.filter((member) => member.reason === reason)).flatMap((m) => m.policyIds)
  return {
    decision: allowed ? 'allow' : 'deny',
    reason,
    policies: [...new Set(told)].sort(),
    obligations: Object.fromEntries(obligations.map(({ name, value }) => [name, value])),
    step: stepText(steps, chain.length),
  }
}

function stepText(steps: Explanation['steps'], members: number): string {
  const last = steps.at(-1)
  return `${last?.step ?? ''}${last?.member === undefined || members < 2 ? '' : `, member ${last.member + 1}`}`
}

function asked(state: DecisionState, matrix: DecisionMatrix, one: MatrixCase, now: number): Came {
  const { subject, action, resource, asks = 'standing', seconds } = one
  const right = {
    principalId: typeof subject === 'string' ? idOf(matrix, subject) : subject.id,
    kind: asks,
    actions: [action],
    // as a grant would have it: a name, or a name cut and followed by `*`
    resources: [typeof resource === 'string' ? resource : resourceName(resource)],
    ...(seconds !== undefined && { seconds }),
  }
  const judged = judgeRequest(state, right, now)
  const step = 'may it be asked for'
  if (judged === undefined) return { approval: 'refused', policies: [], step }
  return { approval: judged.allowed ? judged.approval : 'refused', policies: [...judged.policyIds].sort(), step }
}

/** `type:id` as on the command line; what is a whole name alone has the type of its system. */
function partyOf(resource: string): { readonly type: string; readonly id: string } {
  const at = resource.indexOf(':')
  if (at < 1 || resource.startsWith('arn:') || resource.startsWith('://', at))
    return { type: at < 1 ? 'resource' : resource.slice(0, at), id: resource }
  return { type: resource.slice(0, at), id: resource.slice(at + 1) }
}

function questionOf(matrix: DecisionMatrix, one: MatrixCase): Question {
  const party = (called: string): Question['subject'] => ({ type: 'principal', id: idOf(matrix, called) })
  const { subject, resource, actors, credential, delegatedUntil, context, action } = one
  return {
    subject: typeof subject === 'string' ? party(subject) : (subject as Question['subject']),
    action: { name: action },
    resource: typeof resource === 'string' ? partyOf(resource) : (resource as Question['resource']),
    ...(context !== undefined && { context }),
    ...(actors !== undefined && { actors: actors.map(party) }),
    ...(credential !== undefined && { credentialId: credential }),
    ...(delegatedUntil !== undefined && { delegatedUntil: Date.parse(delegatedUntil) }),
  }
}

const idOf = ({ principals = {} }: DecisionMatrix, called: string): string =>
  principals[called]?.id ?? deriveId('principal', called)

function stateOf(matrix: DecisionMatrix, tried: PoliciesToTry): DecisionState {
  const { principals = {}, grants = {}, credentials = {}, resources = [] } = matrix
  const state = new DecisionState()
  for (const [called, { id: _own, expiresAt, ...facts }] of Object.entries(principals)) {
    state.putPrincipal({
      ...PRINCIPAL,
      externalId: called,
      ...facts,
      id: idOf(matrix, called),
      ...(expiresAt !== undefined && { expiresAt: Date.parse(expiresAt) }),
    } as PrincipalFacts)
  }
  for (const [id, { to, kind = 'standing', actions, resources: on, from, until, ended = false }] of Object.entries(
    grants,
  )) {
    state.grants.put({
      id,
      kind,
      principalId: idOf(matrix, to),
      actions,
      resources: on,
      from: from === undefined ? -Infinity : Date.parse(from),
      until: until === undefined ? Infinity : Date.parse(until),
      ended,
    })
  }
  for (const [id, { of, state: is = 'live', expiresAt }] of Object.entries(credentials)) {
    const end = expiresAt === undefined ? {} : { expiresAt: Date.parse(expiresAt) }
    state.putCredential({ id, version: 1, principalId: idOf(matrix, of), state: is, ...end })
  }
  for (const resource of resources) {
    const problem = state.putResource(resource as ResourceFacts)
    if (problem !== undefined) throw new Fault('invalid', `the resource \`${resource.id}\`: ${problem.message}`)
  }
  applyChange(state, { kind: 'policies', versionId: 'tested', ...tried })
  return state
}

/** What is not said of a principal: one that may be allowed something. */
const PRINCIPAL = {
  version: 1,
  kind: 'workload',
  system: 'kubernetes',
  state: 'active',
  tier: 'low',
  environment: 'production',
  criticality: 'unknown',
  owned: true,
  bound: true,
  effect: 'not_applied',
  gone: false,
} as const

/** Two outcomes are one where they say the same, in whatever order. */
const same = (a: Outcome, b: Outcome): boolean => canonicalJson(a as Json) === canonicalJson(b as Json)

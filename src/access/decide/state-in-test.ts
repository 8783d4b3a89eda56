// A small estate of decisions for tests: principals, grants and policies by short words.
import { deriveId } from '#kernel'
import type { Id } from '#kernel'
import { readPolicyText } from '../policy-writing/index.ts'
import { compilePolicies } from '../policy/index.ts'
import { DecisionState } from './decision-state.ts'
import type { PoliciesInForce } from './decision-state.ts'
import type { ResidentGrant } from './grant-index.ts'
import type { PrincipalFacts } from './principal-facts.ts'
import type { Question } from './question.ts'

export const NOON = Date.parse('2026-03-01T12:00:00.000Z')
export const HOUR = 3_600_000

export const principalId = (name: string): Id<'principal'> => deriveId('principal', name)

export const facts = (name: string, rest: Partial<PrincipalFacts> = {}): PrincipalFacts => ({
  id: principalId(name),
  version: 1,
  kind: 'workload',
  system: 'kubernetes',
  externalId: name,
  state: 'active',
  tier: 'low',
  environment: 'production',
  criticality: 'unknown',
  owned: true,
  bound: true,
  effect: 'not_applied',
  gone: false,
  ...rest,
})

export const grant = (id: string, name: string, rest: Partial<ResidentGrant> = {}): ResidentGrant => ({
  id,
  kind: 'standing',
  principalId: principalId(name),
  actions: ['pg:SELECT'],
  resources: ['pg://main/shop/*'],
  from: NOON - HOUR,
  until: NOON + HOUR,
  ended: false,
  ...rest,
})

export const question = (name: string, rest: Partial<Question> = {}): Question => ({
  subject: { type: 'kubernetes', id: name },
  action: { name: 'pg:SELECT' },
  resource: { type: 'table', id: 'pg://main/shop/public.orders' },
  ...rest,
})

export async function policies(state: DecisionState, text: string, versionId = 'pol_1'): Promise<PoliciesInForce> {
  const { written, problems } = await readPolicyText({ policies: text })
  if (written === undefined) throw new Error(JSON.stringify(problems))
  const { set } = compilePolicies({
    policies: Object.fromEntries(written.policies.map(({ id, json }) => [id, json])),
    entities: state.entities,
  })
  if (set === undefined) throw new Error('it was compiled when it was read')
  const annotations = new Map(
    written.policies.map(({ id, json }) => [id, (json as { annotations?: Record<string, string> }).annotations ?? {}]),
  )
  return { versionId, set, annotations }
}

/** Fresh at noon, with policies that permit nothing unless `text` does. */
export async function stateWith(
  principals: readonly PrincipalFacts[],
  grants: readonly ResidentGrant[],
  text = 'forbid(principal, action, resource) when { context.request has never };',
): Promise<DecisionState> {
  const state = new DecisionState()
  for (const principal of principals) state.putPrincipal(principal)
  for (const one of grants) state.grants.put(one)
  state.putPolicies(await policies(state, text))
  state.knownAt = NOON
  return state
}

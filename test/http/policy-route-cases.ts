// One good request for every endpoint of policies and of what is denied by an act of its own.
import { newId } from '#kernel'
import type { RouteCase, World } from './route-cases.ts'

let count = 0
const policiesText = (): string =>
  `@id("policy-${(count += 1)}") forbid (principal, action, resource) when { context.members > 9 };`

async function posted(world: World, path: string, body: object, token: string): Promise<unknown> {
  const answer = await world.api.ask('POST', path, { token, body })
  if (answer.status >= 300) throw new Error(`${path}: ${JSON.stringify(answer.body)}`)
  return answer.body
}

const version = async (world: World): Promise<string> => {
  const body = { text: policiesText(), comment: 'a test' }
  const made = (await posted(world, '/v1/policies', body, world.tokens.kim)) as { data: { number: number } }
  return String(made.data.number)
}
const approved = async (world: World): Promise<string> => {
  const number = await version(world)
  await posted(world, `/v1/policies/${number}/approve`, {}, world.tokens.petra)
  return number
}
const denied = async (world: World): Promise<string> => {
  const subjectId = newId('token')
  await posted(world, '/v1/denials', { subjectId, reason: 'a test' }, world.tokens.kim)
  return subjectId
}

const orders = { type: 'table', id: 'pg://main/shop/public.orders' }
const moved = (of: (world: World) => Promise<string>): RouteCase['ask'] => {
  return async (world) => ({ path: { number: await of(world) }, body: {} })
}

export const POLICY_CASES: Readonly<Record<string, RouteCase>> = {
  listPolicyVersions: { by: 'petra', ask: async () => ({}) },
  proposePolicies: {
    by: 'kim',
    entry: 'policy.proposed',
    ask: async () => ({ body: { text: policiesText(), comment: 'a test' } }),
  },
  checkPolicies: { by: 'petra', ask: async () => ({ body: { text: policiesText() } }) },
  comparePolicies: { by: 'petra', ask: async () => ({ body: { after: { text: policiesText() } } }) },
  explainDecision: {
    by: 'petra',
    ask: async () => ({
      body: { subject: { type: 'people', id: 'nobody' }, action: { name: 'pg:SELECT' }, resource: orders },
    }),
  },
  getActivePolicies: {
    by: 'petra',
    ask: async (world) => {
      await posted(world, `/v1/policies/${await approved(world)}/activate`, {}, world.tokens.kim)
      return {}
    },
  },
  getPolicyVersion: { by: 'petra', ask: async (world) => ({ path: { number: await version(world) } }) },
  approvePolicies: { by: 'petra', entry: 'policy.approved', ask: moved(version) },
  refusePolicies: { by: 'petra', entry: 'policy.refused', ask: moved(version) },
  activatePolicies: { by: 'kim', entry: 'policy.activated', ask: moved(approved) },
  listDenials: { by: 'petra', ask: async () => ({}) },
  listDecisionCounts: { by: 'kim', ask: async () => ({}) },
  denySubject: {
    by: 'kim',
    entry: 'subject.denied',
    ask: async () => ({ body: { subjectId: newId('token'), reason: 'a test' } }),
  },
  liftDenial: {
    by: 'kim',
    entry: 'subject.denial_lifted',
    ask: async (world) => ({ body: { subjectId: await denied(world), reason: 'a test' } }),
  },
}

// What other policies would change, before anybody puts them in force.
import { z } from 'zod'
import { comparePolicies } from '#access/decisions'
import { Fault } from '#kernel'
import { endpoint } from '../endpoint.ts'
import { PolicyComparison } from '../form/access.ts'

const SOURCE = z
  .union([
    z.strictObject({ number: z.int().min(1).max(2_000_000_000) }),
    z.strictObject({
      text: z.string().min(1).max(1_000_000).describe('policies in Cedar'),
      schema: z.string().max(1_000_000).optional(),
    }),
  ])
  .meta({ id: 'PolicySource', description: 'a version by its number, or a text' })

type Compared = Exclude<Awaited<ReturnType<typeof comparePolicies>>, { readonly problems: unknown }>
type Found = Compared['gains'][number]

const flat = ({ tuple: { principalId, action, resource, count }, before, after }: Found): object => ({
  principalId,
  action,
  resource,
  before: before.reason,
  after: after.reason,
  ...(count !== undefined && { times: count }),
})

const NOTHING = {
  gains: [],
  loses: [],
  gained: 0,
  lost: 0,
  compared: 0,
  cutShort: false,
  recorded: { wouldDeny: [], wouldAllow: [], denied: 0, allowed: 0, replayed: 0, cutShort: false },
}

export const POLICY_COMPARISON = [
  endpoint({
    method: 'POST',
    path: '/v1/policies/compare',
    operationId: 'comparePolicies',
    tag: 'access',
    summary: 'Say who gains and who loses what by other policies; nothing is kept',
    description:
      'Every active identity, action and resource that a grant, a policy, an entitlement, a request or a recorded decision ' +
      'names is judged under both, as if nothing were said beside the question; `other:…` stands for what nothing names.',
    who: { roles: ['access-admin', 'approver', 'auditor'] },
    scope: 'read',
    body: z
      .strictObject({ before: SOURCE.optional().describe('what is in force, without it'), after: SOURCE })
      .meta({ id: 'PoliciesToCompare' }),
    bodyBytesMax: 8 * 1024 * 1024,
    answer: PolicyComparison,
    refuses: ['not_found'],
    handle: async ({ doors, body }) => {
      const { decisions } = doors
      if (decisions === undefined) throw new Fault('not_found', 'this server decides nothing')
      const compared = await comparePolicies(doors.access.db, decisions.state(), body, decisions.now())
      if ('problems' in compared) return { ...NOTHING, problems: compared.problems }
      const { gains, loses, recorded, ...counts } = compared
      const { wouldDeny, wouldAllow, ...past } = recorded
      return {
        ...counts,
        problems: [],
        gains: gains.map(flat),
        loses: loses.map(flat),
        recorded: { ...past, wouldDeny: wouldDeny.map(flat), wouldAllow: wouldAllow.map(flat) },
      }
    },
  }),
]

// Why a decision comes out as it does, for those who may know all that it rests on.
import { z } from 'zod'
import { explainQuestion } from '#access/decisions'
import { Fault } from '#kernel'
import { endpoint } from '../endpoint.ts'

const Step = z.object({
  step: z.string().describe('what was asked at this step'),
  member: z.int().optional().describe('whose turn it was: 0 is the subject, the last one acts'),
  denied: z.string().optional().describe('the reason, where it ended here'),
  saw: z.record(z.string(), z.unknown()),
})

const Explanation = z
  .object({
    decision: z.boolean(),
    context: z.record(z.string(), z.unknown()).describe('as an evaluation answers it'),
    chain: z.array(z.record(z.string(), z.unknown())),
    steps: z.array(Step).describe('up to the one that denied'),
  })
  .meta({ id: 'Explanation' })

export const EXPLANATIONS = [
  endpoint({
    method: 'POST',
    path: '/v1/decisions/explain',
    operationId: 'explainDecision',
    tag: 'access',
    summary: 'Say step by step how a question would be decided now',
    description:
      'The body is that of an AuthZEN evaluation. Nothing is recorded: it is a question about decisions, not for one.',
    who: { roles: ['access-admin', 'approver', 'auditor'] },
    scope: 'read',
    body: z
      .looseObject({
        subject: z.record(z.string(), z.unknown()),
        action: z.record(z.string(), z.unknown()),
        resource: z.record(z.string(), z.unknown()),
        context: z.record(z.string(), z.unknown()).optional(),
      })
      .meta({ id: 'QuestionToExplain' }),
    answer: Explanation,
    refuses: ['not_found'],
    handle: async ({ doors: { decisions }, body }) => {
      if (decisions === undefined) throw new Fault('not_found', 'this server decides nothing')
      return await Promise.resolve(explainQuestion(decisions.state(), body, decisions.now()))
    },
  }),
]

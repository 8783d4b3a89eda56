// Requests for rights, grants, denials and versions of the policies, as the API answers them.
import { z } from 'zod'
import {
  APPROVALS,
  BREAK_GLASS_STATES,
  BREAK_GLASS_VERDICTS,
  GRANT_KINDS,
  GRANT_STATES,
  POLICY_STATES,
  REQUEST_STATES,
} from '#access/decisions'
import { instant, pageOf } from './fields.ts'

const VERSIONED = { id: z.string(), version: z.int(), validFrom: instant, recordedAt: instant, hash: z.string() }

export const KIND = z
  .enum(GRANT_KINDS)
  .describe('`standing` has no end; `break_glass` is for emergencies, granted to persons at once')
const RIGHT = {
  principalId: z.string(),
  kind: KIND,
  actions: z.array(z.string()),
  resources: z.array(z.string()),
}

const RequestData = z.object({
  ...RIGHT,
  seconds: z.number().optional(),
  purpose: z.string(),
  extends: z.string().optional().describe('the grant whose right is asked for once more'),
  requestedBy: z.string(),
  interested: z.array(z.string()).describe('natural persons who ask or would have the right: none of them decides'),
  needs: z.object({
    approval: z.enum(APPROVALS),
    approvals: z.int(),
    managerId: z.string().optional(),
    owners: z.array(z.string()).optional().describe('who answers for the resources: any one of them decides'),
    policyIds: z.array(z.string()).describe('the policies that said so'),
    policyVersion: z.string(),
  }),
  state: z.enum(REQUEST_STATES),
  grantId: z.string().optional(),
})

export const AccessRequest = z
  .object({
    ...VERSIONED,
    data: RequestData,
    words: z
      .array(z.object({ verdict: z.enum(['approve', 'deny']), by: z.string(), reason: z.string(), at: instant }))
      .optional()
      .describe('who said what on it, in order'),
    about: z
      .object({
        principal: z.object({
          name: z.string(),
          kind: z.string(),
          state: z.string(),
          tier: z.string(),
          environment: z.string(),
          owner: z.string().optional().describe('a person or a team; absent where nobody accepted it'),
          ownerName: z.string().optional(),
          purpose: z.string().optional(),
          expiresAt: instant.optional(),
          nextReviewAt: instant.optional(),
          gaps: z.array(z.string()).describe('what it lacks to be active'),
        }),
        requester: z.object({
          name: z.string(),
          requests: z.record(z.string(), z.int()).describe('how many of theirs came to what'),
          emergencies: z.record(z.string(), z.int()).describe('by what their review said; `open` without one'),
        }),
        actions: z.array(z.object({ action: z.string(), level: z.string() })).describe('what the right can do'),
        grants: z
          .array(z.object({ id: z.string(), state: z.string(), from: instant, until: instant.nullable() }))
          .describe('of the principal, that give something of it, the newest first'),
        used: z
          .array(z.object({ action: z.string(), allowed: z.int(), denied: z.int(), lastAt: instant }))
          .describe('decisions on these actions in the last 90 days'),
      })
      .optional()
      .describe('for who may decide on it: what to know before'),
  })
  .meta({ id: 'AccessRequest' })
export const AccessRequestPage = pageOf('AccessRequestPage', AccessRequest)

export const Grant = z
  .object({
    ...VERSIONED,
    data: z.object({
      ...RIGHT,
      from: instant,
      until: instant.optional(),
      reason: z.string(),
      state: z.enum(GRANT_STATES),
      requestId: z.string(),
      approvedBy: z.array(z.string()),
      ended: z.object({ at: instant, by: z.string(), because: z.string() }).optional(),
      fulfilment: z
        .object({
          by: z.string(),
          nextAt: instant.optional(),
          decisionId: z.string().optional(),
          attempts: z.int().describe('of the present step, failed so far'),
          reason: z.string().optional().describe('why the last attempt failed'),
          answer: z.string().optional().describe('what the target said last'),
          left: z
            .array(z.string())
            .optional()
            .describe(
              'what who had it made there and stays, as far as it was seen at the end; absent where that is not known',
            ),
          verifiedAt: instant.optional().describe('when the target itself was seen to refuse it after its end'),
        })
        .optional()
        .describe('how far it came at its target, where one is told'),
    }),
  })
  .meta({ id: 'Grant' })
export const GrantPage = pageOf('GrantPage', Grant)

export const BreakGlass = z
  .object({
    ...VERSIONED,
    data: z.object({
      principalId: z.string(),
      requestId: z.string(),
      purpose: z.string(),
      usedBy: z.string(),
      persons: z.array(z.string()).describe('natural persons who may have used it: none of them reviews it'),
      at: instant,
      until: instant,
      state: z.enum(BREAK_GLASS_STATES),
      review: z
        .object({
          by: z.string(),
          behind: z.array(z.string()),
          at: instant,
          verdict: z.enum(BREAK_GLASS_VERDICTS),
          reason: z.string(),
        })
        .optional(),
    }),
  })
  .meta({ id: 'BreakGlass' })
export const BreakGlassPage = pageOf('BreakGlassPage', BreakGlass)

export const Denial = z
  .object({
    ...VERSIONED,
    data: z.object({ subjectId: z.string(), reason: z.string(), by: z.string(), liftedAt: instant.optional() }),
  })
  .meta({ id: 'Denial' })
export const DenialPage = pageOf('DenialPage', Denial)

const VERSION = {
  ...VERSIONED,
  data: z.object({
    number: z.int(),
    state: z.enum(POLICY_STATES),
    textHash: z.string(),
    comment: z.string(),
    proposedBy: z.string(),
    proposedBehind: z.array(z.string()),
    approvals: z.array(z.object({ by: z.string(), at: instant })),
    activatedAt: instant.optional(),
  }),
}
export const PolicyVersion = z.object(VERSION).meta({ id: 'PolicyVersion' })
export const PolicyVersionWithText = z
  .object({ ...VERSION, text: z.string(), schema: z.string().optional() })
  .meta({ id: 'PolicyVersionWithText' })
export const PolicyVersions = z
  .object({
    items: z.array(PolicyVersion),
    before: z.int().optional().describe('`before` of the next page'),
    refused: z.string().optional().describe('why the version in force decides nothing at this server: all is denied'),
  })
  .meta({ id: 'PolicyVersions' })

const Problem = z.object({
  message: z.string(),
  help: z.string().optional(),
  in: z.enum(['policies', 'schema']),
  line: z.int().optional(),
  column: z.int().optional(),
})
export const PolicyCheck = z
  .object({
    problems: z.array(Problem).describe('none: it can be proposed'),
    warnings: z.array(Problem),
    formatted: z.string().optional(),
  })
  .meta({ id: 'PolicyCheck' })

const Flip = z.object({
  principalId: z.string(),
  action: z.string(),
  resource: z.string(),
  before: z.string().describe('the reason'),
  after: z.string().describe('the reason'),
  times: z.int().optional().describe('how often it was decided'),
})
export const PolicyComparison = z
  .object({
    problems: z.array(Problem).describe('why nothing was compared'),
    gains: z.array(Flip).describe('denied before, allowed after'),
    loses: z.array(Flip).describe('allowed before, denied after'),
    gained: z.int().describe('all of them; the lists are cut'),
    lost: z.int(),
    compared: z.int().describe('rights that were judged under both'),
    cutShort: z.boolean().describe('there was more than is compared at once'),
    recorded: z
      .object({
        wouldDeny: z.array(Flip),
        wouldAllow: z.array(Flip),
        denied: z.int().describe('decisions of the last thirty days that were allowed and would be denied'),
        allowed: z.int(),
        replayed: z.int(),
        cutShort: z.boolean(),
      })
      .describe('decisions that were made, made again'),
  })
  .meta({ id: 'PolicyComparison' })

const DecisionCount = z
  .object({
    minute: instant,
    principalId: z.string().optional().describe('absent where nobody in the roll answered to the name'),
    action: z.string(),
    resource: z.string(),
    allowed: z.boolean(),
    reason: z.string(),
    point: z.string().optional().describe('the enforcement point that asked, by its own word'),
    enforced: z.boolean().describe('false: nothing hung on the answer'),
    count: z.int(),
  })
  .meta({ id: 'DecisionCount' })
export const DecisionCountPage = pageOf('DecisionCountPage', DecisionCount)

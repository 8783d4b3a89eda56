// Who can do what and by which way, as the API answers it.
import { z } from 'zod'
import { WAY_KINDS } from '#access/decisions'
import { instant, pageOf } from './fields.ts'

const Step = z
  .object({
    kind: z.enum(WAY_KINDS),
    how: z.string(),
    principalId: z.string().optional().describe('whom the step reaches; absent where that is no principal'),
    reaches: z.string().optional(),
    certain: z.boolean().describe('false: `open` says what would have to hold'),
    open: z.array(z.string()),
  })
  .meta({ id: 'AccessStep' })

const EffectiveRight = z
  .object({
    id: z.string().describe('of the entitlement or grant'),
    principalId: z.string().describe('who holds it'),
    system: z.string(),
    permission: z.string(),
    effect: z.enum(['allow', 'deny']),
    actions: z.array(z.string()),
    resources: z.array(z.string()),
    level: z.string(),
    conditions: z.unknown().optional(),
    path: z.array(z.string()).describe('how it comes to its holder: groups, bindings, policies'),
    steps: z.array(Step).describe('from who was asked for to its holder; none where they are the same'),
    direct: z.boolean().describe('held without a group or another principal on the way'),
    until: instant.optional().describe('of a grant that has an end'),
  })
  .meta({ id: 'EffectiveRight' })
export const EffectiveRightPage = pageOf('EffectiveRightPage', EffectiveRight)

export const ReachedPage = pageOf(
  'ReachedPage',
  z.object({ id: z.string().describe('of the last step'), steps: z.array(Step) }).meta({ id: 'Reached' }),
)

export const WhoCanPage = pageOf(
  'WhoCanPage',
  z
    .object({
      id: z.string().describe('of the principal'),
      covered: z.enum(['yes', 'unknown']).describe('`unknown`: conditions that no source decides stand between'),
      right: EffectiveRight,
    })
    .meta({ id: 'WhoCan' }),
)

export const StandingPage = pageOf(
  'StandingAccessPage',
  z
    .object({
      id: z.string().describe('of the entitlement or grant; of the identity where no right of its own is listed'),
      principalId: z.string(),
      name: z.string().optional(),
      owner: z.object({ kind: z.enum(['person', 'team']), id: z.string() }).optional(),
      lastReviewAt: instant.optional().describe('when its owner last said that the identity is still needed'),
      nextReviewAt: instant.optional(),
      system: z.string(),
      permission: z.string(),
      actions: z.array(z.string()),
      resources: z.array(z.string()),
      path: z.array(z.string()),
      because: z.string().optional().describe('of an identity of tier admin: what its tier was concluded from'),
      since: instant.describe('since when it stands as it does'),
      approval: z
        .object({ requestId: z.string(), approvedBy: z.array(z.string()) })
        .optional()
        .describe('absent: nobody is on record as having agreed'),
    })
    .meta({ id: 'StandingAccess' }),
)

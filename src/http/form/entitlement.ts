// Rights that sources show, as the API answers them.
import { z } from 'zod'
import { instant } from './fields.ts'
import { recordOf, recordShape } from './principal.ts'

const EntitlementData = z.object({
  principalId: z.string(),
  system: z.string(),
  permission: z.string(),
  effect: z.string(),
  actions: z.array(z.string()),
  resources: z.array(z.string()),
  level: z.string(),
  conditions: z.unknown().optional(),
  path: z.array(z.string()).describe('how it comes to the principal; empty is direct'),
  provenance: z.object({ connector: z.string(), file: z.string(), object: z.string().optional() }),
  source: z.string(),
  goneAt: instant.optional(),
})
export const Entitlement = recordOf('Entitlement', EntitlementData)

export const EntitlementStream = z
  .object({
    items: z.array(
      z
        .object({
          ...recordShape(EntitlementData),
          covered: z
            .enum(['yes', 'no', 'unknown'])
            .optional()
            .describe('whether its own words cover what was asked for, whatever its `effect`; `unknown` is never `no`'),
        })
        .meta({ id: 'StreamedEntitlement' }),
    ),
    next: z.string().describe('`cursor` of what follows, also when there is nothing yet'),
  })
  .meta({ id: 'EntitlementStream' })

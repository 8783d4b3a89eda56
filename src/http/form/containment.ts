// The page of a containment, as the API answers it.
import { z } from 'zod'
import { Plan, Preview } from './effect.ts'

const Named = { id: z.string(), name: z.string(), kind: z.string() }
const Place = z.object({
  targetId: z.string(),
  targetName: z.string(),
  address: z.string(),
  account: z.string(),
  database: z.string().optional(),
  how: z.string().describe('how it was come to'),
})

export const Containment = z
  .object({
    credentials: z.array(
      z.object({
        id: z.string(),
        type: z.string(),
        name: z.string().optional(),
        state: z.string(),
        locations: z.array(z.object({ file: z.string(), startLine: z.int().optional(), exposure: z.string() })),
        locationCount: z.int(),
        consumers: z.array(z.object(Named)),
      }),
    ),
    principals: z
      .array(
        z.object({
          ...Named,
          system: z.string(),
          state: z.string(),
          tier: z.string(),
          environment: z.string(),
          purpose: z.string().optional(),
          orphan: z.boolean().describe('nobody answers for it'),
        }),
      )
      .describe('whose it is'),
    place: Place.optional().describe('where it is held; absent where that is not known for certain'),
    candidates: z.array(Place).describe('where it may be held, if more than one is possible'),
    missing: z.string().optional().describe('why there is no place, and what to do'),
    lookedAt: z.array(z.string()),
    logins: z.array(z.string()).describe('logins with it that were tried to find whose it is'),
    targetAsked: z
      .boolean()
      .describe('whether the target could be asked; where it could not, an empty list of what it has says nothing'),
    facts: z.array(z.string()).describe('what the account is'),
    sessions: z.array(
      z.object({
        application: z.string(),
        from: z.string(),
        database: z.string(),
        count: z.int(),
        since: z.string(),
      }),
    ),
    otherWays: z.array(z.string()).describe('other ways to the same'),
    reach: z.array(z.object({ action: z.string(), resource: z.string(), by: z.string() })),
    reachCutShort: z.boolean(),
    willBreak: z.array(z.string()),
    tell: z
      .array(z.object({ id: z.string(), name: z.string(), emails: z.array(z.string()), why: z.string() }))
      .describe('who has to be told'),
    unknown: z.array(z.string()).describe('what could not be seen'),
    credentialOffered: z.boolean().describe('whether it can be used and be refused'),
    triedAs: z.string().optional().describe('which value of the text is tried: the form that it stood in'),
    preview: Preview.optional(),
    plan: Plan.optional(),
  })
  .meta({ id: 'Containment' })

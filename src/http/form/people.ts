// People, teams and vendors, and what a feed of people did, as the API answers them.
import { z } from 'zod'
import { instant, pageOf, PARTY } from './fields.ts'
import { recordOf } from './principal.ts'

export const Person = recordOf(
  'Person',
  z.object({
    feedId: z.string(),
    name: z.string(),
    emails: z.array(z.string()),
    handles: z.array(z.string()),
    managerFeedId: z.string().optional(),
    teamFeedId: z.string().optional(),
    status: z.enum(['active', 'leaver', 'on_leave', 'unknown']),
    startAt: instant.optional(),
    endAt: instant.optional(),
    principalId: z.string(),
    source: z.string(),
  }),
)
export const PersonPage = pageOf('PersonPage', Person)

export const Team = recordOf(
  'Team',
  z.object({ feedId: z.string(), name: z.string(), leadFeedId: z.string().optional(), source: z.string() }),
)
export const TeamPage = pageOf('TeamPage', Team)

export const KnownCredential = z
  .object({
    credentialId: z.string(),
    type: z.string(),
    state: z.string(),
    principalId: z.string().optional(),
    ways: z.array(z.unknown()).describe('how it was known: created, held, saw, or by owning'),
  })
  .meta({ id: 'KnownCredential' })

const PartyLoss = z
  .object({
    gone: PARTY,
    orphaned: z.array(
      z.object({
        principalId: z.string(),
        offeredTo: z.string().optional().describe('who was asked to take it'),
        alreadyOffered: z.boolean().optional(),
      }),
    ),
    reduced: z.array(z.string()).describe('it was backup or custodian of these'),
    offersWithdrawn: z.array(z.string()),
    proposed: z.record(z.string(), z.unknown()),
  })
  .meta({ id: 'PartyLoss' })

export const FeedOutcome = z
  .object({
    source: z.string(),
    joined: z.int(),
    changed: z.int(),
    moved: z.int(),
    returned: z.int(),
    left: z.int(),
    unchanged: z.int(),
    teamsRecorded: z.int(),
    teamsChanged: z.int(),
    held: z
      .object({
        leavers: z.int(),
        missing: z.int(),
        leftBefore: z.int().describe('who left within a day already, and counts along'),
        people: z.int(),
        shareMax: z.number(),
        personIds: z.array(z.string()),
      })
      .optional()
      .describe('so many left at once that nothing of it was applied: look, then send it again with `confirmLeavers`'),
    missing: z.array(z.string()),
    leavers: z.array(
      z.object({
        ...PartyLoss.shape,
        personId: z.string(),
        feedId: z.string(),
        missing: z.boolean(),
        accounts: z.array(z.string()),
        credentials: z.array(KnownCredential).describe('what the leaver created, held or saw'),
      }),
    ),
    movers: z.array(z.object({ personId: z.string(), fields: z.array(z.string()), owned: z.array(z.string()) })),
    emptiedTeams: z.array(PartyLoss),
    managerCircles: z.array(z.array(z.string())),
    problems: z.array(
      z.object({
        file: z.string(),
        startLine: z.int().optional(),
        message: z.string(),
        rowLeftOut: z.boolean().optional().describe('nothing of the row was applied'),
      }),
    ),
    problemCount: z.int(),
    rowsLeftOut: z.int().describe('rows of which nothing was applied; the others were'),
    remaining: z.int(),
  })
  .meta({ id: 'FeedOutcome' })

export const Vendor = recordOf(
  'Vendor',
  z.object({
    name: z.string(),
    state: z.enum(['active', 'offboarded']),
    contact: z.string().optional(),
    contractEndsAt: instant.optional(),
    offboarding: z.object({ at: instant, by: z.string(), reason: z.string() }).optional(),
  }),
)
export const VendorPage = pageOf('VendorPage', Vendor)

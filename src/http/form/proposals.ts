// What waits for somebody's word, as the API answers it.
import { z } from 'zod'
import { instant, pageOf, PARTY } from './fields.ts'
import { Principal, recordOf } from './principal.ts'

const Decision = z.object({ by: z.string(), at: instant, reason: z.string().optional() }).meta({ id: 'Decision' })

export const Offer = recordOf(
  'Offer',
  z.object({
    principalId: z.string(),
    to: PARTY,
    from: z.object({ party: PARTY, from: z.string(), reason: z.string() }).optional(),
    why: z.string(),
    cause: z.enum(['transfer', 'leaver']),
    state: z.enum(['pending', 'accepted', 'declined', 'withdrawn']),
    decided: Decision.optional(),
  }),
)
export const OfferPage = pageOf('OfferPage', Offer)
export const OfferAccepted = z.object({ offer: Offer, principal: Principal }).meta({ id: 'OfferAccepted' })

export const IdentityRequest = recordOf(
  'IdentityRequest',
  z.object({
    kind: z.string(),
    system: z.string(),
    name: z.string(),
    externalId: z.string().optional(),
    owner: PARTY,
    backup: PARTY.optional(),
    purpose: z.string(),
    expiresAt: instant,
    requestedBy: z.string(),
    requestedByPerson: z.string(),
    requestedBehind: z.array(z.string()).describe('every natural person who may have asked: none of them decides'),
    state: z.enum(['pending', 'approved', 'denied', 'withdrawn']),
    decidedBy: z.string().optional(),
    decidedByPerson: z.string().optional(),
    decidedBehind: z.array(z.string()).optional(),
    decidedAt: instant.optional(),
    decisionReason: z.string().optional(),
    principalId: z.string().optional(),
  }),
)
export const IdentityRequestPage = pageOf('IdentityRequestPage', IdentityRequest)
export const RequestDecided = z
  .object({ request: IdentityRequest, principal: Principal.optional() })
  .meta({ id: 'IdentityRequestDecided' })

export const Match = recordOf(
  'Match',
  z.object({
    kind: z.enum(['principals', 'person']),
    aId: z.string(),
    bId: z.string(),
    reason: z.string(),
    strength: z.enum(['likely', 'explicit']),
    state: z.enum(['proposed', 'confirmed', 'rejected', 'undone']),
    decided: Decision.optional(),
    merge: z
      .object({
        into: z.string(),
        from: z.string(),
        movedRefs: z.array(z.string()),
        movedCredentials: z.array(z.string()),
        mergedVersion: z.int(),
      })
      .optional(),
  }),
)
export const MatchPage = pageOf('MatchPage', Match)

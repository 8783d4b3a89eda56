// Requests for new identities: asked by one, decided by another.
import { z } from 'zod'
import { PRINCIPAL_KINDS, SYSTEMS } from '#kernel'
import {
  decideIdentityRequest,
  EVERYTHING,
  getIdentityRequest,
  listIdentityRequests,
  requestIdentity,
  withdrawIdentityRequest,
} from '#identity/roll'
import type { Viewer } from '#identity/roll'
import type { Caller } from '../caller.ts'
import { endpoint } from '../endpoint.ts'
import { id, instantSent, PAGE_QUERY, pageRequest, PARTY_SENT, present, reason } from '../form/fields.ts'
import { lines, text } from '../form/plain-text.ts'
import { IdentityRequest, IdentityRequestPage, RequestDecided } from '../form/proposals.ts'
import { WHY } from './principal-facts.ts'

const REQUEST_PATH = z.strictObject({ requestId: id('request') })

/** Approvers see every request; others their own. */
const viewerOf = ({ roles, viewer }: Caller): Viewer => (roles.has('approver') ? EVERYTHING : viewer)

export const IDENTITY_REQUESTS = [
  endpoint({
    method: 'GET',
    path: '/v1/identity-requests',
    operationId: 'listIdentityRequests',
    tag: 'proposals',
    summary: 'List requests for new identities',
    who: { anyone: true },
    scope: 'read',
    query: z.strictObject({ state: z.enum(['pending', 'approved', 'denied', 'withdrawn']).optional(), ...PAGE_QUERY }),
    answer: IdentityRequestPage,
    handle: async ({ doors, caller, query }) => {
      const { limit, cursor, total, state } = query
      return await listIdentityRequests(
        doors.identity,
        viewerOf(caller),
        present({ state }),
        pageRequest({ limit, cursor, total }),
      )
    },
  }),
  endpoint({
    method: 'POST',
    path: '/v1/identity-requests',
    operationId: 'requestIdentity',
    tag: 'proposals',
    summary: 'Ask for a new identity: what for, until when, who will answer for it',
    who: { anyone: true },
    scope: 'write',
    body: z
      .strictObject({
        kind: z.enum(PRINCIPAL_KINDS),
        system: z.enum(SYSTEMS),
        name: text(4000),
        externalId: text(2048).optional(),
        owner: PARTY_SENT,
        backup: PARTY_SENT.optional(),
        purpose: lines(2000),
        expiresAt: instantSent,
        ...WHY,
      })
      .meta({ id: 'NewIdentityRequest' }),
    answer: IdentityRequest,
    status: 201,
    versioned: 'read',
    refuses: ['idempotency_reused'],
    handle: async ({ doors, caller, body, act }) => {
      const { reason: why, ...asked } = body
      const unseen = viewerOf(caller).scope === 'own' ? ({ unseen: true } as const) : {}
      return await requestIdentity(doors.identity, act(why), { ...present(asked), ...unseen })
    },
  }),
  endpoint({
    method: 'GET',
    path: '/v1/identity-requests/{requestId}',
    operationId: 'getIdentityRequest',
    tag: 'proposals',
    summary: 'Read one request',
    who: { anyone: true },
    scope: 'read',
    params: REQUEST_PATH,
    answer: IdentityRequest,
    versioned: 'read',
    handle: async ({ doors, caller, params }) =>
      await getIdentityRequest(doors.identity, viewerOf(caller), params.requestId),
  }),
  endpoint({
    method: 'POST',
    path: '/v1/identity-requests/{requestId}/decide',
    operationId: 'decideIdentityRequest',
    tag: 'proposals',
    summary: 'Approve or deny; never by the person who asked',
    description: 'An approval makes the principal, in state registered.',
    who: { roles: ['approver', 'identity-admin'] },
    scope: 'write',
    params: REQUEST_PATH,
    body: z.strictObject({ decision: z.enum(['approve', 'deny']), reason }).meta({ id: 'RequestDecision' }),
    answer: RequestDecided,
    refuses: ['idempotency_reused'],
    handle: async (context) => {
      const { doors, params, body, act } = context
      const decided = await decideIdentityRequest(doors.identity, act(body.reason), { ...params, ...body })
      const { request, principal } = decided
      return { request, ...(principal === undefined ? {} : { principal: context.present(principal) }) }
    },
  }),
  endpoint({
    method: 'POST',
    path: '/v1/identity-requests/{requestId}/withdraw',
    operationId: 'withdrawIdentityRequest',
    tag: 'proposals',
    summary: 'Take back what you asked for',
    who: { self: true },
    scope: 'write',
    params: REQUEST_PATH,
    body: z.strictObject(WHY).meta({ id: 'OptionalReason' }),
    answer: IdentityRequest,
    refuses: ['idempotency_reused'],
    handle: async ({ doors, caller, params, body, act }) => {
      // what they may not see is not there for them
      await getIdentityRequest(doors.identity, viewerOf(caller), params.requestId)
      return await withdrawIdentityRequest(doors.identity, act(body.reason), params)
    },
  }),
]

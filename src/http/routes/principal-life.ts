// The life of a principal: registered, active, quarantined, retired; and what has to be shown on the way.
import { z } from 'zod'
import {
  activatePrincipal,
  attestPrincipal,
  endException,
  quarantinePrincipal,
  recordException,
  registerDiscovered,
  restorePrincipal,
  retirePrincipal,
  transitionsFrom,
} from '#identity/roll'
import type { OfPrincipal, PrincipalRecord, Transition } from '#identity/roll'
import { endpoint } from '../endpoint.ts'
import { instantSent, present, reason } from '../form/fields.ts'
import { RetiredPrincipal } from '../form/principal.ts'
import { ADMIN, ADMIN_OR_OWNER, principalChange, WHY } from './principal-facts.ts'
import { PRINCIPAL_PATH } from './principals.ts'

const by =
  (transition: Transition) =>
  ({ state }: PrincipalRecord): boolean =>
    transitionsFrom(state).includes(transition)

const REASON = z.strictObject({ reason }).meta({ id: 'Reason' })

export const PRINCIPAL_LIFE = [
  principalChange({
    verb: 'register',
    operationId: 'registerDiscovered',
    summary: 'Say that a discovered principal is meant to be',
    who: ADMIN,
    body: z.strictObject(WHY).meta({ id: 'OptionalReason' }),
    possible: by('register'),
    change: registerDiscovered,
  }),
  principalChange({
    verb: 'activate',
    operationId: 'activatePrincipal',
    summary: 'Make it active',
    description:
      'Needs an owner who accepted, a purpose, an expiry or review, from tier high a backup and proof of binding; or a recorded exception.',
    who: ADMIN,
    body: z.strictObject(WHY).meta({ id: 'OptionalReason' }),
    possible: by('activate'),
    change: activatePrincipal,
  }),
  principalChange({
    verb: 'attest',
    operationId: 'attestPrincipal',
    summary: 'Say that it is still needed, and why',
    who: ADMIN_OR_OWNER,
    body: z
      .strictObject({ because: reason, nextReviewAt: instantSent.optional().describe('by privilege tier unless said') })
      .meta({ id: 'Attestation' }),
    change: attestPrincipal,
  }),
  principalChange({
    verb: 'exception',
    operationId: 'recordException',
    summary: 'Let the rules of `active` not hold for it until a day',
    who: ADMIN,
    body: z.strictObject({ reason, until: instantSent }).meta({ id: 'Exception' }),
    change: async (identity, act, input, { body }) =>
      await recordException(identity, act, { ...input, reason: body.reason }),
  }),
  principalChange({
    verb: 'exception/end',
    operationId: 'endException',
    summary: 'End its exception',
    who: ADMIN,
    body: z.strictObject(WHY).meta({ id: 'OptionalReason' }),
    possible: ({ state, exception }) => state !== 'retired' && exception !== undefined,
    change: endException,
  }),
  principalChange({
    verb: 'quarantine',
    operationId: 'quarantinePrincipal',
    summary: 'Quarantine it in the roll',
    description: 'A state of the record: `effect` says what was seen at the target.',
    who: ADMIN_OR_OWNER,
    body: REASON,
    possible: by('quarantine'),
    change: async (identity, act, input, { body }) =>
      await quarantinePrincipal(identity, act, { ...input, reason: body.reason }),
  }),
  principalChange({
    verb: 'restore',
    operationId: 'restorePrincipal',
    summary: 'End its quarantine',
    who: ADMIN,
    body: REASON,
    possible: by('restore'),
    change: async (identity, act, input, { body }) =>
      await restorePrincipal(identity, act, { ...input, reason: body.reason }),
  }),
  endpoint({
    method: 'POST',
    path: '/v1/principals/{principalId}/retire',
    operationId: 'retirePrincipal',
    tag: 'principals',
    summary: 'Retire it for good; a tombstone stays',
    description:
      'Quarantine comes first, unless every source says that it is gone, or in an emergency. The answer lists credentials that still work.',
    who: ADMIN,
    scope: 'write',
    params: PRINCIPAL_PATH,
    body: z.strictObject({ reason, emergency: z.boolean().optional() }).meta({ id: 'Retirement' }),
    answer: RetiredPrincipal,
    versioned: 'update',
    refuses: ['idempotency_reused'],
    possible: ({ state }) => state !== 'retired',
    handle: async (context) => {
      const { doors, principal, body, expectedVersion, act } = context
      const target = { id: principal?.id as OfPrincipal['id'], ...present({ expectedVersion }) }
      const { reason: why, emergency } = body
      const retired = await retirePrincipal(doors.identity, act(why), {
        ...target,
        reason: why,
        ...present({ emergency }),
      })
      return { ...retired, ...context.present(retired.principal) }
    },
  }),
]

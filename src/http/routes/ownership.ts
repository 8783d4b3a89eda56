// Ownership that is offered and accepted, backups, custodians.
import { z } from 'zod'
import {
  acceptOffer,
  addBackup,
  declineOffer,
  getOffer,
  getPrincipal,
  listOffers,
  offerOwnership,
  removeBackup,
  setCustodians,
  withdrawOffer,
} from '#identity/roll'
import type { OfPrincipal } from '#identity/roll'
import { Fault } from '#kernel'
import { answersFor } from '../authorise.ts'
import type { Caller } from '../caller.ts'
import type { Doors } from '../doors.ts'
import { endpoint } from '../endpoint.ts'
import { id, instantSent, PAGE_QUERY, pageRequest, PARTY_SENT, present, reason } from '../form/fields.ts'
import { text } from '../form/plain-text.ts'
import { Offer, OfferAccepted, OfferPage } from '../form/proposals.ts'
import { ADMIN_OR_OWNER, principalChange, WHY } from './principal-facts.ts'
import { PRINCIPAL_PATH } from './principals.ts'

const OFFER_PATH = z.strictObject({ offerId: id('offer') })
const OPTIONAL_REASON = z.strictObject(WHY).meta({ id: 'OptionalReason' })

const teamsOf = ({ parties }: Caller): string[] =>
  parties.flatMap((party) => (party.startsWith('team:') ? [party.slice('team:'.length)] : []))

/** Who may withdraw an offer: whoever may make it. */
async function assertMayWithdraw(doors: Doors, caller: Caller, offerId: string): Promise<void> {
  if (caller.roles.has('identity-admin')) return
  const offer = await getOffer(doors.identity, caller.viewer, offerId)
  const principal = await getPrincipal(doors.identity, caller.viewer, offer.data.principalId)
  if (!answersFor(caller, principal.data)) {
    throw new Fault('forbidden', 'only identity-admins and its owner withdraw an offer; you can decline it')
  }
}

export const OWNERSHIP = [
  principalChange({
    verb: 'backups',
    operationId: 'addBackup',
    summary: 'Name who answers when the owner cannot',
    who: ADMIN_OR_OWNER,
    body: z.strictObject({ backup: PARTY_SENT, validFrom: instantSent.optional(), ...WHY }).meta({ id: 'NewBackup' }),
    change: addBackup,
  }),
  principalChange({
    verb: 'backups/remove',
    operationId: 'removeBackup',
    summary: 'Take a backup away',
    who: ADMIN_OR_OWNER,
    body: z.strictObject({ backup: PARTY_SENT, ...WHY }).meta({ id: 'BackupToRemove' }),
    change: removeBackup,
  }),
  principalChange({
    verb: 'custodians',
    operationId: 'setCustodians',
    summary: 'Say who answers for the use of a shared identity by each consumer; the whole list',
    who: ADMIN_OR_OWNER,
    body: z
      .strictObject({
        custodians: z.array(z.strictObject({ consumerId: text(2048), party: PARTY_SENT })).max(1000),
        ...WHY,
      })
      .meta({ id: 'Custodians' }),
    change: setCustodians,
  }),
  endpoint({
    method: 'POST',
    path: '/v1/principals/{principalId}/offers',
    operationId: 'offerOwnership',
    tag: 'proposals',
    summary: 'Offer a principal to a new owner, who accepts or declines',
    who: ADMIN_OR_OWNER,
    scope: 'write',
    params: PRINCIPAL_PATH,
    body: z.strictObject({ to: PARTY_SENT, why: reason }).meta({ id: 'NewOffer' }),
    answer: Offer,
    status: 201,
    refuses: ['idempotency_reused'],
    possible: ({ state }) => state !== 'retired',
    handle: async ({ doors, principal, body, act }) =>
      await offerOwnership(doors.identity, act(body.why), { id: principal?.id as OfPrincipal['id'], ...body }),
  }),
  endpoint({
    method: 'GET',
    path: '/v1/offers',
    operationId: 'listOffers',
    tag: 'proposals',
    summary: 'List offers of ownership',
    who: { anyone: true },
    scope: 'read',
    query: z.strictObject({
      state: z.enum(['pending', 'accepted', 'declined', 'withdrawn']).optional(),
      principal: id('principal').optional(),
      to: z.union([id('person'), id('team')]).optional(),
      ...PAGE_QUERY,
    }),
    answer: OfferPage,
    handle: async ({ doors, caller, query }) => {
      const { limit, cursor, total, ...filter } = query
      return await listOffers(doors.identity, caller.viewer, present(filter), pageRequest({ limit, cursor, total }))
    },
  }),
  endpoint({
    method: 'GET',
    path: '/v1/offers/{offerId}',
    operationId: 'getOffer',
    tag: 'proposals',
    summary: 'Read one offer',
    who: { anyone: true },
    scope: 'read',
    params: OFFER_PATH,
    answer: Offer,
    versioned: 'read',
    handle: async ({ doors, caller, params }) => await getOffer(doors.identity, caller.viewer, params.offerId),
  }),
  endpoint({
    method: 'POST',
    path: '/v1/offers/{offerId}/accept',
    operationId: 'acceptOffer',
    tag: 'proposals',
    summary: 'Accept what was offered to you or your team',
    who: { self: true },
    scope: 'write',
    params: OFFER_PATH,
    body: OPTIONAL_REASON,
    answer: OfferAccepted,
    refuses: ['idempotency_reused'],
    handle: async (context) => {
      const { doors, caller, params, body, act } = context
      const accepted = await acceptOffer(doors.identity, act(body.reason), { ...params, teamIds: teamsOf(caller) })
      return { ...accepted, principal: context.present(accepted.principal) }
    },
  }),
  endpoint({
    method: 'POST',
    path: '/v1/offers/{offerId}/decline',
    operationId: 'declineOffer',
    tag: 'proposals',
    summary: 'Decline what was offered to you or your team',
    who: { self: true },
    scope: 'write',
    params: OFFER_PATH,
    body: z.strictObject({ reason }).meta({ id: 'Reason' }),
    answer: Offer,
    refuses: ['idempotency_reused'],
    handle: async ({ doors, caller, params, body, act }) =>
      await declineOffer(doors.identity, act(body.reason), { ...params, ...body, teamIds: teamsOf(caller) }),
  }),
  endpoint({
    method: 'POST',
    path: '/v1/offers/{offerId}/withdraw',
    operationId: 'withdrawOffer',
    tag: 'proposals',
    summary: 'Take an offer back',
    who: { self: true },
    scope: 'write',
    params: OFFER_PATH,
    body: z.strictObject({ reason }).meta({ id: 'Reason' }),
    answer: Offer,
    refuses: ['idempotency_reused'],
    handle: async ({ doors, caller, params, body, act }) => {
      await assertMayWithdraw(doors, caller, params.offerId)
      return await withdrawOffer(doors.identity, act(body.reason), { ...params, ...body })
    },
  }),
]

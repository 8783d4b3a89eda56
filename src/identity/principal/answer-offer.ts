// The answer to an offer of ownership: accepted or declined by the party that it was made to, or withdrawn.
import { Fault, isId } from '#kernel'
import type { Act } from '#kernel'
import type { Tx } from '#db'
import { readCurrent } from '#db/history'
import { changeWithEntries } from '#evidence/port'
import { operate } from '../operation.ts'
import type { IdentityLayer } from '../operation.ts'
import type { OfferRecord } from '../record/proposal-records.ts'
import { OFFER } from '../record/tables.ts'
import { withTime } from './activation.ts'
import { formerly, ownedBy } from './assign-owner.ts'
import { daysAfter, textOf } from './limits.ts'
import type { CurrentOffer } from './offer-ownership.ts'
import { lockParty, speaksFor } from './owner-party.ts'
import { lockPrincipal, operateOnPrincipals, partyKey, patchPrincipal } from './patch-principal.ts'
import type { CurrentPrincipal } from './patch-principal.ts'

export interface OfferAnswer {
  readonly offerId: string
  readonly expectedVersion?: number
  /** The teams that the actor is an active member of; the person is the actor's. */
  readonly teamIds: readonly string[]
  readonly reason?: string
}

export interface OfferAccepted {
  readonly offer: CurrentOffer
  readonly principal: CurrentPrincipal
}

/** Throws Fault('not_found') to whom the offer was not made, Fault('conflict') where it was answered already. */
export async function acceptOffer(identity: IdentityLayer, act: Act, input: OfferAnswer): Promise<OfferAccepted> {
  return await operateOnPrincipals(
    identity,
    act,
    ({ principal }) => [principal.id],
    async (tx) => {
      const { data: offered } = await readOffer(tx, input.offerId)
      refuseOthers(act, input, offered)
      await lockParty(tx, offered.to, 'owner')
      const current = await lockPrincipal(tx, { id: offered.principalId })
      const offer = await answer(tx, act, input, 'accepted')
      const time = {
        reason: 'its owner has changed: what the one before asserted is to be proved or asserted anew',
        until: daysAfter(act.at, identity.settings.orphanGraceDays),
        by: act.actor.id,
        cause: 'drifted',
      } as const
      const principal = await patchPrincipal(tx, act, {
        current,
        patch: (record) => withTime(ownedBy(record, { party: offered.to, from: 'stated', reason: offered.why }), time),
        words: {
          type: 'principal.owner_changed',
          about: [offer.id, offered.to.id],
          content: { owner: partyKey(offered.to), offer: offer.id, ...formerly(current.data) },
          reason: offered.why,
        },
      })
      return { offer, principal }
    },
  )
}

export async function declineOffer(identity: IdentityLayer, act: Act, input: OfferAnswer): Promise<CurrentOffer> {
  return await operate(identity, act, async (tx) => {
    const { data: offered } = await readOffer(tx, input.offerId)
    refuseOthers(act, input, offered)
    return await answer(tx, act, input, 'declined')
  })
}

/** By whoever may offer the principal: the caller authorises. */
export async function withdrawOffer(
  identity: IdentityLayer,
  act: Act,
  input: Omit<OfferAnswer, 'teamIds'>,
): Promise<CurrentOffer> {
  return await operate(identity, act, async (tx) => {
    await readOffer(tx, input.offerId)
    return await answer(tx, act, input, 'withdrawn')
  })
}

async function readOffer(tx: Tx, id: string, lock = false): Promise<CurrentOffer> {
  const offer = isId('offer', id) ? (await readCurrent<OfferRecord>(tx, OFFER, [id], { lock })).get(id) : undefined
  if (offer === undefined) throw new Fault('not_found', 'no offer has this id')
  return offer
}

/** SECURITY: to others an offer does not exist, so nobody takes a principal that was not offered to them. */
function refuseOthers(act: Act, { teamIds }: OfferAnswer, { to }: OfferRecord): void {
  const { personId } = act.actor
  if (personId === undefined || !speaksFor({ personId, teamIds }, to)) {
    throw new Fault('not_found', 'no offer has this id')
  }
}

async function answer(
  tx: Tx,
  act: Act,
  input: Omit<OfferAnswer, 'teamIds'>,
  state: 'accepted' | 'declined' | 'withdrawn',
): Promise<CurrentOffer> {
  const current = await readOffer(tx, input.offerId, true)
  if (current.data.state !== 'pending') throw new Fault('conflict', `the offer was ${current.data.state} already`)
  if (input.expectedVersion !== undefined && input.expectedVersion !== current.version) {
    throw new Fault('version_mismatch', `it is at version ${current.version} now: read it again`)
  }
  const reason = input.reason === undefined ? undefined : textOf('reason', input.reason)
  const decided = { by: act.actor.id, at: act.at, ...(reason === undefined ? {} : { reason }) }
  const { principalId, to } = current.data
  const [made] = await changeWithEntries<OfferRecord>(tx, OFFER, act, [
    {
      current,
      patch: (offer) => ({ ...offer, state, decided }),
      words: {
        type: `offer.${state}`,
        about: [principalId, to.id],
        content: { to: partyKey(to) },
        ...(reason === undefined ? {} : { reason }),
      },
    },
  ])
  if (made === undefined) throw new Error('one change makes one version')
  return made
}

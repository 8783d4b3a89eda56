// Ownership changes hands by an offer, which the new owner accepts or declines. One offer at a time for each principal.
import { Fault, newId } from '#kernel'
import type { Act } from '#kernel'
import { sql } from '#db'
import type { Tx } from '#db'
import type { Current } from '#db/history'
import { createWithEntries } from '#evidence/port'
import { operate } from '../operation.ts'
import type { IdentityLayer } from '../operation.ts'
import type { Party } from '../record/party.ts'
import type { OfferRecord } from '../record/proposal-records.ts'
import { OFFER } from '../record/tables.ts'
import { textOf } from './limits.ts'
import { lockParty } from './owner-party.ts'
import { lockPrincipal, partyKey, sameParty } from './patch-principal.ts'
import type { CurrentPrincipal, OfPrincipal } from './patch-principal.ts'

export type CurrentOffer = Current<OfferRecord>

/** `expectedVersion` is the principal's. Nothing changes hands before the offer is accepted. */
export async function offerOwnership(
  identity: IdentityLayer,
  act: Act,
  input: OfPrincipal & { readonly to: Party; readonly why: string },
): Promise<CurrentOffer> {
  const { to } = input
  const why = textOf('reason', input.why)
  return await operate(identity, act, async (tx) => {
    await lockParty(tx, to, 'owner')
    const current = await lockPrincipal(tx, input)
    if (current.data.state === 'retired') throw new Fault('conflict', 'it is retired: nobody has to answer for it')
    const { owner } = current.data
    if (owner?.from === 'stated' && sameParty(owner.party, to)) {
      throw new Fault('conflict', `\`${to.id}\` answers for it already`)
    }
    return await writeOffer(tx, act, current, { to, why, cause: 'transfer' })
  })
}

/** Of a principal that is locked. Throws Fault('conflict') where another offer is pending. */
async function writeOffer(
  tx: Tx,
  act: Act,
  current: CurrentPrincipal & { readonly id: OfferRecord['principalId'] },
  { to, why, cause }: Pick<OfferRecord, 'to' | 'why' | 'cause'>,
): Promise<CurrentOffer> {
  const [pending] = await tx.query<{ id: string }>(
    sql`select id from identity.offer where principal_id = ${current.id} and state = 'pending'`,
  )
  if (pending !== undefined) {
    throw new Fault('conflict', `it is offered already (\`${pending.id}\`): withdraw that offer first`)
  }
  const { owner } = current.data
  const data: OfferRecord = {
    principalId: current.id,
    to,
    ...(owner === undefined ? {} : { from: owner }),
    why,
    cause,
    state: 'pending',
  }
  const about = [current.id, to.id, ...(owner === undefined ? [] : [owner.party.id])]
  const words = { type: 'offer.made', about, content: { to: partyKey(to), cause }, reason: why }
  const [made] = await createWithEntries(tx, OFFER, act, [{ id: newId('offer'), data, words }])
  if (made === undefined) throw new Error('one record was made')
  return made
}

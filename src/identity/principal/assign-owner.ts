// Makes a party the owner where nobody has accepted to be: what has an owner changes hands by an offer.
import { Fault } from '#kernel'
import type { Act } from '#kernel'
import { sql } from '#db'
import type { Tx } from '#db'
import { CURRENT } from '#db/history'
import type { Current } from '#db/history'
import { changeWithEntries } from '#evidence/port'
import type { IdentityLayer } from '../operation.ts'
import type { OwnerOfRecord, Party } from '../record/party.ts'
import type { PrincipalRecord } from '../record/principal-record.ts'
import type { OfferRecord } from '../record/proposal-records.ts'
import { OFFER } from '../record/tables.ts'
import { mayStand } from './activation.ts'
import { textOf } from './limits.ts'
import { lockParty } from './owner-party.ts'
import { lockPrincipal, operateOnPrincipals, partyKey, patchPrincipal, sameParty } from './patch-principal.ts'
import type { Backdated, CurrentPrincipal, OfPrincipal } from './patch-principal.ts'
import { without } from './without.ts'

/**
 * By an administrator. With `validTo` it corrects who owned it in the past, whoever owns it now. Throws
 * Fault('conflict') where an owner has accepted, Fault('unprocessable') where the party cannot own.
 */
export async function assignOwner(
  identity: IdentityLayer,
  act: Act,
  input: OfPrincipal & Backdated & { readonly owner: Party; readonly reason?: string },
): Promise<CurrentPrincipal> {
  const { owner, validFrom, validTo } = input
  const reason = textOf('reason', input.reason ?? act.reason ?? 'assigned')
  return await operateOnPrincipals(
    identity,
    act,
    ({ id }) => [id],
    async (tx) => {
      await lockParty(tx, owner, validTo === undefined ? 'owner' : 'past')
      const current = await lockPrincipal(tx, input)
      if (validTo === undefined) {
        if (current.data.owner?.from === 'stated') {
          throw new Fault(
            'conflict',
            `\`${current.data.owner.party.id}\` answers for it: offer it, or let them offer it`,
          )
        }
        await withdrawPendingOffer(tx, act, current.id, 'another owner was assigned')
      }
      return await patchPrincipal(tx, act, {
        current,
        patch: (record) => ownedBy(record, { party: owner, from: 'stated', reason }),
        words: {
          type: 'principal.owner_assigned',
          about: [owner.id],
          content: { owner: partyKey(owner), ...formerly(current.data), ...(validTo === undefined ? {} : { validTo }) },
          reason,
        },
        ...(validFrom === undefined ? {} : { validFrom }),
        ...(validTo === undefined ? {} : { validTo }),
      })
    },
  )
}

/** The record with this owner: whoever owns is no backup, and what was an orphan is none any more. */
export function ownedBy(record: PrincipalRecord, owner: OwnerOfRecord): PrincipalRecord {
  const backups = record.backups.filter(({ party }) => !sameParty(party, owner.party))
  const owned = unasserted(record, { ...without(record, 'orphanedAt', 'formerOwner'), owner, backups })
  const { exception } = owned
  if (exception?.cause !== 'orphaned') return owned
  // who left may have been its only backup too; then the time that was given to find one goes on
  const bare = without(owned, 'exception')
  const ruled = exception.replaces === undefined ? bare : { ...bare, exception: exception.replaces }
  return mayStand(ruled) ? ruled : owned
}

/** What one owner asserted is that owner's word: it does not outlast them. Proofs do. */
export function unasserted(before: PrincipalRecord, after: PrincipalRecord): PrincipalRecord {
  if (before.binding?.how !== 'assertion') return after
  const same =
    before.owner !== undefined && after.owner !== undefined && sameParty(before.owner.party, after.owner.party)
  return same ? after : without(after, 'binding')
}

/** For an entry's content: who answered for it before. */
export const formerly = (record: PrincipalRecord): { readonly formerOwner?: string } => {
  const former = record.owner?.party ?? record.formerOwner?.party
  return former === undefined ? {} : { formerOwner: partyKey(former) }
}

/** Of a principal that is locked. */
export async function withdrawPendingOffer(tx: Tx, act: Act, principalId: string, reason: string): Promise<void> {
  const offers = await tx.query<Current<OfferRecord>>(
    sql`select ${CURRENT} from identity.offer where principal_id = ${principalId} and state = 'pending' for update`,
  )
  await changeWithEntries<OfferRecord>(
    tx,
    OFFER,
    act,
    offers.map((current) => ({
      current,
      patch: (offer) => ({ ...offer, state: 'withdrawn', decided: { by: act.actor.id, at: act.at, reason } }),
      words: { type: 'offer.withdrawn', about: [principalId, current.data.to.id], reason },
    })),
  )
}

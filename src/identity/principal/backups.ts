// Who answers when the owner cannot, and who answers for the use of a shared identity by each consumer.
import { Fault } from '#kernel'
import type { Act } from '#kernel'
import { readCurrent } from '#db/history'
import type { IdentityLayer } from '../operation.ts'
import type { Party } from '../record/party.ts'
import type { PrincipalRecord } from '../record/principal-record.ts'
import { PRINCIPAL } from '../record/tables.ts'
import { BACKUPS_MAX, CUSTODIANS_MAX, textOf } from './limits.ts'
import { lockParty } from './owner-party.ts'
import {
  changePrincipal,
  lockPrincipal,
  operateOnPrincipals,
  partyKey,
  patchPrincipal,
  sameParty,
} from './patch-principal.ts'
import type { Backdated, CurrentPrincipal, OfPrincipal } from './patch-principal.ts'

/** A backup that rules derived becomes a stated one. Throws Fault('conflict') for the owner's own party. */
export async function addBackup(
  identity: IdentityLayer,
  act: Act,
  input: OfPrincipal & Omit<Backdated, 'validTo'> & { readonly backup: Party; readonly reason?: string },
): Promise<CurrentPrincipal> {
  const { backup, validFrom } = input
  const reason = textOf('reason', input.reason ?? act.reason ?? 'added')
  return await operateOnPrincipals(
    identity,
    act,
    ({ id }) => [id],
    async (tx) => {
      await lockParty(tx, backup, 'backup')
      const current = await lockPrincipal(tx, input)
      const { owner, backups } = current.data
      if (owner !== undefined && sameParty(owner.party, backup)) {
        throw new Fault('conflict', 'owner and backup must be two parties: name somebody else')
      }
      if (backups.some(({ party, from }) => from === 'stated' && sameParty(party, backup))) {
        throw new Fault('conflict', `\`${backup.id}\` is a backup already`)
      }
      if (backups.length >= BACKUPS_MAX) {
        throw new Fault('unprocessable', `there may be ${BACKUPS_MAX} backups at most: remove one first`)
      }
      return await patchPrincipal(tx, act, {
        current,
        // in a stretch of the past in which this party owned it, it was no backup
        patch: (record) =>
          record.owner !== undefined && sameParty(record.owner.party, backup)
            ? record
            : { ...record, backups: [...withoutParty(record, backup), { party: backup, from: 'stated', reason }] },
        words: { type: 'principal.backup_added', about: [backup.id], content: { backup: partyKey(backup) }, reason },
        ...(validFrom === undefined ? {} : { validFrom }),
      })
    },
  )
}

/** Throws Fault('conflict') where an active principal needs this one. */
export async function removeBackup(
  identity: IdentityLayer,
  act: Act,
  input: OfPrincipal & { readonly backup: Party },
): Promise<CurrentPrincipal> {
  const { backup } = input
  return await changePrincipal(identity, act, input, ({ data }) => {
    if (withoutParty(data, backup).length === data.backups.length) {
      throw new Fault('conflict', `\`${backup.id}\` is no backup of it`)
    }
    return {
      patch: (record) => ({ ...record, backups: withoutParty(record, backup) }),
      words: { type: 'principal.backup_removed', about: [backup.id], content: { backup: partyKey(backup) } },
    }
  })
}

const withoutParty = (record: PrincipalRecord, party: Party): PrincipalRecord['backups'] =>
  record.backups.filter((each) => !sameParty(each.party, party))

/** The whole list, one custodian for each consumer of a shared identity; an empty list takes all away. */
export async function setCustodians(
  identity: IdentityLayer,
  act: Act,
  input: OfPrincipal & { readonly custodians: PrincipalRecord['custodians'] },
): Promise<CurrentPrincipal> {
  const custodians = input.custodians.toSorted((a, b) => (a.consumerId < b.consumerId ? -1 : 1))
  if (custodians.length > CUSTODIANS_MAX) {
    throw new Fault('unprocessable', `there may be ${CUSTODIANS_MAX} custodians at most`)
  }
  const twice = custodians.find(({ consumerId }, at) => custodians[at + 1]?.consumerId === consumerId)
  if (twice !== undefined) throw new Fault('unprocessable', `\`${twice.consumerId}\` has two custodians: name one`)
  const parties = new Map(custodians.map(({ party }) => [partyKey(party), party]))
  return await operateOnPrincipals(
    identity,
    act,
    ({ id }) => [id],
    async (tx) => {
      for (const [, party] of [...parties].sort(([a], [b]) => (a < b ? -1 : 1))) await lockParty(tx, party, 'custodian')
      const current = await lockPrincipal(tx, input)
      const ids = custodians.map(({ consumerId }) => consumerId)
      const consumers = await readCurrent<PrincipalRecord>(tx, PRINCIPAL, ids)
      const unknown = ids.find((id) => !consumers.has(id) || id === current.id)
      if (unknown !== undefined) {
        throw new Fault(
          'unprocessable',
          `\`${unknown}\` is no other principal: a consumer is the principal that uses it`,
        )
      }
      return await patchPrincipal(tx, act, {
        current,
        patch: (record) => ({ ...record, custodians }),
        words: {
          type: 'principal.custodians_set',
          about: [...ids, ...[...parties.values()].map(({ id }) => id)],
          content: {
            custodians: custodians.map(({ consumerId, party }) => ({ consumerId, party: partyKey(party) })),
          },
        },
      })
    },
  )
}

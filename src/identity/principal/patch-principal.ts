// The one way in which a principal is changed: what is derived inside it is kept in step, the rules of its state hold,
// and its entry is written in the same transaction.
import { Fault, isId } from '#kernel'
import type { Act, Id, Instant } from '#kernel'
import type { Tx } from '#db'
import { readCurrent } from '#db/history'
import type { Current } from '#db/history'
import { changeWithEntries } from '#evidence/port'
import type { EntryWords } from '#evidence/port'
import { operate } from '../operation.ts'
import type { IdentityLayer } from '../operation.ts'
import type { Party } from '../record/party.ts'
import type { PrincipalRecord } from '../record/principal-record.ts'
import { PRINCIPAL } from '../record/tables.ts'
import { leaversAmong } from '../people/leavers-among.ts'
import { refuseIncomplete } from './activation.ts'
import { withSearchText } from './search-text.ts'

export type CurrentPrincipal = Current<PrincipalRecord>

/** What every change of one principal is given. */
export interface OfPrincipal {
  readonly id: string
  /** The version that the caller saw; another one throws Fault('version_mismatch'). */
  readonly expectedVersion?: number
}

/** Since when, and until when, a fact held: for what is said later than it happened. */
export interface Backdated {
  readonly validFrom?: Instant
  readonly validTo?: Instant
}

export const partyKey = (party: Party): string => `${party.kind}:${party.id}`
export const sameParty = (a: Party, b: Party): boolean => partyKey(a) === partyKey(b)

/** Keeps `parties` in step with owner, backups and custodians. */
export function withParties<D extends PrincipalRecord>(record: D): D {
  const parties = [
    ...(record.owner === undefined ? [] : [record.owner.party]),
    ...record.backups.map(({ party }) => party),
    ...record.custodians.map(({ party }) => party),
  ]
  return { ...record, parties: [...new Set(parties.map(partyKey))].sort() }
}

/** A record as it may be stored: every field that follows from others is kept in step. */
export const completed = <D extends PrincipalRecord>(record: D): D => withSearchText(withParties(record))

/** Reads it and holds it until the transaction ends. Throws Fault('not_found') and Fault('version_mismatch'). */
export async function lockPrincipal(
  tx: Tx,
  { id, expectedVersion }: OfPrincipal,
): Promise<CurrentPrincipal & { readonly id: Id<'principal'> }> {
  if (!isId('principal', id)) throw new Fault('not_found', 'no principal has this id')
  const current = (await readCurrent<PrincipalRecord>(tx, PRINCIPAL, [id], { lock: true })).get(id)
  if (current === undefined) throw new Fault('not_found', 'no principal has this id')
  if (expectedVersion !== undefined && expectedVersion !== current.version) {
    throw new Fault('version_mismatch', `it is at version ${current.version} now: read it again and repeat the change`)
  }
  return { ...current, id }
}

export interface PrincipalPatch extends Backdated {
  /** As `lockPrincipal` gave it in this transaction. */
  readonly current: CurrentPrincipal
  /** Applied to each stretch of time that the change covers. */
  readonly patch: (record: PrincipalRecord) => PrincipalRecord
  readonly words: EntryWords
  /** Only the undoing of a merge changes what is retired. */
  readonly evenRetired?: boolean
}

/**
 * Changes principals, each with its entry. Throws Fault('conflict') where one is retired (its past may still be
 * corrected), would be active without what the rules ask, or would be open again though the person that it is has left.
 */
export async function patchPrincipals(
  tx: Tx,
  act: Act,
  patches: readonly PrincipalPatch[],
): Promise<CurrentPrincipal[]> {
  await refuseOpening(tx, patches)
  const changes = patches.map(({ current, patch, words, validFrom, validTo, evenRetired }) => {
    const whole = (record: PrincipalRecord): PrincipalRecord => completed(patch(record))
    if (validTo === undefined) {
      if (current.data.state === 'retired' && evenRetired !== true) {
        throw new Fault('conflict', 'it is retired, which is final: only its past can be corrected, with `validTo`')
      }
      refuseIncomplete(whole(current.data))
    }
    return {
      current,
      patch: whole,
      words,
      ...(validFrom === undefined ? {} : { validFrom }),
      ...(validTo === undefined ? {} : { validTo }),
    }
  })
  return await changeWithEntries(tx, PRINCIPAL, act, changes)
}

/** SECURITY: what is a natural person who has left stays shut, whoever restores it, joins it or takes a join back. */
async function refuseOpening(tx: Tx, patches: readonly PrincipalPatch[]): Promise<void> {
  const opened = patches.flatMap(({ current: { data: before }, patch, validTo }) => {
    const { personId, state } = patch(before)
    if (validTo !== undefined || personId === undefined || isShut(state)) return []
    return isShut(before.state) || before.personId !== personId ? [personId] : []
  })
  if ((await leaversAmong(tx, opened)).length === 0) return
  throw new Fault('conflict', 'the person has left: what they are stays quarantined until their feed has them again')
}

const isShut = (state: PrincipalRecord['state']): boolean => state === 'quarantined' || state === 'retired'

export async function patchPrincipal(tx: Tx, act: Act, patch: PrincipalPatch): Promise<CurrentPrincipal> {
  const [made] = await patchPrincipals(tx, act, [patch])
  if (made === undefined) throw new Error('one change makes one version')
  return made
}

/** Runs an operation on principals and tells who listens, after the commit, which were changed. */
export async function operateOnPrincipals<R>(
  identity: IdentityLayer,
  act: Act,
  changed: (result: R) => readonly string[],
  work: (tx: Tx) => Promise<R>,
): Promise<R> {
  const result = await operate(identity, act, work)
  identity.onPrincipalChanged?.(changed(result) as readonly Id<'principal'>[])
  return result
}

/** The most usual operation: lock one principal, patch it, give back its new version. */
export async function changePrincipal(
  identity: IdentityLayer,
  act: Act,
  input: OfPrincipal & Backdated,
  change: (
    current: CurrentPrincipal & { readonly id: Id<'principal'> },
    tx: Tx,
  ) => Promise<Omit<PrincipalPatch, 'current'>> | Omit<PrincipalPatch, 'current'>,
): Promise<CurrentPrincipal> {
  return await operateOnPrincipals(
    identity,
    act,
    ({ id }) => [id],
    async (tx) => {
      const current = await lockPrincipal(tx, input)
      const { validFrom, validTo } = input
      return await patchPrincipal(tx, act, {
        ...(validFrom === undefined ? {} : { validFrom }),
        ...(validTo === undefined ? {} : { validTo }),
        ...(await change(current, tx)),
        current,
      })
    },
  )
}

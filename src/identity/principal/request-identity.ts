// A new identity is asked for before it exists: what for, until when, and who will answer for it.
import { Fault, isId, newId, ref } from '#kernel'
import type { Act, Instant, PrincipalKind, System } from '#kernel'
import { sql } from '#db'
import type { Tx } from '#db'
import { readCurrent } from '#db/history'
import type { Current } from '#db/history'
import { changeWithEntries, createWithEntries } from '#evidence/port'
import { operate } from '../operation.ts'
import type { IdentityLayer } from '../operation.ts'
import type { Party } from '../record/party.ts'
import type { IdentityRequest } from '../record/proposal-records.ts'
import { REQUEST } from '../record/tables.ts'
import { futureOf, textOf } from './limits.ts'
import { naturalPersonBehind, personsBehind } from './natural-person.ts'
import { lockParty } from './owner-party.ts'
import { partyKey, sameParty } from './patch-principal.ts'
import { END_DAYS_MAX } from './set-dates.ts'

export type CurrentRequest = Current<IdentityRequest>

export interface IdentityAsked {
  readonly kind: PrincipalKind
  readonly system: System
  readonly name: string
  readonly externalId?: string
  readonly owner: Party
  readonly backup?: Party
  readonly purpose: string
  readonly expiresAt: Instant
  /**
   * Who asks may not see the whole roll. SECURITY: then a request for what is there already is taken like any other, and the
   * clash shows to who decides it; else anybody could try out what there is.
   */
  readonly unseen?: true
}

export async function requestIdentity(
  identity: IdentityLayer,
  act: Act,
  input: IdentityAsked,
): Promise<CurrentRequest> {
  const { kind, system, owner, backup } = input
  const data: Omit<IdentityRequest, 'requestedByPerson' | 'requestedBehind'> = {
    kind,
    system,
    name: textOf('name', input.name),
    ...(input.externalId === undefined ? {} : { externalId: textOf('externalId', input.externalId) }),
    owner,
    ...(backup === undefined ? {} : { backup }),
    purpose: textOf('purpose', input.purpose),
    expiresAt: futureOf('expiresAt', input.expiresAt, act.at, END_DAYS_MAX),
    requestedBy: act.actor.id,
    state: 'pending',
  }
  return await operate(identity, act, async (tx) => {
    const requestedByPerson = await naturalPersonBehind(tx, act.actor)
    const requestedBehind = await personsBehind(tx, act.actor)
    await lockParty(tx, owner, 'owner')
    if (backup !== undefined) {
      if (sameParty(owner, backup)) throw new Fault('unprocessable', 'owner and backup must be two parties')
      await lockParty(tx, backup, 'backup')
    }
    if (data.externalId !== undefined && input.unseen !== true) await refuseTaken(tx, system, data.externalId)
    const [made] = await createWithEntries<IdentityRequest>(tx, REQUEST, act, [
      {
        id: newId('request'),
        data: { ...data, requestedByPerson, requestedBehind },
        words: {
          type: 'identity.requested',
          about: [owner.id, ...(backup === undefined ? [] : [backup.id])],
          content: { kind, system, owner: partyKey(owner), expiresAt: data.expiresAt },
        },
      },
    ])
    if (made === undefined) throw new Error('one record was made')
    return made
  })
}

async function refuseTaken(tx: Tx, system: System, externalId: string): Promise<void> {
  const [taken] = await tx.query<{ id: string }>(
    sql`select record_id as id from identity.ref where ref = ${ref(system, externalId)}`,
  )
  if (taken !== undefined) throw new Fault('conflict', `\`${externalId}\` is there already, as \`${taken.id}\``)
}

/** Reads it and holds it. Throws Fault('not_found'), Fault('version_mismatch'), Fault('conflict') once it is decided. */
export async function lockPending(
  tx: Tx,
  { requestId, expectedVersion }: { readonly requestId: string; readonly expectedVersion?: number },
): Promise<CurrentRequest> {
  const current = isId('request', requestId)
    ? (await readCurrent<IdentityRequest>(tx, REQUEST, [requestId], { lock: true })).get(requestId)
    : undefined
  if (current === undefined) throw new Fault('not_found', 'no identity request has this id')
  if (expectedVersion !== undefined && expectedVersion !== current.version) {
    throw new Fault('version_mismatch', `it is at version ${current.version} now: read it again`)
  }
  if (current.data.state !== 'pending') throw new Fault('conflict', `the request was ${current.data.state} already`)
  return current
}

/** By who asked, and by nobody else. */
export async function withdrawIdentityRequest(
  identity: IdentityLayer,
  act: Act,
  input: { readonly requestId: string; readonly expectedVersion?: number },
): Promise<CurrentRequest> {
  return await operate(identity, act, async (tx) => {
    const current = await lockPending(tx, input)
    const person = await naturalPersonBehind(tx, act.actor)
    if (person !== current.data.requestedByPerson) {
      throw new Fault('forbidden', 'only who asked can withdraw it: deny it instead')
    }
    const [made] = await changeWithEntries<IdentityRequest>(tx, REQUEST, act, [
      {
        current,
        patch: (request) => ({ ...request, state: 'withdrawn' }),
        words: { type: 'identity.request_withdrawn' },
      },
    ])
    if (made === undefined) throw new Error('one change makes one version')
    return made
  })
}

// A credential that somebody states: it is in the roll from then on, without its secret.
import { CREDENTIAL_TYPES, Fault, newId } from '#kernel'
import type { Act, CredentialType, Id, Instant, Json, Ref } from '#kernel'
import type { Tx } from '#db'
import { readCurrent } from '#db/history'
import type { Current } from '#db/history'
import { createWithEntries } from '#evidence/port'
import { optional } from '../layer.ts'
import { operate } from '../operation.ts'
import type { IdentityLayer } from '../operation.ts'
import type { CredentialRecord, KeyedFingerprint } from '../record/credential-record.ts'
import type { PrincipalRecord } from '../record/principal-record.ts'
import { CREDENTIAL, PRINCIPAL } from '../record/tables.ts'
import { statedText } from './change-credential.ts'
import { claimRefs, REFS_MAX } from './claim-refs.ts'
import { insertFingerprints, refuseFingerprints } from './fingerprint.ts'
import { refuseDays } from './rotation-expectation.ts'

export interface NewCredential {
  readonly type: CredentialType
  readonly principalId: Id<'principal'>
  readonly consumers?: readonly Id<'principal'>[]
  readonly refs?: readonly Ref[]
  readonly name?: string
  readonly fingerprints?: readonly KeyedFingerprint[]
  readonly createdAtSource?: Instant
  readonly expiresAt?: Instant
  /** As its type says unless said otherwise. */
  readonly rotateWithinDays?: number
  readonly attributes?: Readonly<Record<string, Json>>
  /** Who states it: a connection, a person, `built_in`. */
  readonly source: string
}

/** The record of what was stated; pure. */
function credentialOf(given: NewCredential): CredentialRecord {
  return {
    type: given.type,
    refs: [...new Set(given.refs)].sort(),
    principalId: given.principalId,
    alsoOf: [],
    consumers: [...new Set(given.consumers)].sort(),
    fingerprints: given.fingerprints ?? [],
    ...optional('name', given.name),
    locations: [],
    locationCount: 0,
    attributes: given.attributes ?? {},
    ...optional('createdAtSource', given.createdAtSource),
    ...optional('expiresAt', given.expiresAt),
    rotateWithinDays: given.rotateWithinDays ?? CREDENTIAL_TYPES[given.type].rotateWithinDays,
    state: 'live',
    effect: 'not_applied',
    source: given.source,
  }
}

/** Throws Fault('not_found') for a principal that is not there, Fault('conflict') for a retired one or a taken ref. */
export async function recordCredential(
  identity: IdentityLayer,
  act: Act,
  given: NewCredential,
): Promise<Current<CredentialRecord>> {
  const [made] = await recordCredentials(identity, act, [given])
  if (made === undefined) throw new Error('one credential makes one record')
  return made
}

/** All of them or none. */
export async function recordCredentials(
  identity: IdentityLayer,
  act: Act,
  given: readonly NewCredential[],
): Promise<Current<CredentialRecord>[]> {
  for (const one of given) refuseUnfit(one)
  return await operate(identity, act, async (tx) => await insertCredentials(tx, act, given))
}

/** In the caller's transaction, for operations that make a credential on the way. */
export async function insertCredentials(
  tx: Tx,
  act: Act,
  given: readonly NewCredential[],
): Promise<Current<CredentialRecord>[]> {
  await refuseUnownable(
    tx,
    given.flatMap(({ principalId, consumers = [] }) => [principalId, ...consumers]),
  )
  const items = given.map((one) => ({ id: newId('credential'), data: credentialOf(one) }))
  await claimRefs(
    tx,
    items.flatMap(({ id, data }) => data.refs.map((ref) => ({ ref, recordId: id }))),
  )
  await insertFingerprints(
    tx,
    items.flatMap(({ id, data }) => data.fingerprints.map((fingerprint) => ({ ...fingerprint, credentialId: id }))),
  )
  return await createWithEntries(
    tx,
    CREDENTIAL,
    act,
    items.map(({ id, data }) => ({
      id,
      data,
      words: {
        type: 'credential.recorded',
        about: data.principalId === undefined ? [] : [data.principalId],
        content: { type: data.type },
      },
    })),
  )
}

function refuseUnfit(given: NewCredential): void {
  if (given.name !== undefined) statedText(given.name, 'name', 500)
  if ((given.refs?.length ?? 0) > REFS_MAX) throw new Fault('unprocessable', `at most ${REFS_MAX} identifiers`)
  if ((given.consumers?.length ?? 0) > 1000) throw new Fault('unprocessable', 'at most 1000 consumers')
  if (JSON.stringify(given.attributes ?? {}).length > 16_384) {
    throw new Fault('unprocessable', '`attributes` takes at most 16 KiB')
  }
  refuseFingerprints(given.fingerprints ?? [])
  if (given.rotateWithinDays !== undefined) refuseDays(given.rotateWithinDays)
}

async function refuseUnownable(tx: Tx, ids: readonly string[]): Promise<void> {
  // held, so that none of them is retired while its credential is being made
  const found = await readCurrent<PrincipalRecord>(tx, PRINCIPAL, ids, { lock: true })
  for (const id of ids) {
    const principal = found.get(id)
    if (principal === undefined) throw new Fault('not_found', 'no principal has this id: say whose credential it is')
    if (principal.data.state === 'retired') {
      throw new Fault('conflict', `${id} is retired: a retired principal gets no credential`)
    }
  }
}

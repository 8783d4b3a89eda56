// A rotation that happened elsewhere, as the roll is told of it. Whether the old value is refused is not said here.
import { Fault } from '#kernel'
import type { Act, Id, Instant } from '#kernel'
import type { Tx } from '#db'
import { operate } from '../operation.ts'
import type { IdentityLayer } from '../operation.ts'
import { optional } from '../layer.ts'
import { without } from '../principal/without.ts'
import type { KeyedFingerprint } from '../record/credential-record.ts'
import { lockCredentials, patchCredential } from './change-credential.ts'
import type { CurrentCredential, OfCredential } from './change-credential.ts'
import { refuseFingerprints, replaceFingerprints } from './fingerprint.ts'
import { insertCredentials } from './record-credential.ts'
import type { NewCredential } from './record-credential.ts'
import { credentialStateAfter } from './transitions.ts'

type Replacement = Partial<NewCredential> & Pick<NewCredential, 'source'>

export interface Rotation extends OfCredential {
  /** When it happened; now unless said otherwise. */
  readonly rotatedAt?: Instant
  /** Of the new value, where the same record keeps being it. */
  readonly fingerprints?: readonly KeyedFingerprint[]
  readonly expiresAt?: Instant
  /** Another credential took its place. Whose it is, its type and consumers are the old one's unless said otherwise. */
  readonly replacement?: Replacement
}

export interface Rotated {
  readonly credential: CurrentCredential
  readonly replacement?: CurrentCredential
}

/**
 * Without `replacement` the same record has a new value: the fingerprints of the old one leave it (its history keeps
 * them). With one the old record is `rotated` and names the new, which is `live`.
 */
export async function recordRotation(identity: IdentityLayer, act: Act, rotation: Rotation): Promise<Rotated> {
  const { rotatedAt = act.at, fingerprints = [], expiresAt, replacement } = rotation
  if (rotatedAt > act.at) throw new Fault('unprocessable', 'a rotation is recorded when it has happened')
  refuseFingerprints([...fingerprints, ...(replacement?.fingerprints ?? [])])
  return await operate(identity, act, async (tx) => {
    const [current] = await lockCredentials(tx, [rotation])
    if (current === undefined) throw new Error('a credential that is not there throws')
    const told = { ...optional('expiresAt', expiresAt), rotatedAt, fingerprints }
    return replacement === undefined
      ? await newValue(tx, act, current, told)
      : await newRecord(tx, act, current, told, replacement)
  })
}

interface Told {
  readonly rotatedAt: Instant
  readonly expiresAt?: Instant
  readonly fingerprints: readonly KeyedFingerprint[]
}

async function newValue(tx: Tx, act: Act, current: CurrentCredential, told: Told): Promise<Rotated> {
  const { rotatedAt, expiresAt, fingerprints } = told
  const state = credentialStateAfter(current.data.state, 'rotate')
  refuseReplaced(current)
  await replaceFingerprints(tx, current.id, fingerprints)
  const credential = await patchCredential(tx, act, current, {
    patch: (record) => ({
      ...without(record, 'leak', 'expiresAt', 'hint'),
      state,
      fingerprints,
      lastRotatedAt: rotatedAt,
      ...optional('expiresAt', expiresAt),
    }),
    words: { type: 'credential.rotated', content: { rotatedAt } },
  })
  return { credential }
}

async function newRecord(
  tx: Tx,
  act: Act,
  current: CurrentCredential,
  { rotatedAt, expiresAt }: Told,
  replacement: Replacement,
): Promise<Rotated> {
  const { type, principalId, consumers, name, rotateWithinDays } = current.data
  const state = credentialStateAfter(current.data.state, 'replace')
  refuseReplaced(current)
  const whose = replacement.principalId ?? principalId
  if (whose === undefined) {
    throw new Fault('unprocessable', 'nobody knows whose the old one is: say `principalId` of the replacement')
  }
  const [made] = await insertCredentials(tx, act, [
    {
      type,
      consumers,
      ...optional('name', name),
      rotateWithinDays,
      createdAtSource: rotatedAt,
      ...optional('expiresAt', expiresAt),
      ...replacement,
      principalId: whose,
    },
  ])
  if (made === undefined) throw new Error('one credential makes one record')
  const next = { ...made, id: made.id as Id<'credential'> }
  const credential = await patchCredential(tx, act, current, {
    patch: (record) => ({ ...record, state, replacedBy: next.id, lastRotatedAt: rotatedAt }),
    words: { type: 'credential.replaced', about: [next.id], content: { rotatedAt } },
  })
  return { credential, replacement: next }
}

function refuseReplaced({ data: { replacedBy } }: CurrentCredential): void {
  if (replacedBy !== undefined) throw new Fault('conflict', `it was replaced by ${replacedBy} already: rotate that one`)
}

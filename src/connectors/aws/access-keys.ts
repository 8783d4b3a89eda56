// Access keys as `list-access-keys` gives them: ids, status, age. The secret half is in no such export.
import { credentialRef, ref } from '#kernel'
import type { Observation, Ref } from '#kernel'
import { instantIn, isRecord, member, optional, textIn } from '../untrusted-value.ts'
import { accountOfAccessKey, iamArn, keyMadeAt } from './iam-name.ts'
import { problemAt, provenanceOf } from './place.ts'
import type { Place, UntrustedRecord } from './place.ts'

const ACCESS_KEY_ID = /^A[KS]IA[A-Z0-9]{12,124}$/

/** `owner`: the user around the listing, when the export nests keys in users. */
export function* accessKeyFacts(records: readonly unknown[], place: Place, owner?: Ref): Generator<Observation> {
  const made = new Map<string, number>()
  const momentOf = (record: UntrustedRecord): string =>
    `${textIn(record, 'UserName') ?? ''} ${textIn(record, 'CreateDate') ?? ''}`
  for (const record of records) if (isRecord(record)) made.set(momentOf(record), (made.get(momentOf(record)) ?? 0) + 1)
  for (const record of records) {
    if (!isRecord(record)) continue
    const keyId = textIn(record, 'AccessKeyId')
    if (keyId === undefined || !ACCESS_KEY_ID.test(keyId)) {
      yield problemAt(place, record, 'an access key without a valid AccessKeyId: it was left out')
      continue
    }
    const user = owner ?? userOf(record, keyId)
    const provenance = provenanceOf(place, record, keyId)
    if (user !== undefined && owner === undefined) yield mention(user, provenance)
    const createdAt = instantIn(record, 'CreateDate')
    const status = textIn(record, 'Status')
    const used = member(record, 'AccessKeyLastUsed')
    // two keys of one user made in the same second cannot be told apart by the second
    const alone = made.get(momentOf(record)) === 1
    yield {
      type: 'credential',
      ref: credentialRef.awsAccessKey(keyId),
      ...(user !== undefined && createdAt !== undefined && alone
        ? { aliases: [keyMadeAt(user.slice('aws:'.length), createdAt)] }
        : {}),
      credentialType: 'aws_access_key',
      exposure: 'record',
      name: keyId,
      ...optional('principal', user),
      ...optional('enabled', status === undefined ? undefined : status === 'Active'),
      ...optional('createdAt', createdAt),
      ...optional('lastRotatedAt', createdAt),
      ...optional('lastUsedAt', instantIn(isRecord(used) ? used : record, 'LastUsedDate')),
      provenance,
    }
  }
}

/** The listing gives a name only; the account is in the key id. */
function userOf(record: UntrustedRecord, keyId: string): Ref | undefined {
  const name = textIn(record, 'UserName')
  if (name === undefined) return undefined
  if (iamArn(name)?.type === 'user') return ref('aws', name)
  const account = accountOfAccessKey(keyId)
  return account === undefined ? ref('aws', `user/${name}`) : ref('aws', `arn:aws:iam::${account}:user/${name}`)
}

function mention(user: Ref, provenance: Extract<Observation, { type: 'credential' }>['provenance']): Observation {
  const externalId = user.slice('aws:'.length)
  return {
    type: 'principal',
    ref: user,
    kind: 'service_account',
    nativeType: 'iam-user',
    system: 'aws',
    externalId,
    name: externalId.slice(externalId.lastIndexOf('/') + 1),
    mentioned: true,
    provenance,
  }
}

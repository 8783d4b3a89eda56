// Keyed fingerprints in the roll: how a secret that is found somewhere is known again. Never a value, never a plain hash.
import { Fault } from '#kernel'
import { sql } from '#db'
import type { Tx } from '#db'
import { CURRENT } from '#db/history'
import type { Current } from '#db/history'
import type { IdentityLayer } from '../operation.ts'
import type { CredentialRecord, KeyedFingerprint } from '../record/credential-record.ts'

const FINGERPRINTS_MAX = 10

/** Throws Fault('unprocessable'). SECURITY: a text that is no hexadecimal HMAC may be a secret, so it is not repeated. */
export function refuseFingerprints(fingerprints: readonly KeyedFingerprint[]): void {
  if (fingerprints.length > FINGERPRINTS_MAX) {
    throw new Fault('unprocessable', `a credential has at most ${FINGERPRINTS_MAX} fingerprints`)
  }
  for (const { keyId, value } of fingerprints) {
    if (!/^[\w.:-]{1,100}$/.test(keyId)) throw new Fault('unprocessable', '`keyId` names a fingerprint key of Reeve')
    if (!/^(?:[0-9a-f]{2}){16,64}$/.test(value)) {
      throw new Fault('unprocessable', 'a fingerprint is an HMAC in lower-case hexadecimal, never the secret itself')
    }
  }
}

export interface FingerprintRow extends KeyedFingerprint {
  readonly credentialId: string
}

/** In bulk; what is there already stays. */
export async function insertFingerprints(tx: Tx, rows: readonly FingerprintRow[]): Promise<void> {
  if (rows.length === 0) return
  await tx.execute(sql`
    insert into identity.fingerprint (key_id, value, credential_id)
    select key_id, decode(value, 'hex'), credential_id
    from unnest(${rows.map(({ keyId }) => keyId)}::text[], ${rows.map(({ value }) => value)}::text[],
                ${rows.map(({ credentialId }) => credentialId)}::text[]) as given (key_id, value, credential_id)
    on conflict do nothing`)
}

/** The rows of one credential are made those of its record. */
export async function replaceFingerprints(
  tx: Tx,
  credentialId: string,
  fingerprints: readonly KeyedFingerprint[],
): Promise<void> {
  await tx.execute(sql`delete from identity.fingerprint where credential_id = ${credentialId}`)
  await insertFingerprints(
    tx,
    fingerprints.map((fingerprint) => ({ ...fingerprint, credentialId })),
  )
}

/** Every credential of record that has this fingerprint: equal secrets do not make one record. */
export async function findByFingerprint(
  identity: IdentityLayer,
  keyId: string,
  value: string,
): Promise<Current<CredentialRecord>[]> {
  refuseFingerprints([{ keyId, value }])
  return await identity.db.transaction(
    async (tx) =>
      await tx.query<Current<CredentialRecord>>(sql`
        select ${CURRENT} from identity.credential
        where id in (
          select credential_id from identity.fingerprint
          where key_id = ${keyId} and value = ${Buffer.from(value, 'hex')}
        ) order by id`),
    { readOnly: true },
  )
}

/** Which credentials have which of these fingerprints, for a whole batch at once. Keys are `keyId value`. */
export async function credentialsByFingerprint(
  tx: Tx,
  fingerprints: readonly KeyedFingerprint[],
): Promise<Map<string, string[]>> {
  const found = new Map<string, string[]>()
  if (fingerprints.length === 0) return found
  const rows = await tx.query<FingerprintRow>(sql`
    select f.key_id as "keyId", encode(f.value, 'hex') as value, f.credential_id as "credentialId"
    from unnest(${fingerprints.map(({ keyId }) => keyId)}::text[], ${fingerprints.map(({ value }) => value)}::text[])
      as given (key_id, value)
    join identity.fingerprint f on f.key_id = given.key_id and f.value = decode(given.value, 'hex')
    order by f.credential_id`)
  for (const { keyId, value, credentialId } of rows) {
    const key = `${keyId} ${value}`
    const known = found.get(key)
    if (known === undefined) found.set(key, [credentialId])
    else if (!known.includes(credentialId)) known.push(credentialId)
  }
  return found
}

/** How many credentials still have a fingerprint under each key: a key may be dropped when none needs it. */
export async function fingerprintKeysInUse(
  identity: IdentityLayer,
): Promise<{ readonly keyId: string; readonly credentials: number }[]> {
  return await identity.db.transaction(
    async (tx) =>
      await tx.query<{ keyId: string; credentials: number }>(sql`
        select key_id as "keyId", count(distinct credential_id) as credentials
        from identity.fingerprint group by key_id order by key_id`),
    { readOnly: true },
  )
}

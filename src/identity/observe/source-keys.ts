// Under which key each source was read last, so that fingerprints of an older key go only when none needs them any more.
import type { Act } from '#kernel'
import { BATCH, sql } from '#db'
import type { Tx } from '#db'
import { readCurrent } from '#db/history'
import { changeWithEntries } from '#evidence/port'
import type { CredentialRecord } from '../record/credential-record.ts'
import { CREDENTIAL } from '../record/tables.ts'
import type { IdentityLayer } from '../operation.ts'

export interface SourceRead {
  readonly sourceId: string
  readonly name: string
  readonly keyId?: string
}

/** Notes a complete read. A read without a key that lasts says nothing of fingerprints and leaves the note as it is. */
export async function noteSourceRead(tx: Tx, act: Act, { sourceId, name, keyId }: SourceRead): Promise<void> {
  await tx.execute(sql`
    insert into identity.source (id, name, key_id, read_at) values (${sourceId}, ${name}, ${keyId ?? null}, ${act.at})
    on conflict (id) do update
    set name = excluded.name, key_id = coalesce(excluded.key_id, identity.source.key_id), read_at = excluded.read_at`)
}

/**
 * Drops fingerprints of other keys than `keyId` once every source that sees credentials was read under it. A credential
 * that has none under `keyId` (nobody reads its secret any more) keeps what it has. Returns how many changed.
 */
export async function dropOldFingerprints(identity: IdentityLayer, act: Act, keyId: string): Promise<number> {
  let changed = 0
  for (;;) {
    const dropped = await identity.db.transaction(async (tx) => {
      if (await someSourceIsBehind(tx, keyId)) return 0
      return await dropBatch(tx, act, keyId)
    })
    changed += dropped
    if (dropped === 0) return changed
  }
}

async function someSourceIsBehind(tx: Tx, keyId: string): Promise<boolean> {
  const [row] = await tx.query<{ behind: boolean }>(sql`
    select exists (
      select from identity.source s where s.key_id is not null and s.key_id <> ${keyId}
        and exists (select from identity.presence p where p.source_id = s.id and p.gone_at is null)
    ) as behind`)
  return row?.behind ?? true
}

async function dropBatch(tx: Tx, act: Act, keyId: string): Promise<number> {
  const rows = await tx.query<{ id: string }>(sql`
    select distinct f.credential_id as id from identity.fingerprint f
    where f.key_id <> ${keyId} and exists (
      select from identity.fingerprint n where n.credential_id = f.credential_id and n.key_id = ${keyId})
    order by id limit ${BATCH}`)
  if (rows.length === 0) return 0
  const ids = rows.map(({ id }) => id)
  const held = await readCurrent<CredentialRecord>(tx, CREDENTIAL, ids, { lock: true })
  const kept = (record: CredentialRecord): CredentialRecord => ({
    ...record,
    fingerprints: record.fingerprints.filter((fingerprint) => fingerprint.keyId === keyId),
  })
  const changes = [...held.values()].map((current) => ({
    current,
    patch: kept,
    words: { type: 'credential.rekeyed', content: { keyId } },
  }))
  await changeWithEntries(tx, CREDENTIAL, act, changes)
  await tx.execute(sql`delete from identity.fingerprint where credential_id = any(${ids}) and key_id <> ${keyId}`)
  return ids.length
}

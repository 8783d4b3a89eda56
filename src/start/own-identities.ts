// Reeve in its own roll: the server as a principal, its keys as credentials, so that they age and are rotated in sight.
import { join } from 'node:path'
import { sql } from '#db'
import type { Database, LayerDatabase } from '#db'
import { ref } from '#kernel'
import type { Act, Clock, CredentialType, Id } from '#kernel'
import { EVERYTHING, listCredentials, recordCredential, recordRotation, registerBuiltIn } from '#identity/roll'
import type { CurrentCredential, IdentityLayer } from '#identity/roll'
import { openKeys } from '#keys'
import type { KeyDescription, KeyKind, Keys } from '#keys'

const SERVER = 'server'

const TYPES: Readonly<Record<KeyKind, CredentialType>> = {
  log: 'private_key',
  fingerprint: 'encryption_key',
  token: 'encryption_key',
  webhook: 'webhook_secret',
  cursor: 'encryption_key',
}

/** At every start: what is in the roll already is left as it is; a key that took another's place is recorded so. */
export async function registerOwnIdentities(identity: IdentityLayer, keys: Keys, act: Act): Promise<Id<'principal'>> {
  const server = await registerBuiltIn(identity, act, {
    kind: 'service_account',
    system: 'reeve',
    externalId: SERVER,
    nativeType: 'Reeve server',
    name: 'Reeve',
    purpose: 'keeps this roll: signs its log, fingerprints secrets, hashes tokens',
  })
  const principalId = server.id as Id<'principal'>
  const known = await ownCredentials(identity, principalId)
  for (const key of keys.describeKeys().filter(({ state }) => state === 'active')) {
    if (known.some(({ data }) => data.refs.includes(refOf(key)))) continue
    const before = known.find(({ data }) => data.state === 'live' && data.attributes['kind'] === key.kind)
    const record = {
      type: TYPES[key.kind],
      refs: [refOf(key)],
      name: `${key.kind} key ${key.keyId}`,
      attributes: { kind: key.kind, keyId: key.keyId },
      source: act.actor.id,
    }
    if (before === undefined) await recordCredential(identity, act, { ...record, principalId })
    else await recordRotation(identity, act, { id: before.id, replacement: { ...record, principalId } })
  }
  return principalId
}

/** Opened for this roll: where it was made under keys that are not there, no new ones take their place unsaid. */
export const keysOfRoll = async (
  dataDirectory: string,
  clock: Clock,
  database: Database,
  acceptLoss: readonly KeyKind[] = [],
): Promise<Keys> =>
  await openKeys(join(dataDirectory, 'keys'), clock, {
    neededKinds: async () => kindsInRoll(database.layer('identity')),
    acceptLoss,
  })

/** Kinds of which the roll names a key that is in use: whoever opens it needs that key. */
async function kindsInRoll(identity: LayerDatabase): Promise<ReadonlySet<string>> {
  const rows = await identity.transaction(
    async (tx) =>
      await tx.query<{ kind: string }>(sql`
        select distinct c.data -> 'attributes' ->> 'kind' as kind
        from identity.ref r join identity.credential c on c.id = r.record_id
        where c.state = 'live' and starts_with(r.ref, ${ref('reeve', 'key/')})`),
    { readOnly: true },
  )
  return new Set(rows.map(({ kind }) => kind))
}

const refOf = ({ kind, keyId }: KeyDescription): ReturnType<typeof ref> => ref('reeve', `key/${kind}/${keyId}`)

async function ownCredentials(identity: IdentityLayer, principalId: Id<'principal'>): Promise<CurrentCredential[]> {
  const { items } = await listCredentials(identity, EVERYTHING, { principal: principalId }, { limit: 200 })
  return items as CurrentCredential[]
}

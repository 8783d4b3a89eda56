// What a trigger would touch, shown before it acts: what is done is what was shown, or nothing.
import { createHash } from 'node:crypto'
import { canonicalJson, Fault } from '#kernel'
import type { Act, CredentialType, Id } from '#kernel'
import { sql } from '#db'
import type { Tx } from '#db'
import { CURRENT, readCurrent } from '#db/history'
import type { Current } from '#db/history'
import { patchPrincipals } from '../principal/patch-principal.ts'
import type { CurrentPrincipal } from '../principal/patch-principal.ts'
import { quarantined } from '../principal/quarantine.ts'
import type { CredentialRecord, CredentialState } from '../record/credential-record.ts'
import type { PrincipalRecord, PrincipalState } from '../record/principal-record.ts'
import { PRINCIPAL } from '../record/tables.ts'

export interface TouchedPrincipal {
  readonly id: Id<'principal'>
  readonly version: number
  readonly name: string
  readonly state: PrincipalState
  /** Already quarantined ones stay as they are. */
  readonly becomes: PrincipalState
}

export interface TouchedCredential {
  readonly id: Id<'credential'>
  readonly version: number
  readonly type: CredentialType
  readonly state: CredentialState
  readonly principalId?: Id<'principal'>
}

/** SHA-256 of the canonical JSON of what was shown: ids and versions. */
export function hashOf(
  trigger: string,
  shown: { readonly [list: string]: readonly { id: string; version: number }[] },
): string {
  const lists = Object.entries(shown).map(
    ([list, items]) => [list, items.map(({ id, version }) => [id, version])] as const,
  )
  return createHash('sha256')
    .update(canonicalJson({ trigger, shown: Object.fromEntries(lists) }))
    .digest('hex')
}

export function refuseOtherThanShown(shown: string, now: string): void {
  if (shown === now) return
  throw new Fault('conflict', 'what it touches has changed since the preview, or it was none: look at a new preview')
}

export const touchedPrincipal = ({ id, version, data }: Current<PrincipalRecord>): TouchedPrincipal => ({
  id: id as Id<'principal'>,
  version,
  name: data.name,
  state: data.state,
  becomes: data.state === 'retired' ? 'retired' : 'quarantined',
})

export const touchedCredential = ({ id, version, data }: Current<CredentialRecord>): TouchedCredential => ({
  id: id as Id<'credential'>,
  version,
  type: data.type,
  state: data.state,
  ...(data.principalId === undefined ? {} : { principalId: data.principalId }),
})

/** Held until the transaction ends, in order of id. */
export async function lockPrincipals(tx: Tx, ids: readonly string[]): Promise<CurrentPrincipal[]> {
  return [...(await readCurrent<PrincipalRecord>(tx, PRINCIPAL, ids, { lock: true })).values()]
}

/** Those that these principals authenticate by; of revoked ones nothing is left to do. */
export async function credentialsOf(tx: Tx, ids: readonly string[]): Promise<Current<CredentialRecord>[]> {
  return await tx.query<Current<CredentialRecord>>(sql`
    select ${CURRENT} from identity.credential
    where state <> 'revoked' and id in (
      select id from identity.credential where principal_id = any(${ids}::text[])
      union
      select c.id from unnest(${ids}::text[]) as one (id) join identity.credential c
        on c.data -> 'alsoOf' @> to_jsonb(one.id) and c.data -> 'alsoOf' <> '[]'
    ) order by id`)
}

/** Those that these principals are given to use. */
export async function credentialsUsedBy(tx: Tx, ids: readonly string[]): Promise<Current<CredentialRecord>[]> {
  return await tx.query<Current<CredentialRecord>>(sql`
    select ${CURRENT} from identity.credential
    where id in (
      select c.id from unnest(${ids}::text[]) as one (id) join identity.credential c
        on c.data -> 'consumers' @> to_jsonb(one.id) and c.data -> 'consumers' <> '[]'
    ) order by id`)
}

/** As states of the record, in bulk; what is quarantined or retired already stays as it is. */
export async function quarantineAll(
  tx: Tx,
  act: Act,
  principals: readonly CurrentPrincipal[],
  reason: string,
  about: readonly string[],
): Promise<Id<'principal'>[]> {
  const patches = principals
    .filter(({ data }) => data.state !== 'quarantined' && data.state !== 'retired')
    .map((current) => ({
      current,
      patch: quarantined(current.data, act, reason),
      words: { type: 'principal.quarantined', about, content: { from: current.data.state }, reason },
    }))
  return (await patchPrincipals(tx, act, patches)).map(({ id }) => id as Id<'principal'>)
}

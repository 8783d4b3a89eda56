// Retires a principal for good: a tombstone stays, its id is never used again, and what still opens doors is listed.
import { Fault } from '#kernel'
import type { Act, CredentialType, Id } from '#kernel'
import { sql } from '#db'
import type { Tx } from '#db'
import type { IdentityLayer } from '../operation.ts'
import { withdrawPendingOffer } from './assign-owner.ts'
import { textOf } from './limits.ts'
import { lockPrincipal, operateOnPrincipals, patchPrincipal } from './patch-principal.ts'
import type { CurrentPrincipal, OfPrincipal } from './patch-principal.ts'
import { stateAfter } from './transitions.ts'

const LIVE_CREDENTIALS_SHOWN_MAX = 1000

export interface Retired {
  readonly principal: CurrentPrincipal
  /** Credentials that, as far as the roll knows, still work: retiring the record revokes nothing. The first thousand. */
  readonly liveCredentials: readonly { readonly id: Id<'credential'>; readonly type: CredentialType }[]
  readonly liveCredentialCount: number
}

/**
 * Quarantine comes first, so that what breaks shows while it can be put back; only what every source says is gone, or
 * an emergency, is retired at once.
 */
export async function retirePrincipal(
  identity: IdentityLayer,
  act: Act,
  input: OfPrincipal & { readonly reason: string; readonly emergency?: boolean },
): Promise<Retired> {
  const reason = textOf('reason', input.reason)
  const { emergency = false } = input
  return await operateOnPrincipals(
    identity,
    act,
    ({ principal }) => [principal.id],
    async (tx) => {
      const current = await lockPrincipal(tx, input)
      if (current.data.provenance.how === 'built_in') {
        throw new Fault('conflict', 'it is an identity of Reeve itself, which goes on as long as Reeve runs')
      }
      const atOnce = emergency || current.data.goneAt !== undefined
      if (!atOnce && ['discovered', 'registered', 'active'].includes(current.data.state)) {
        throw new Fault(
          'conflict',
          'quarantine it first, so that what breaks shows while it can be put back; or say `emergency`',
        )
      }
      const state = stateAfter(current.data.state, atOnce ? 'retire_at_once' : 'retire')
      await withdrawPendingOffer(tx, act, current.id, 'the principal was retired')
      const principal = await patchPrincipal(tx, act, {
        current,
        patch: (record) => ({ ...record, state, retirement: { by: act.actor.id, at: act.at, reason } }),
        words: { type: 'principal.retired', content: { from: current.data.state, emergency }, reason },
      })
      return { principal, ...(await liveCredentialsOf(tx, current.id)) }
    },
  )
}

async function liveCredentialsOf(tx: Tx, principalId: string): Promise<Omit<Retired, 'principal'>> {
  const rows = await tx.query<{ id: Id<'credential'>; type: CredentialType; count: number }>(sql`
    select id, type, count(*) over () as count from identity.credential
    where principal_id = ${principalId} and state in ('live', 'leaked') and gone_at is null
    order by id limit ${LIVE_CREDENTIALS_SHOWN_MAX}`)
  return {
    liveCredentials: rows.map(({ id, type }) => ({ id, type })),
    liveCredentialCount: rows[0]?.count ?? 0,
  }
}

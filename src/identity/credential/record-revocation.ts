// A credential is revoked in the roll. That is a statement, not an effect: `effect` stays what it was until a probe has
// used the credential and was refused.
import type { Act } from '#kernel'
import { operate } from '../operation.ts'
import type { IdentityLayer } from '../operation.ts'
import { lockCredentials, patchCredential, statedText } from './change-credential.ts'
import type { CurrentCredential, OfCredential } from './change-credential.ts'
import { credentialStateAfter } from './transitions.ts'

export async function recordRevocation(
  identity: IdentityLayer,
  act: Act,
  input: OfCredential & { readonly reason: string },
): Promise<CurrentCredential> {
  const [revoked] = await recordRevocations(identity, act, { credentials: [input], reason: input.reason })
  if (revoked === undefined) throw new Error('one credential makes one revocation')
  return revoked
}

/** All of them or none. */
export async function recordRevocations(
  identity: IdentityLayer,
  act: Act,
  input: { readonly credentials: readonly OfCredential[]; readonly reason: string },
): Promise<CurrentCredential[]> {
  const reason = statedText(input.reason, 'reason')
  return await operate(identity, act, async (tx) => {
    const locked = await lockCredentials(tx, input.credentials)
    const revoked: CurrentCredential[] = []
    for (const current of new Map(locked.map((one) => [one.id, one])).values()) {
      const state = credentialStateAfter(current.data.state, 'revoke')
      revoked.push(
        await patchCredential(tx, act, current, {
          patch: (record) => ({ ...record, state, revocation: { at: act.at, by: act.actor.id, reason } }),
          words: { type: 'credential.revoked', reason },
        }),
      )
    }
    return revoked
  })
}

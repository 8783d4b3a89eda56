// The life of a credential in the roll as a table. It says what people and sources stated; whether the target refuses the
// secret is another field (`effect`), written with a receipt only.
import { Fault } from '#kernel'
import type { CredentialState } from '../record/credential-record.ts'

/**
 * `rotate`: the same record gets a new value, so what leaked is no longer its secret. `replace`: another record took its
 * place; one that leaked stays leaked until it is revoked. Nothing leads back from `revoked`.
 */
export const CREDENTIAL_TRANSITIONS = {
  rotate: { live: 'live', leaked: 'live' },
  replace: { live: 'rotated', leaked: 'leaked' },
  leak: { live: 'leaked', rotated: 'leaked', leaked: 'leaked', revoked: 'revoked' },
  revoke: { live: 'revoked', rotated: 'revoked', leaked: 'revoked' },
  expect_rotation: { live: 'live', leaked: 'leaked', rotated: 'rotated' },
} as const satisfies Record<string, Partial<Record<CredentialState, CredentialState>>>

export type CredentialTransition = keyof typeof CREDENTIAL_TRANSITIONS

/** What may be done with a credential in this state, for `allowedActions`. */
export function credentialTransitionsFrom(state: CredentialState): CredentialTransition[] {
  return (Object.keys(CREDENTIAL_TRANSITIONS) as CredentialTransition[]).filter((name) => endOf(name, state))
}

/** The state that it leads to. Throws Fault('conflict') that says what is possible instead. */
export function credentialStateAfter(state: CredentialState, transition: CredentialTransition): CredentialState {
  const end = endOf(transition, state)
  if (end !== undefined) return end
  if (state === 'revoked') {
    throw new Fault('conflict', 'it is revoked, which is final: record a new credential, or a leak of this one')
  }
  const possible = credentialTransitionsFrom(state).map((name) => name.replaceAll('_', ' '))
  throw new Fault('conflict', `it is ${state}: from there one can ${possible.join(', ')}`)
}

function endOf(transition: CredentialTransition, state: CredentialState): CredentialState | undefined {
  const row: Partial<Record<CredentialState, CredentialState>> = CREDENTIAL_TRANSITIONS[transition]
  return row[state]
}

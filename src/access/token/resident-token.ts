// From a presented value to the token that it is, out of resident facts: the rules of `authenticateToken` and `readActor`
// without a database. Fails closed.
import { timingSafeEqual } from 'node:crypto'
import type { DecisionState, PrincipalFacts, TokenFacts } from '../decide/index.ts'
import { hashToken, tokenKind } from './token-value.ts'
import type { TokenKey } from './token-value.ts'

export type ResidentAuthentication = { readonly token: TokenFacts } | { readonly denied: string }

/** `now`: milliseconds since 1970. Why it was refused is for the log; the answer is the same for every reason. */
export function authenticateResident(
  state: DecisionState,
  keys: readonly TokenKey[],
  presented: string,
  now: number,
): ResidentAuthentication {
  if (tokenKind(presented) === undefined) return { denied: 'malformed' }
  const token = lookUp(state, keys, presented)
  if (token === undefined) return { denied: 'unknown' }
  if (token.revoked || state.isEnded(token.id)) return { denied: 'revoked' }
  if (token.expiresAt <= now) return { denied: 'expired' }
  const inactive = whyInactive(state, token, now)
  return inactive === undefined ? { token } : { denied: inactive }
}

function lookUp(state: DecisionState, keys: readonly TokenKey[], presented: string): TokenFacts | undefined {
  for (const key of keys) {
    const hash = hashToken(presented, key)
    const token = state.tokens.byHash(hash.toString('hex'))
    if (token !== undefined && timingSafeEqual(hash, Buffer.from(token.hash, 'hex'))) return token
  }
  return undefined
}

function whyInactive(state: DecisionState, token: TokenFacts, now: number): string | undefined {
  const { subjectId, credentialId } = token
  const person = subjectId.startsWith('psn_')
  const subject = person ? state.principalOfPerson(subjectId) : state.principal(subjectId)
  if (subject === undefined) return 'its subject is not in the roll'
  if (state.isEnded(subject.id) || state.isEnded(subjectId)) return 'its subject is denied'
  return person ? personInactive(subject) : clientInactive(state, subject, credentialId, now)
}

/** Who has left is quarantined in the roll. */
const personInactive = ({ state }: PrincipalFacts): string | undefined =>
  state === 'quarantined' || state === 'retired' ? `the person is ${state}` : undefined

function clientInactive(
  known: DecisionState,
  { kind, state, expiresAt, owned }: PrincipalFacts,
  credentialId: string | undefined,
  now: number,
): string | undefined {
  if (kind !== 'api_client') return 'its subject is no API client'
  if (credentialId !== undefined && known.credential(credentialId)?.state !== 'live') return 'its credential is not live'
  if (!owned) return 'nobody answers for the API client'
  if (state !== 'active') return `the API client is ${state}`
  return expiresAt !== undefined && expiresAt <= now ? 'the API client has expired' : undefined
}

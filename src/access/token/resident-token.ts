// From a presented value to the token that it is, out of resident facts: the rules of `authenticateToken` and `readActor`
// without a database. Fails closed.
import { hash, timingSafeEqual } from 'node:crypto'
import type { DecisionState, PrincipalFacts, TokenFacts } from '../decide/index.ts'
import { hashToken, tokenKind } from './token-value.ts'
import type { TokenKey } from './token-value.ts'

export type ResidentAnswer = { readonly token: TokenFacts } | { readonly denied: string }

/** Kept beside a value that is presented again and again, and for that value alone: what it was proven to be. */
export interface ShownBefore {
  tokenHash: string | undefined
  at: number
}

export const notShown = (): ShownBefore => ({ tokenHash: undefined, at: -Infinity })

/** What was proven is believed so long; also how long a key that was retired may still count. */
const PROVEN_MS = 1000
const PROVEN_MAX = 10_000

export class ResidentAuthentication {
  readonly #keys: () => readonly TokenKey[]
  /** By SHA-256 of what was presented: the keyed hash that it has. SECURITY: no value is kept. */
  readonly #proven = new Map<string, string>()
  #provenSince = -Infinity

  /** The active key first, then those that older tokens were hashed under. */
  constructor(keys: () => readonly TokenKey[]) {
    this.#keys = keys
  }

  /** `now`: milliseconds since 1970. Why it was refused is for the log; the answer is the same for every reason. */
  authenticate(state: DecisionState, presented: string, now: number, shown = notShown()): ResidentAnswer {
    const token = this.#lookUp(state, presented, shown)
    if (token === undefined) return { denied: tokenKind(presented) === undefined ? 'malformed' : 'unknown' }
    if (token.revoked || state.isEnded(token.id)) return { denied: 'revoked' }
    if (token.expiresAt <= now) return { denied: 'expired' }
    const inactive = whyInactive(state, token, now)
    return inactive === undefined ? { token } : { denied: inactive }
  }

  /** The keyed hash costs more than a decision does, so it is made once a second for each token. */
  #lookUp(state: DecisionState, presented: string, shown: ShownBefore): TokenFacts | undefined {
    const at = performance.now()
    if (shown.tokenHash !== undefined && at - shown.at <= PROVEN_MS) return state.tokens.byHash(shown.tokenHash)
    const token = this.#proveAt(at, state, presented)
    shown.tokenHash = token?.hash
    shown.at = this.#provenSince
    return token
  }

  #proveAt(at: number, state: DecisionState, presented: string): TokenFacts | undefined {
    if (at - this.#provenSince > PROVEN_MS || this.#proven.size >= PROVEN_MAX) {
      this.#proven.clear()
      this.#provenSince = at
    }
    const digest = hash('sha256', presented, 'base64url')
    const proven = this.#proven.get(digest)
    if (proven !== undefined) return state.tokens.byHash(proven)
    if (tokenKind(presented) === undefined) return undefined
    for (const key of this.#keys()) {
      const keyed = hashToken(presented, key)
      const token = state.tokens.byHash(keyed.toString('hex'))
      if (token === undefined || !timingSafeEqual(keyed, Buffer.from(token.hash, 'hex'))) continue
      this.#proven.set(digest, token.hash)
      return token
    }
    return undefined
  }
}

function whyInactive(state: DecisionState, token: TokenFacts, now: number): string | undefined {
  const { id, subjectId, credentialId } = token
  if (state.isEnded(id) || (credentialId !== undefined && state.isEnded(credentialId))) return 'it is denied'
  const person = subjectId.startsWith('psn_')
  const subject = person ? state.principalsOfPerson(subjectId)[0] : state.principal(subjectId)
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
  if (credentialId !== undefined && known.credential(credentialId)?.state !== 'live')
    return 'its credential is not live'
  if (!owned) return 'nobody answers for the API client'
  if (state !== 'active') return `the API client is ${state}`
  return expiresAt !== undefined && expiresAt <= now ? 'the API client has expired' : undefined
}

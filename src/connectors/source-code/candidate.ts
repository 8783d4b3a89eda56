// A possible secret before it becomes a fact: still with its value, which never leaves this folder but by fingerprint.
import type { CredentialType, Instant, Json, Ref } from '#kernel'

export interface Candidate {
  /** Offsets of the value in the text. */
  readonly start: number
  readonly end: number
  /** SECURITY: for `context.fingerprint` and `context.hint` only. */
  readonly secret: string
  readonly rule: string
  readonly credentialType: CredentialType
  readonly confidence: number
  readonly name?: string
  readonly publicPrefix?: string
  readonly ref?: Ref
  readonly aliases?: readonly Ref[]
  readonly principal?: Ref
  readonly expiresAt?: Instant
  readonly attributes?: Readonly<Record<string, Json>>
  /** When two rules see the same bytes the higher rank stays: a provider's own rule says more than a name beside it. */
  readonly rank: number
}

export const RANK = { key: 5, provider: 4, pair: 4, jwt: 3, url: 3, authorization: 2, assigned: 1 } as const

/** Below this a candidate is not reported. */
export const BAR = 0.5

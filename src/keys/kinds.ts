// The kinds of keys that a server has: what each is for, and what is lost with it. The one place that enumerates them.

export interface KeyPurpose {
  readonly algorithm: 'ed25519' | 'hmac-sha256'
  readonly purpose: string
  /** What a server without it can no longer do; said when the key cannot be read. */
  readonly lostWithIt: string
}

export const KEY_KINDS = {
  log: {
    algorithm: 'ed25519',
    purpose: 'signs the checkpoints of the evidence log',
    lostWithIt: 'no checkpoint can be signed under its name again; what it signed can still be verified',
  },
  fingerprint: {
    algorithm: 'hmac-sha256',
    purpose: 'makes the fingerprints by which the same secret is known again',
    lostWithIt: 'no secret that is read from now on can be matched with the fingerprints in the roll',
  },
  token: {
    algorithm: 'hmac-sha256',
    purpose: 'makes the hashes that API tokens are kept as',
    lostWithIt: 'every API token stops working and has to be made anew',
  },
  webhook: {
    algorithm: 'hmac-sha256',
    purpose: 'signs what is sent to webhooks',
    lostWithIt: 'receivers of webhooks have to be given the new key',
  },
  cursor: {
    algorithm: 'hmac-sha256',
    purpose: 'seals the cursors of paged lists',
    lostWithIt: 'lists that are being paged through have to be started again',
  },
} as const satisfies Record<string, KeyPurpose>

export type KeyKind = keyof typeof KEY_KINDS
export const KEY_KIND_NAMES = Object.keys(KEY_KINDS) as KeyKind[]

/**
 * `active` makes new signatures and fingerprints; `retiring` still verifies and compares old ones; `retired` is only a
 * name: its secret is erased.
 */
export type KeyState = 'active' | 'retiring' | 'retired'

/** What may be shown of a key. */
export interface KeyDescription {
  readonly kind: KeyKind
  readonly keyId: string
  readonly state: KeyState
  readonly createdAt: string
  /** Where its value is, when not in the store: `file:PATH`, `env:NAME`, `exec:COMMAND` (arguments are not shown). */
  readonly reference?: string
  /** Raw Ed25519 public key, base64. */
  readonly publicKey?: string
}

// The only ways in which a secret value may leave a connector: a keyed fingerprint and a short hint.
import { createHmac, randomBytes } from 'node:crypto'
import { hmacKeyId } from '#kernel'

export interface FingerprintKey {
  /** Present when the user gave a key: fingerprints are then comparable across scans. */
  readonly keyId?: string
  readonly key: Uint8Array
}

/** Random per scan: fingerprints only say "equal within this scan" and are replaced by labels in the output. */
export const ephemeralKey = (): FingerprintKey => ({ key: randomBytes(32) })

/** `key` at least 32 bytes. The key id is derived one-way, so that it can be printed. */
export function givenKey(key: Uint8Array): FingerprintKey {
  return { keyId: hmacKeyId(key), key }
}

export function fingerprintOf(key: FingerprintKey, secret: string): string {
  return createHmac('sha256', key.key).update(secret, 'utf8').digest('hex')
}

const HINT_MAX = 4
const UNKNOWN_MIN = 20

export function hintOf(secret: string, publicPrefix = ''): string | undefined {
  const known = secret.startsWith(publicPrefix) ? publicPrefix.length : 0
  if (secret.length - known - HINT_MAX < UNKNOWN_MIN) return undefined
  return `${secret.slice(0, known + HINT_MAX)}…`
}

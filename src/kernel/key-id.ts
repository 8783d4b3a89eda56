// Names of keys that can be printed: derived one way, so that an id says which key without saying anything of it.
import { createHash } from 'node:crypto'

/** `hk_…` for an HMAC key: the same key has the same id in a scan, in the key store and in the roll. */
export function hmacKeyId(key: Uint8Array): string {
  return `hk_${shortDigest('reeve fingerprint key id\n', key)}`
}

/** `sk_…` for a signing key, from its raw public key: who verifies can compute it too. */
export function signingKeyId(publicKey: Uint8Array): string {
  return `sk_${shortDigest('reeve signing key id\n', publicKey)}`
}

function shortDigest(label: string, bytes: Uint8Array): string {
  return createHash('sha256').update(label).update(bytes).digest('hex').slice(0, 16)
}

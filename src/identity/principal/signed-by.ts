// Which public key signed a text, as identifiers that a credential of record may carry. Keys come from outside: what
// cannot be read is refused, never taken for proof.
import { constants, createHash, createPublicKey, verify, X509Certificate } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import { credentialRef, Fault } from '#kernel'
import type { Instant, Ref } from '#kernel'
import { readSshSignature, verifySshSignature } from './ssh-signature.ts'

/**
 * `raw`: a public key or certificate in PEM and the signature in base64: Ed25519, RSA (PKCS #1 or PSS) or ECDSA (DER)
 * with SHA-256, as `openssl pkeyutl -rawin` and `openssl dgst -sha256` make it. `ssh`: what
 * `ssh-keygen -Y sign -n reeve-binding` makes.
 */
export type SignatureOffered =
  | { readonly format: 'raw'; readonly publicKey: string; readonly signature: string }
  | { readonly format: 'ssh'; readonly signature: string }

export const SSH_NAMESPACE = 'reeve-binding'
const OFFERED_MAX = 16_384
const RSA_BITS_MIN = 2048

/** Identifiers of the key that signed `message`. Throws Fault('unprocessable') where the signature does not hold. */
export function signedBy(offered: SignatureOffered, message: string, now: Instant): Ref[] {
  if (JSON.stringify(offered).length > OFFERED_MAX) throw new Fault('too_large', 'a key and its signature are smaller')
  // SECURITY: said before anything reads it, so that a private key gets no further than this line
  if (offered.format === 'raw' && offered.publicKey.includes('PRIVATE KEY')) {
    throw new Fault('unprocessable', 'that is a private key: never send it anywhere, and replace it now')
  }
  const refs = offered.format === 'ssh' ? signedBySsh(offered.signature, message) : signedByRaw(offered, message, now)
  if (refs === undefined) {
    throw new Fault('unprocessable', 'the signature does not hold: sign the message of the challenge byte for byte')
  }
  return refs
}

function signedBySsh(armored: string, message: string): Ref[] | undefined {
  const read = readSshSignature(armored)
  if (read === undefined) {
    throw new Fault('unprocessable', 'it is no SSH signature by an Ed25519, RSA or ECDSA key: use `ssh-keygen -Y sign`')
  }
  if (read.namespace !== SSH_NAMESPACE) {
    throw new Fault(
      'unprocessable',
      `sign in the namespace \`${SSH_NAMESPACE}\`: \`ssh-keygen -Y sign -n ${SSH_NAMESPACE}\``,
    )
  }
  refuseWeak(read.key)
  // a message that was typed with `echo` ends with a line feed
  const holds = [message, `${message}\n`].some((text) => verifySshSignature(read, text))
  return holds ? [credentialRef.sshKey(read.fingerprint), spkiRef(read.key)] : undefined
}

function signedByRaw(
  { publicKey, signature }: Extract<SignatureOffered, { format: 'raw' }>,
  message: string,
  now: Instant,
): Ref[] | undefined {
  const { key, refs } = readKey(publicKey, now)
  refuseWeak(key)
  const bytes = Buffer.from(signature, 'base64')
  const holds = [message, `${message}\n`].some((text) => holdsFor(key, Buffer.from(text), bytes))
  return holds ? [...refs, spkiRef(key)] : undefined
}

function holdsFor(key: KeyObject, text: Buffer, signature: Buffer): boolean {
  switch (key.asymmetricKeyType) {
    case 'ed25519':
      return verify(null, text, key, signature)
    case 'ec':
      return verify('sha256', text, key, signature)
    case 'rsa':
      return (
        verify('sha256', text, key, signature) ||
        verify('sha256', text, { key, padding: constants.RSA_PKCS1_PSS_PADDING }, signature)
      )
    default:
      return false
  }
}

function readKey(pem: string, now: Instant): { readonly key: KeyObject; readonly refs: readonly Ref[] } {
  try {
    if (!pem.includes('BEGIN CERTIFICATE')) return { key: createPublicKey(pem), refs: [] }
    const certificate = new X509Certificate(pem)
    if (certificate.validToDate.toISOString() <= now) throw new Fault('unprocessable', 'the certificate has expired')
    const fingerprint = certificate.fingerprint256.replaceAll(':', '').toLowerCase()
    return { key: certificate.publicKey, refs: [credentialRef.certificate(fingerprint)] }
  } catch (error) {
    if (error instanceof Fault) throw error
    throw new Fault('unprocessable', 'it is no public key or certificate in PEM', { cause: error })
  }
}

function refuseWeak(key: KeyObject): void {
  if (key.asymmetricKeyType === 'rsa' && (key.asymmetricKeyDetails?.modulusLength ?? 0) < RSA_BITS_MIN) {
    throw new Fault('unprocessable', `an RSA key of less than ${RSA_BITS_MIN} bits proves nothing`)
  }
}

function spkiRef(key: KeyObject): Ref {
  const der = key.export({ type: 'spki', format: 'der' })
  return credentialRef.publicKey(createHash('sha256').update(der).digest('hex'))
}

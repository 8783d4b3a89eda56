// The credential fact of a secret value that stands in a file: its type by name and form, its fingerprint and hint.
// SECURITY: the value itself goes no further than `fingerprint` and `hint`.
import { credentialRef } from '#kernel'
import type { CredentialFact, CredentialType, Provenance } from '#kernel'
import { pemBlocks } from './pem.ts'
import { passwordInUrl } from './placeholder.ts'
import type { ReadContext } from './port.ts'
import { isPrivateKeyLabel, readPrivateKey } from './private-key.ts'

export interface EmbeddedSecret {
  /** The variable or attribute by which the file calls it. */
  readonly name: string
  readonly value: string
  readonly rule: string
  readonly confidence?: number
  readonly credentialType?: CredentialType
  /** What else the file says of it: an identifier, an owner, a date. */
  readonly about?: Partial<CredentialFact>
}

export function embeddedSecret(secret: EmbeddedSecret, provenance: Provenance, context: ReadContext): CredentialFact {
  const { name, rule, about } = secret
  const [block] = secret.value.includes('-----BEGIN ') ? pemBlocks(secret.value) : []
  if (block !== undefined && isPrivateKeyLabel(block.label))
    return privateKey(secret, readPrivateKey(block), provenance, context)
  const url = passwordInUrl(secret.value)
  const value = url?.password ?? secret.value
  const hint = context.hint(value)
  return {
    type: 'credential',
    credentialType: secret.credentialType ?? (url === undefined ? typeOf(name, value) : 'connection_string'),
    exposure: 'embedded',
    fingerprint: context.fingerprint(value),
    ...(hint === undefined ? {} : { hint }),
    name,
    rule,
    confidence: secret.confidence ?? 0.9,
    ...about,
    provenance,
  }
}

function privateKey(
  secret: EmbeddedSecret,
  key: ReturnType<typeof readPrivateKey>,
  provenance: Provenance,
  context: ReadContext,
): CredentialFact {
  const [ref, ...aliases] = key.refs
  return {
    type: 'credential',
    ...(ref === undefined ? {} : { ref, aliases }),
    credentialType: 'private_key',
    exposure: key.encrypted ? 'record' : 'embedded',
    fingerprint: context.fingerprint(key.secret),
    name: secret.name,
    rule: secret.rule,
    confidence: key.encrypted ? 0.1 : (secret.confidence ?? 0.95),
    ...secret.about,
    attributes: {
      encrypted: key.encrypted,
      passphraseProtected: key.encrypted,
      ...(key.keyType === undefined ? {} : { keyType: key.keyType }),
      ...(key.keyBits === undefined ? {} : { keyBits: key.keyBits }),
      ...secret.about?.attributes,
    },
    provenance,
  }
}

/** First match wins. */
const BY_NAME: readonly (readonly [name: RegExp, type: CredentialType])[] = [
  [/client[_.-]?secret/i, 'oauth_client_secret'],
  [/connection[_.-]?string|dsn|database[_.-]?url|conn[_.-]?str/i, 'connection_string'],
  [/webhook/i, 'webhook_secret'],
  [/secret[_.-]?access[_.-]?key/i, 'aws_access_key'],
  [/private[_.-]?key/i, 'private_key'],
  [/encrypt|signing|hmac|master[_.-]?key|shared[_.-]?key|secret[_.-]?key[_.-]?base/i, 'encryption_key'],
  [/pass|pwd/i, 'password'],
]

const JWT = /^eyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]*$/

function typeOf(name: string, value: string): CredentialType {
  if (value.length < 8192 && JWT.test(value)) return 'jwt'
  return BY_NAME.find(([pattern]) => pattern.test(name))?.[1] ?? 'api_token'
}

export const AWS_KEY_ID = /^(?:AKIA|ASIA)[A-Z2-7]{16}$/

/** A secret access key whose id stands beside it is that key. */
export const awsKeyRef = (keyId: string): Partial<CredentialFact> => ({
  ref: credentialRef.awsAccessKey(keyId),
  credentialType: 'aws_access_key',
})

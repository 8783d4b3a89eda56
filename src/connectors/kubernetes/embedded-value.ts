// Secret values that stand in a manifest: in a Secret's data, in a container's environment. They leave only as keyed
// fingerprints and hints.
import { credentialRef, kubernetesRef } from '#kernel'
import type { CredentialFact, CredentialType, Observation, Provenance, Ref } from '#kernel'
import { isSecretEntry, passwordInUrl } from '../placeholder.ts'
import { isRecord, listOf, member, optional, textIn } from '../untrusted-value.ts'
import type { UntrustedRecord } from '../untrusted-value.ts'
import type { Manifest } from './manifest.ts'
import { objectName, place } from './reading.ts'
import type { Reading } from './reading.ts'
import { containersOf } from './secret-reference.ts'

export interface Sighted {
  /** SECURITY: never yielded, only fingerprinted. */
  readonly secret: string
  readonly credentialType: CredentialType
  readonly rule: string
  readonly confidence: number
}

const PRIVATE_KEY = /-----BEGIN (?:[A-Z0-9]{1,20} ){0,3}PRIVATE KEY-----/
const SECRET_LENGTH_MAX = 65_536
/** What of a Secret's value is secret, if anything: a key, the password in a URL, or the value that a key's name calls for. */
export function sightedInSecret(key: string, value: string): Sighted | undefined {
  const text = value.trim()
  if (text === '' || text.length > SECRET_LENGTH_MAX || isEncrypted(text)) return undefined
  if (PRIVATE_KEY.test(text.slice(0, 8192)))
    return { secret: text, credentialType: 'private_key', rule: 'kubernetes-secret-private-key', confidence: 0.95 }
  const url = passwordInUrl(text)
  if (url !== undefined && text.length < 4096) {
    return {
      secret: url.password,
      credentialType: 'connection_string',
      rule: 'kubernetes-secret-url-credentials',
      confidence: 0.9,
    }
  }
  // `tls.key`, `encryption-key`: a name that ends in `key` calls for one here, where everything is meant to be secret
  const name = key.replace(/(^|[._-])key$/i, '$1secret')
  if (!isSecretEntry(name, text)) return undefined
  return { secret: text, credentialType: typeOfName(key), rule: 'kubernetes-secret-data', confidence: 0.9 }
}

/** Sealed, SOPS and vault forms are safe to commit: that is what they are for. */
const isEncrypted = (text: string): boolean => /^(?:ENC\[AES|\$ANSIBLE_VAULT|AgA|<path:|<.*>$|ref\+)/.test(text)

function typeOfName(name: string): CredentialType {
  if (/pass|pwd/i.test(name)) return 'password'
  if (/client.?secret/i.test(name)) return 'oauth_client_secret'
  if (/encrypt|master.?key|signing/i.test(name)) return 'encryption_key'
  if (/webhook/i.test(name)) return 'webhook_secret'
  if (/secret.?access.?key/i.test(name)) return 'aws_access_key'
  return 'api_token'
}

/** Environment values written into the pod's own specification, where a `secretKeyRef` should stand. */
export function* embeddedInPod(reading: Reading, manifest: Manifest, pod: UntrustedRecord): Generator<Observation> {
  const consumer = kubernetesRef.workload(manifest.namespace, manifest.kind, manifest.name, reading.cluster)
  const seen = new Set<string>()
  for (const container of containersOf(pod)) {
    for (const variable of listOf(member(container, 'env'))) {
      if (!isRecord(variable)) continue
      const name = textIn(variable, 'name')
      const value = textIn(variable, 'value')
      if (name === undefined || value === undefined || name.length > 256) continue
      const sighted = sightedInEnvironment(name, value)
      if (sighted === undefined) continue
      const fingerprint = reading.context.fingerprint(sighted.secret)
      const at = place(reading, manifest, objectName(manifest), variable, 'value')
      const key = `${name} ${fingerprint}`
      if (seen.has(key)) continue
      seen.add(key)
      yield credentialOf(reading, name, sighted, at)
      yield { type: 'consumer', principal: consumer, credential: { fingerprint }, provenance: at }
    }
  }
}

function sightedInEnvironment(name: string, value: string): Sighted | undefined {
  const text = value.trim()
  // `$(NAME)` is filled in by the kubelet from another variable
  if (text.length > SECRET_LENGTH_MAX || isEncrypted(text) || /\$\([A-Za-z_]/.test(text)) return undefined
  const url = passwordInUrl(text)
  if (url !== undefined)
    return { secret: url.password, credentialType: 'connection_string', rule: 'url-credentials', confidence: 0.85 }
  if (!isSecretEntry(name, text)) return undefined
  return { secret: text, credentialType: typeOfName(name), rule: 'kubernetes-env-value', confidence: 0.8 }
}

/**
 * A value on standard input is a system's own record being looked at, not a secret lying in a file; anywhere else it is
 * embedded.
 */
export function credentialOf(
  reading: Reading,
  name: string,
  sighted: Sighted,
  provenance: Provenance,
  more: { readonly ref?: Ref; readonly principal?: Ref; readonly attributes?: CredentialFact['attributes'] } = {},
): CredentialFact {
  const { secret, credentialType, rule, confidence } = sighted
  return {
    type: 'credential',
    ...optional('ref', more.ref),
    ...optional('principal', more.principal),
    credentialType,
    exposure: reading.file.origin === 'stdin' ? 'record' : 'embedded',
    fingerprint: reading.context.fingerprint(secret),
    ...optional('hint', credentialType === 'private_key' ? undefined : reading.context.hint(secret)),
    name,
    rule,
    confidence,
    ...optional('attributes', more.attributes),
    provenance,
  }
}

const ACCESS_KEY_ID = /^(?:AKIA|ASIA)[A-Z0-9]{16}$/

/** The access key id that stands beside a secret access key says whose it is. */
export function accessKeyAmong(values: Iterable<string>): Ref | undefined {
  for (const value of values) if (ACCESS_KEY_ID.test(value.trim())) return credentialRef.awsAccessKey(value.trim())
  return undefined
}

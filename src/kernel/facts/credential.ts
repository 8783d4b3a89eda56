// What authenticates. The secret itself is never in a fact: only what identifies it without revealing it.
import type { Json } from '../canonical-json.ts'
import type { Instant } from '../instant.ts'
import type { Provenance, Ref } from './provenance.ts'

/** One entry per type: everything that is known of it, so that nothing below enumerates types. */
export const CREDENTIAL_TYPES = {
  aws_access_key: { title: 'AWS access key', longLived: true, rotateWithinDays: 90 },
  console_password: { title: 'console password', longLived: true, rotateWithinDays: 90 },
  password: { title: 'password', longLived: true, rotateWithinDays: 90 },
  api_token: { title: 'API token', longLived: true, rotateWithinDays: 90 },
  oauth_client_secret: { title: 'OAuth client secret', longLived: true, rotateWithinDays: 180 },
  connection_string: { title: 'connection string with a password', longLived: true, rotateWithinDays: 90 },
  jwt: { title: 'JSON Web Token', longLived: false, rotateWithinDays: 1 },
  private_key: { title: 'private key', longLived: true, rotateWithinDays: 365 },
  certificate: { title: 'X.509 certificate', longLived: true, rotateWithinDays: 398 },
  ssh_public_key: { title: 'SSH public key', longLived: true, rotateWithinDays: 365 },
  deploy_key: { title: 'deploy key', longLived: true, rotateWithinDays: 365 },
  kubernetes_secret: { title: 'Kubernetes secret', longLived: true, rotateWithinDays: 90 },
  service_account_token: { title: 'service account token secret', longLived: true, rotateWithinDays: 90 },
  webhook_secret: { title: 'webhook secret', longLived: true, rotateWithinDays: 365 },
  ci_secret: { title: 'CI secret', longLived: true, rotateWithinDays: 90 },
  encryption_key: { title: 'encryption key', longLived: true, rotateWithinDays: 365 },
  federated: { title: 'federated token', longLived: false, rotateWithinDays: 1 },
} as const
export type CredentialType = keyof typeof CREDENTIAL_TYPES

/**
 * How the source holds it: `embedded`: the secret value itself stands at the location; `public`: the public half or a
 * certificate; `record`: a system's own record that it exists; `reference`: a name by which a consumer is given it.
 */
export type Exposure = 'embedded' | 'public' | 'record' | 'reference'

export interface CredentialFact {
  readonly type: 'credential'
  /** An explicit identifier where there is one (see `credentialRef`), else absent. */
  readonly ref?: Ref
  readonly aliases?: readonly Ref[]
  readonly credentialType: CredentialType
  readonly exposure: Exposure
  /** Whose it is, when the source says so. */
  readonly principal?: Ref
  /** From `ReadContext.fingerprint`: equal secrets give equal values within one scan. SECURITY: keyed, never a plain hash. */
  readonly fingerprint?: string
  /** From `ReadContext.hint`. */
  readonly hint?: string
  /** The variable, attribute or secret name by which the source calls it. */
  readonly name?: string
  /** The rule that recognised an embedded secret: `aws-access-key`, `generic-password`, `url-credentials`. */
  readonly rule?: string
  /** 0 to 1: how sure the rule is that this is a live secret and not an example. */
  readonly confidence?: number
  readonly enabled?: boolean
  readonly createdAt?: Instant
  readonly lastRotatedAt?: Instant
  readonly lastUsedAt?: Instant
  readonly expiresAt?: Instant
  readonly environment?: { readonly value: string; readonly reason: string }
  readonly attributes?: Readonly<Record<string, Json>>
  readonly provenance: Provenance
}

/** A principal that is given a credential to use: a workload with a secret, an agent with a token in its environment. */
export interface ConsumerFact {
  readonly type: 'consumer'
  readonly principal: Ref
  /** By identifier, or by fingerprint when the value itself is there. */
  readonly credential: { readonly ref: Ref } | { readonly fingerprint: string }
  readonly provenance: Provenance
}

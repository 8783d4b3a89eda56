// Where a fact was read, and how explicit identifiers are spelled.
import type { Instant } from '../instant.ts'

/** A system that names identities. Closed: a new connector that brings a new system adds it here. */
export const SYSTEMS = [
  'aws',
  'kubernetes',
  'github',
  'git',
  'source-code',
  'mcp',
  'a2a',
  'terraform',
  'x509',
  'ssh',
  'csv',
  'entra',
  'directory',
  'host',
  'docker-compose',
  'people',
  'oidc',
  'gcp',
  'azure',
  'postgresql',
  'reeve',
] as const
export type System = (typeof SYSTEMS)[number]

declare const brand: unique symbol
/** An explicit identifier, spelled `system:native-id`. Equal refs mean the same thing; nothing else does. */
export type Ref = string & { readonly [brand]: 'ref' }

/**
 * Spells an explicit identifier. `id` is the native one, unchanged: an ARN, `system:serviceaccount:ns:name`, a client
 * id. Where a system's ids are unique only within a scope (a Kubernetes cluster, a host), give the scope; the empty
 * scope is "not said by the input".
 */
export function ref(system: System, id: string, scope = ''): Ref {
  return (scope === '' ? `${system}:${id}` : `${system}[${scope}]:${id}`) as Ref
}

/** Identifiers of credentials share one spelling across connectors, so that sightings join. */
export const credentialRef = {
  awsAccessKey: (keyId: string) => ref('aws', `access-key/${keyId}`),
  /** OpenSSH `SHA256:…` fingerprint of a public key; also derived from private keys. */
  sshKey: (sha256: string) => ref('ssh', `key/${sha256}`),
  /** Lower-case hex SHA-256 of the DER certificate. */
  certificate: (sha256Hex: string) => ref('x509', `certificate/${sha256Hex}`),
  /** Lower-case hex SHA-256 of the DER SubjectPublicKeyInfo: joins a certificate with its private key. */
  publicKey: (spkiSha256Hex: string) => ref('x509', `spki/${spkiSha256Hex}`),
  kubernetesSecret: (namespace: string, name: string, cluster = '') =>
    ref('kubernetes', `secret/${namespace}/${name}`, cluster),
  /** An Entra password or key credential by its keyId. */
  entraKey: (keyId: string) => ref('entra', `key/${keyId}`),
  /** A CI secret by name; scope is `owner/repo`, `org`, or the empty string when unknown. */
  githubSecret: (name: string, scope: string) => ref('github', `secret/${name}`, scope),
} as const

/** Kubernetes names of principals and roles; the connector and the evaluator join on them. `cluster` '' is "not said". */
export const kubernetesRef = {
  serviceAccount: (namespace: string, name: string, cluster = '') =>
    ref('kubernetes', `system:serviceaccount:${namespace}:${name}`, cluster),
  user: (name: string, cluster = '') => ref('kubernetes', `user:${name}`, cluster),
  group: (name: string, cluster = '') => ref('kubernetes', `group:${name}`, cluster),
  role: (namespace: string, name: string, cluster = '') => ref('kubernetes', `role/${namespace}/${name}`, cluster),
  clusterRole: (name: string, cluster = '') => ref('kubernetes', `clusterrole/${name}`, cluster),
  workload: (namespace: string, kind: string, name: string, cluster = '') =>
    ref('kubernetes', `workload/${namespace}/${kind}/${name}`, cluster),
} as const

/** The scope and the native id that `ref` was given. */
export function refParts(of: Ref): { readonly system: string; readonly scope: string; readonly id: string } {
  const [, system = '', scope = '', id = ''] = /^([a-z0-9-]+)(?:\[([^\]]*)\])?:([\s\S]*)$/.exec(of) ?? []
  return { system, scope, id }
}

/** `file` is relative to the scanned path, with forward slashes. Lines are 1-based and inclusive. */
export interface Location {
  readonly file: string
  readonly startLine?: number
  readonly endLine?: number
  /** The git commit in which it was found, when it is not (only) in the working tree. */
  readonly commit?: string
}

export interface Provenance extends Location {
  readonly connector: string
  /** The place inside the source: a JSON pointer, an object name, a DN. */
  readonly object?: string
  /** When the source says that its statement was true (report time), not when we read it. */
  readonly at?: Instant
}

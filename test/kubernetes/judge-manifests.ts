// Manifests as text in, what Reeve says of them out: the real connector, correlation, evaluator and detectors.
import { createHmac } from 'node:crypto'
import { effectiveAccess } from '#access'
import type { EffectiveAccess } from '#access'
import type { ReadContext } from '#connectors/port'
import { DETECTORS, detectAll, estateInMemory } from '#governance'
import type { Finding } from '#governance'
import { correlate } from '#identity'
import type { IdentityGraph } from '#identity'
import type { Fact, Instant, Observation } from '#kernel'
import { untrustedFile } from '../../src/connectors/input/untrusted-file.ts'
import { kubernetes } from '../../src/connectors/kubernetes/kubernetes.ts'
import type { FileOrigin } from '../../src/connectors/port.ts'
import { hintOf } from '../../src/connectors/read/fingerprint.ts'

/** A file below `clusters/NAME/` is of that cluster, as `reeve.yaml` would say. */
const CONTEXT: ReadContext = {
  fingerprint: (secret) => createHmac('sha256', 'test').update(secret).digest('hex'),
  hint: hintOf,
  scopeOf: (_, path) => /^clusters\/([^/]+)\//.exec(path)?.[1] ?? '',
  csvMapping: () => undefined,
}

export const fingerprintOf = (secret: string): string => CONTEXT.fingerprint(secret)

/** Everything that the connector yields; [] when it does not take the file. */
export function observe(
  text: string | Uint8Array,
  path = 'manifests.yaml',
  origin: FileOrigin = 'tree',
): Observation[] {
  const bytes = typeof text === 'string' ? new TextEncoder().encode(text) : text
  const file = untrustedFile({ path, origin }, bytes)
  return kubernetes.accepts(file) ? [...kubernetes.discover(file, CONTEXT)] : []
}

/** A text that opens with `# clusters/…` is a file of that path. */
export function factsOf(...texts: readonly string[]): Fact[] {
  return texts.flatMap((text, index) =>
    observe(text, /^# (clusters\/\S+)/.exec(text)?.[1] ?? `m${index}.yaml`).filter(
      (seen) => seen.type !== 'problem' && seen.type !== 'blind_spot',
    ),
  )
}

export interface Judged {
  readonly graph: IdentityGraph
  readonly findings: readonly Finding[]
  /** By native identifier. */
  accessOf(externalId: string): EffectiveAccess
  /** `technique → reaches tier` of every path of a principal. */
  paths(externalId: string): readonly string[]
}

/** `detectors` limits the findings to those whose id starts with it. */
export function judgeManifests(texts: readonly string[], detectors = 'k8s-'): Judged {
  const facts = factsOf(...texts)
  const graph = correlate(facts)
  const access = effectiveAccess(facts, graph)
  const ids = [...graph.principals.keys()]
  const unknown = { value: 'unknown', reason: 'not asked' } as const
  const estate = estateInMemory({
    ...graph,
    asOf: '2026-11-01T00:00:00.000Z' as Instant,
    settings: { rotateWithinDays: {}, firstPartyOwners: [], ownAccounts: [] },
    facts,
    access,
    classification: new Map(
      ids.map((id) => [id, { environment: unknown, function: unknown, criticality: unknown, purpose: unknown }]),
    ),
    ownership: new Map(ids.map((id) => [id, { candidates: [] }])),
  })
  const accessOf = (externalId: string): EffectiveAccess => {
    const principal = [...graph.principals.values()].find((candidate) => candidate.externalId === externalId)
    const found = principal === undefined ? undefined : access.get(principal.id)
    if (found === undefined) throw new Error(`no principal \`${externalId}\``)
    return found
  }
  return {
    graph,
    findings: detectAll(
      estate,
      DETECTORS.filter(({ id }) => id.startsWith(detectors)),
    ),
    accessOf,
    paths: (externalId) =>
      accessOf(externalId).escalations.map(({ technique, reachesTier }) => `${technique} → ${reachesTier}`),
  }
}

/** `detector externalId discriminator` of each finding, sorted. */
export const inShort = (findings: readonly Finding[]): string[] =>
  findings
    .map(({ detector, subject, discriminator }) =>
      [detector, subject.externalId, ...(discriminator === undefined ? [] : [discriminator])].join(' '),
    )
    .sort()

export const manifest = (...objects: readonly object[]): string =>
  objects.map((object) => JSON.stringify(object)).join('\n---\n')

const RBAC = 'rbac.authorization.k8s.io'
export interface TestRule {
  readonly verbs: readonly string[]
  readonly resources?: readonly string[]
  readonly apiGroups?: readonly string[]
  readonly resourceNames?: readonly string[]
  readonly nonResourceURLs?: readonly string[]
}
export const account = (namespace: string, name: string, more: object = {}): object => ({
  apiVersion: 'v1',
  kind: 'ServiceAccount',
  metadata: { namespace, name, ...more },
})
export const rule = (verbs: string, resources: string, apiGroups = '', resourceNames?: string): TestRule => ({
  verbs: verbs.split(','),
  resources: resources.split(','),
  apiGroups: apiGroups.split(','),
  ...(resourceNames === undefined ? {} : { resourceNames: resourceNames.split(',') }),
})
export const clusterRole = (name: string, rules: readonly TestRule[], more: object = {}): object => ({
  apiVersion: `${RBAC}/v1`,
  kind: 'ClusterRole',
  metadata: { name, ...more },
  rules,
})
export const role = (namespace: string, name: string, rules: readonly TestRule[]): object => ({
  apiVersion: `${RBAC}/v1`,
  kind: 'Role',
  metadata: { namespace, name },
  rules,
})

/** `ns/name` is a service account, `user:x` a user, `group:x` a group. */
function subjectOf(text: string): object {
  const [kind, name] = text.split(/:(.*)/s)
  if (kind === 'user') return { kind: 'User', apiGroup: RBAC, name }
  if (kind === 'group') return { kind: 'Group', apiGroup: RBAC, name }
  const [namespace, accountName] = text.split('/')
  return { kind: 'ServiceAccount', namespace, name: accountName }
}
export const bindCluster = (name: string, roleName: string, ...subjects: readonly string[]): object => ({
  apiVersion: `${RBAC}/v1`,
  kind: 'ClusterRoleBinding',
  metadata: { name },
  roleRef: { apiGroup: RBAC, kind: 'ClusterRole', name: roleName },
  subjects: subjects.map(subjectOf),
})
export const bind = (
  namespace: string,
  name: string,
  kind: 'Role' | 'ClusterRole',
  roleName: string,
  ...subjects: readonly string[]
): object => ({
  apiVersion: `${RBAC}/v1`,
  kind: 'RoleBinding',
  metadata: { namespace, name },
  roleRef: { apiGroup: RBAC, kind, name: roleName },
  subjects: subjects.map(subjectOf),
})
export const deployment = (namespace: string, name: string, serviceAccountName?: string, pod: object = {}): object => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { namespace, name },
  spec: { template: { spec: { serviceAccountName, containers: [{ name: 'main', image: 'x' }], ...pod } } },
})

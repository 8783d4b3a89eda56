// Roles as policies and bindings as attachments. What they amount to is worked out by `access/effective/kubernetes`.
import { kubernetesRef } from '#kernel'
import type { Json, Observation } from '#kernel'
import { isRecord, listOf, member, textIn } from '../untrusted-value.ts'
import type { Manifest } from './manifest.ts'
import { isUsable } from './manifest.ts'
import { objectName, place } from './reading.ts'
import type { Reading } from './reading.ts'
import { subjectOf } from './subject.ts'

/** OpenShift serves the same objects under its own group beside the upstream one. */
export const isRbac = (group: string): boolean =>
  group === 'rbac.authorization.k8s.io' || group === 'authorization.openshift.io'

export function* readRole(reading: Reading, manifest: Manifest): Generator<Observation> {
  const { kind, name, namespace, labels, value } = manifest
  const ofCluster = kind === 'ClusterRole'
  const rules = member(value, 'rules')
  const aggregation = member(value, 'aggregationRule')
  if (rules !== undefined && rules !== null && !Array.isArray(rules)) {
    yield problem(reading, manifest, 'a role whose `rules` are not a list was read without them: make it a list')
  }
  yield {
    type: 'policy',
    ref: ofCluster
      ? kubernetesRef.clusterRole(name, reading.cluster)
      : kubernetesRef.role(namespace, name, reading.cluster),
    dialect: 'kubernetes-rbac',
    name: ofCluster ? name : `${namespace}/${name}`,
    document: {
      kind,
      metadata: { name, ...(ofCluster ? {} : { namespace }), labels },
      ...(isRecord(aggregation) ? { aggregationRule: asJson(aggregation) } : {}),
      rules: Array.isArray(rules) ? asJson(rules) : [],
    },
    provenance: place(reading, manifest, objectName(manifest, !ofCluster)),
  }
}

export function* readBinding(reading: Reading, manifest: Manifest): Generator<Observation> {
  const { kind, name, namespace, value } = manifest
  const ofCluster = kind === 'ClusterRoleBinding'
  const roleRef = member(value, 'roleRef')
  const roleName = isRecord(roleRef) ? textIn(roleRef, 'name') : undefined
  const roleKind = isRecord(roleRef) ? (textIn(roleRef, 'kind') ?? 'ClusterRole') : ''
  const roleKnown =
    roleName !== undefined &&
    isUsable(roleName) &&
    (roleKind === 'ClusterRole' || (roleKind === 'Role' && !ofCluster)) &&
    isRecord(roleRef)
  if (!roleKnown) {
    yield problem(reading, manifest, 'a binding whose `roleRef` names no role gives nothing: its subjects were read')
  }
  const policy =
    roleKind === 'Role'
      ? kubernetesRef.role(namespace, roleName ?? '', reading.cluster)
      : kubernetesRef.clusterRole(roleName ?? '', reading.cluster)
  const object = objectName(manifest, !ofCluster)
  let left = 0
  const attached = new Set<string>()
  for (const entry of listOf(member(value, 'subjects'))) {
    const at = isRecord(entry) ? place(reading, manifest, object, entry) : undefined
    const subject =
      isRecord(entry) && at !== undefined ? subjectOf(reading, entry, ofCluster ? '' : namespace, at) : undefined
    if (subject === undefined || at === undefined) {
      left += 1
      continue
    }
    yield* subject.facts
    if (!roleKnown || attached.has(subject.target)) continue
    attached.add(subject.target)
    yield {
      type: 'attachment',
      policy,
      target: subject.target,
      as: 'identity',
      ...(ofCluster ? {} : { namespace }),
      via: ofCluster ? `ClusterRoleBinding ${name}` : `RoleBinding ${namespace}/${name}`,
      provenance: at,
    }
  }
  if (left > 0)
    yield problem(reading, manifest, `${left} subjects of a binding were left out: give each a \`kind\` and a \`name\``)
}

function problem(reading: Reading, manifest: Manifest, message: string): Observation {
  const { startLine } = place(reading, manifest, '')
  return {
    type: 'problem',
    connector: 'kubernetes',
    file: reading.file.path,
    ...(startLine === undefined ? {} : { startLine }),
    message,
  }
}

/** A parsed YAML value as JSON: what JSON cannot carry (dates, big integers, undefined) becomes its text or is left out. */
function asJson(value: unknown): Json {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return value
  if (typeof value === 'number') return Number.isFinite(value) ? value : String(value)
  if (Array.isArray(value)) return value.map(asJson)
  if (!isRecord(value)) return typeof value === 'bigint' ? String(value) : null
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, asJson(inner)]))
}

// What runs: built-in kinds and custom resources with a pod template or a service account, and whom each runs as.
import { kubernetesRef } from '#kernel'
import type { Json, Observation, Ref } from '#kernel'
import { isRecord, listOf, member, textIn } from '../untrusted-value.ts'
import type { UntrustedRecord } from '../untrusted-value.ts'
import { describe } from './describe.ts'
import { embeddedInPod } from './embedded-value.ts'
import type { Manifest } from './manifest.ts'
import { isUsable } from './manifest.ts'
import { mentionServiceAccount, objectName, place } from './reading.ts'
import type { Reading } from './reading.ts'
import { containersOf, secretsOfPod } from './secret-reference.ts'

/** Where each built-in kind keeps its pod specification, and the API groups that serve it. */
const BUILT_IN: Readonly<Record<string, { readonly groups: readonly string[]; readonly pod: readonly string[] }>> = {
  Pod: { groups: [''], pod: ['spec'] },
  ReplicationController: { groups: [''], pod: ['spec', 'template', 'spec'] },
  Deployment: { groups: ['apps', 'extensions'], pod: ['spec', 'template', 'spec'] },
  ReplicaSet: { groups: ['apps', 'extensions'], pod: ['spec', 'template', 'spec'] },
  StatefulSet: { groups: ['apps'], pod: ['spec', 'template', 'spec'] },
  DaemonSet: { groups: ['apps', 'extensions'], pod: ['spec', 'template', 'spec'] },
  Job: { groups: ['batch'], pod: ['spec', 'template', 'spec'] },
  CronJob: { groups: ['batch'], pod: ['spec', 'jobTemplate', 'spec', 'template', 'spec'] },
}
export const WORKLOAD_KINDS: readonly string[] = Object.keys(BUILT_IN)

/** Kinds whose `spec` has the shape of a workload's but which only describe one to come, or only name an account. */
const NOT_A_WORKLOAD = new Set(['PodTemplate', 'CustomResourceDefinition', 'PodSecurityPolicy'])

const at = (value: unknown, path: readonly string[]): UntrustedRecord | undefined => {
  let here: unknown = value
  for (const key of path) here = isRecord(here) ? member(here, key) : undefined
  return isRecord(here) ? here : undefined
}

/** The pod specification of a workload; for a custom resource that names an account, its `spec`. */
export function podOf(manifest: Manifest): UntrustedRecord | undefined {
  const { kind, group, value } = manifest
  const builtIn = Object.hasOwn(BUILT_IN, kind) ? BUILT_IN[kind] : undefined
  if (builtIn?.groups.includes(group) === true) return at(value, builtIn.pod)
  if (NOT_A_WORKLOAD.has(kind) || group === '') return undefined
  for (const path of [
    ['spec', 'template', 'spec'],
    ['spec', 'jobTemplate', 'spec', 'template', 'spec'],
    ['spec', 'podTemplate', 'spec'],
  ]) {
    const pod = at(value, path)
    if (pod !== undefined && (containersOf(pod).length > 0 || textIn(pod, 'serviceAccountName') !== undefined))
      return pod
  }
  const spec = at(value, ['spec'])
  return spec !== undefined && textIn(spec, 'serviceAccountName') !== undefined ? spec : undefined
}

export function* readWorkload(reading: Reading, manifest: Manifest, pod: UntrustedRecord): Generator<Observation> {
  const { kind, namespace, name } = manifest
  const self = kubernetesRef.workload(namespace, kind, name, reading.cluster)
  const provenance = place(reading, manifest, objectName(manifest))
  const written = textIn(pod, 'serviceAccountName') ?? textIn(pod, 'serviceAccount')
  const account = written !== undefined && isUsable(written) ? written : 'default'
  const controller = controllerOf(manifest)
  yield controller === undefined
    ? {
        type: 'principal',
        ref: self,
        kind: 'workload',
        nativeType: kind,
        system: 'kubernetes',
        externalId: `${namespace}/${kind}/${name}`,
        name,
        ...describe(reading, manifest),
        attributes: attributesOf(manifest, pod, account),
        provenance,
      }
    : {
        type: 'principal',
        ref: kubernetesRef.workload(namespace, controller.kind, controller.name, reading.cluster),
        // INVARIANT: what a controller made is the controller's own: a Deployment and its Pods are one principal
        aliases: [self],
        kind: 'workload',
        nativeType: controller.kind,
        system: 'kubernetes',
        externalId: `${namespace}/${controller.kind}/${controller.name}`,
        name: controller.name,
        attributes: attributesOf(manifest, pod, account),
        mentioned: true,
        provenance,
      }
  yield* mentionServiceAccount(reading, namespace, account, provenance)
  yield* runsAs(reading, manifest, pod, self, account)
  yield* secretsOfPod(reading, manifest, pod)
  yield* embeddedInPod(reading, manifest, pod)
}

function* runsAs(
  reading: Reading,
  manifest: Manifest,
  pod: UntrustedRecord,
  self: Ref,
  account: string,
): Generator<Observation> {
  const automount = member(pod, 'automountServiceAccountToken')
  yield {
    type: 'relation',
    relation: 'runs_as',
    from: { ref: self },
    to: kubernetesRef.serviceAccount(manifest.namespace, account, reading.cluster),
    attributes: {
      namespace: manifest.namespace,
      workloadKind: manifest.kind,
      ...(typeof automount === 'boolean' ? { automountServiceAccountToken: automount } : {}),
      ...(projectsToken(pod) ? { projectsToken: true } : {}),
    },
    provenance: place(reading, manifest, objectName(manifest), pod, 'serviceAccountName'),
  }
}

function attributesOf(manifest: Manifest, pod: UntrustedRecord, account: string): Readonly<Record<string, Json>> {
  const host = ['hostNetwork', 'hostPID', 'hostIPC'].filter((key) => member(pod, key) === true)
  const privileged = containersOf(pod).some((container) => {
    const context = member(container, 'securityContext')
    return isRecord(context) && member(context, 'privileged') === true
  })
  return {
    namespace: manifest.namespace,
    serviceAccount: account,
    ...(manifest.namespaceDefaulted ? { namespaceDefaulted: true } : {}),
    ...(manifest.live ? { live: true } : {}),
    ...(host.length > 0 ? { hostNamespaces: host } : {}),
    ...(privileged ? { privileged: true } : {}),
  }
}

/** A projected token is there whatever `automountServiceAccountToken` says. */
function projectsToken(pod: UntrustedRecord): boolean {
  return listOf(member(pod, 'volumes')).some((volume) => {
    const projected = isRecord(volume) ? member(volume, 'projected') : undefined
    return (
      isRecord(projected) &&
      listOf(member(projected, 'sources')).some(
        (source) => isRecord(source) && isRecord(member(source, 'serviceAccountToken')),
      )
    )
  })
}

/** What made this object, by its owner reference. A Pod of a Deployment names the ReplicaSet between them. */
function controllerOf(manifest: Manifest): { readonly kind: string; readonly name: string } | undefined {
  for (const owner of listOf(member(manifest.metadata, 'ownerReferences'))) {
    if (!isRecord(owner) || member(owner, 'controller') !== true) continue
    const kind = textIn(owner, 'kind')
    const name = textIn(owner, 'name')
    if (kind === undefined || name === undefined || kind === 'Node' || !isUsable(kind) || !isUsable(name)) continue
    const hash = manifest.labels['pod-template-hash']
    if (kind === 'ReplicaSet' && hash !== undefined && name.endsWith(`-${hash}`))
      return { kind: 'Deployment', name: name.slice(0, -hash.length - 1) }
    return { kind, name }
  }
  return undefined
}

// Secrets by name: who is given which. The Secret object may be in another file, or in none.
import { credentialRef, kubernetesRef } from '#kernel'
import type { Observation, Provenance, Ref } from '#kernel'
import { isRecord, listOf, member, textIn } from '../untrusted-value.ts'
import type { UntrustedRecord } from '../untrusted-value.ts'
import type { Manifest } from './manifest.ts'
import { isUsable } from './manifest.ts'
import { objectName, once, place } from './reading.ts'
import type { Reading } from './reading.ts'

interface SecretUse {
  readonly namespace: string
  readonly secret: string
  readonly credential: Ref
  readonly consumer: Ref
  /** How it is given: `environment`, `volume`, `image pull`. */
  readonly use: string
}

export function* giveSecret(reading: Reading, given: SecretUse, provenance: Provenance): Generator<Observation> {
  const { namespace, secret, credential } = given
  yield* once(reading, `secret ${credential}`, () => ({
    type: 'credential',
    ref: credential,
    credentialType: 'kubernetes_secret',
    exposure: 'reference',
    name: secret,
    attributes: { namespace, use: given.use },
    provenance,
  }))
  yield* once(reading, `given ${credential} ${given.consumer}`, () => ({
    type: 'consumer',
    principal: given.consumer,
    credential: { ref: credential },
    provenance,
  }))
}

interface Named {
  readonly name: string
  readonly use: string
  readonly node: object
}

/** Every Secret that a pod of this specification is given, by any of the ways that Kubernetes has. */
export function* secretsOfPod(reading: Reading, manifest: Manifest, pod: UntrustedRecord): Generator<Observation> {
  const consumer = kubernetesRef.workload(manifest.namespace, manifest.kind, manifest.name, reading.cluster)
  for (const { name, use, node } of namedSecrets(pod)) {
    if (!isUsable(name)) continue
    const credential = credentialRef.kubernetesSecret(manifest.namespace, name, reading.cluster)
    const at = place(reading, manifest, objectName(manifest), node)
    yield* giveSecret(reading, { namespace: manifest.namespace, secret: name, credential, consumer, use }, at)
  }
}

const records = (value: unknown): readonly UntrustedRecord[] => listOf(value).filter(isRecord)

function* namedSecrets(pod: UntrustedRecord): Generator<Named> {
  yield* refs(records(member(pod, 'imagePullSecrets')), 'name', 'image pull')
  for (const volume of records(member(pod, 'volumes'))) yield* secretsOfVolume(volume)
  for (const container of containersOf(pod)) {
    for (const source of records(member(container, 'envFrom'))) {
      yield* refs([member(source, 'secretRef')], 'name', 'environment')
    }
    for (const variable of records(member(container, 'env'))) {
      const from = member(variable, 'valueFrom')
      if (isRecord(from)) yield* refs([member(from, 'secretKeyRef')], 'name', 'environment')
    }
  }
}

function* secretsOfVolume(volume: UntrustedRecord): Generator<Named> {
  yield* refs([member(volume, 'secret')], 'secretName', 'volume')
  const projected = member(volume, 'projected')
  if (isRecord(projected)) {
    for (const source of records(member(projected, 'sources'))) {
      yield* refs([member(source, 'secret')], 'name', 'volume')
    }
  }
  const csi = member(volume, 'csi')
  if (isRecord(csi)) yield* refs([member(csi, 'nodePublishSecretRef')], 'name', 'CSI volume')
  yield* refs([member(volume, 'azureFile')], 'secretName', 'volume')
  for (const kind of ['rbd', 'cephfs', 'flexVolume', 'iscsi', 'scaleIO', 'storageos', 'cinder']) {
    const source = member(volume, kind)
    if (isRecord(source)) yield* refs([member(source, 'secretRef')], 'name', 'volume')
  }
}

function* refs(nodes: readonly unknown[], key: string, use: string): Generator<Named> {
  for (const node of nodes) {
    const name = isRecord(node) ? textIn(node, key) : undefined
    if (isRecord(node) && name !== undefined) yield { name, use, node }
  }
}

export function containersOf(pod: UntrustedRecord): readonly UntrustedRecord[] {
  return ['initContainers', 'containers', 'ephemeralContainers'].flatMap((key) => records(member(pod, key)))
}

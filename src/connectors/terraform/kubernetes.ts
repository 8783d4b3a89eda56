// Kubernetes objects in state: service accounts and secrets, which join the kubernetes connector's by name.
import { credentialRef, kubernetesRef } from '#kernel'
import type { ReadResource } from './reading.ts'
import { blockAttribute, mapAttribute, placeIn } from './reading.ts'

const serviceAccount: ReadResource = function* (resource, reading) {
  const name = blockAttribute(resource, 'metadata', 'name')
  const namespace = blockAttribute(resource, 'metadata', 'namespace') ?? 'default'
  if (name === undefined) return
  const cluster = reading.context.scopeOf('cluster', reading.file.path)
  yield {
    type: 'principal',
    ref: kubernetesRef.serviceAccount(namespace, name, cluster),
    kind: 'service_account',
    nativeType: 'ServiceAccount',
    system: 'kubernetes',
    externalId: `system:serviceaccount:${namespace}:${name}`,
    name,
    attributes: { namespace, managedBy: 'terraform' },
    provenance: placeIn(reading, resource),
  }
}

/** That the secret is there; its data is found as every other sensitive value. */
const secret: ReadResource = function* (resource, reading) {
  const name = blockAttribute(resource, 'metadata', 'name')
  const namespace = blockAttribute(resource, 'metadata', 'namespace') ?? 'default'
  if (name === undefined) return
  const cluster = reading.context.scopeOf('cluster', reading.file.path)
  yield {
    type: 'credential',
    ref: credentialRef.kubernetesSecret(namespace, name, cluster),
    credentialType: 'kubernetes_secret',
    exposure: 'record',
    name,
    attributes: { namespace, keys: Object.keys(mapAttribute(resource, 'data') ?? {}) },
    provenance: placeIn(reading, resource),
  }
}

export const KUBERNETES_RESOURCES: Readonly<Record<string, ReadResource>> = {
  kubernetes_service_account: serviceAccount,
  kubernetes_service_account_v1: serviceAccount,
  kubernetes_secret: secret,
  kubernetes_secret_v1: secret,
}

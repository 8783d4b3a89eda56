// ServiceAccount objects: the account, its implicit groups, the secrets it carries, the cloud identities it stands for.
import { credentialRef, kubernetesRef, ref } from '#kernel'
import type { Observation, PrincipalFact, Provenance, Ref } from '#kernel'
import { isRecord, listOf, member, textIn } from '../untrusted-value.ts'
import { describe } from './describe.ts'
import type { Manifest } from './manifest.ts'
import { isUsable } from './manifest.ts'
import { implicitGroups, objectName, place } from './reading.ts'
import type { Reading } from './reading.ts'
import { giveSecret } from './secret-reference.ts'

export function* readServiceAccount(reading: Reading, manifest: Manifest): Generator<Observation> {
  const { namespace, name } = manifest
  const account = kubernetesRef.serviceAccount(namespace, name, reading.cluster)
  const provenance = place(reading, manifest, objectName(manifest))
  const automount = member(manifest.value, 'automountServiceAccountToken')
  const cloud = cloudIdentitiesOf(manifest)
  yield {
    type: 'principal',
    ref: account,
    kind: 'service_account',
    nativeType: 'ServiceAccount',
    system: 'kubernetes',
    externalId: `system:serviceaccount:${namespace}:${name}`,
    name,
    ...describe(reading, manifest),
    attributes: {
      namespace,
      ...(manifest.namespaceDefaulted ? { namespaceDefaulted: true } : {}),
      ...(manifest.live ? { live: true } : {}),
      ...(typeof automount === 'boolean' ? { automountServiceAccountToken: automount } : {}),
      ...(cloud.length === 0 ? {} : { cloudIdentities: cloud.map((identity) => identity.externalId) }),
    },
    provenance,
  }
  yield* implicitGroups(reading, account, namespace, provenance)
  for (const identity of cloud) yield* federate(account, identity, provenance)
  yield* carriedSecrets(reading, manifest, account)
}

function* carriedSecrets(reading: Reading, manifest: Manifest, account: Ref): Generator<Observation> {
  for (const [key, use] of [
    ['imagePullSecrets', 'image pull'],
    ['secrets', 'listed by the account'],
  ] as const) {
    for (const entry of listOf(member(manifest.value, key))) {
      const secret = isRecord(entry) ? textIn(entry, 'name') : undefined
      if (!isRecord(entry) || secret === undefined || !isUsable(secret)) continue
      const at = place(reading, manifest, objectName(manifest), entry)
      // a token secret listed here is the account's own: its Secret object says so, and this is only its name
      const credential = credentialRef.kubernetesSecret(manifest.namespace, secret, reading.cluster)
      yield* giveSecret(reading, { namespace: manifest.namespace, secret, credential, consumer: account, use }, at)
    }
  }
}

interface CloudIdentity {
  readonly annotation: string
  readonly externalId: string
  readonly principal: Pick<PrincipalFact, 'ref' | 'nativeType' | 'system' | 'name'>
}

/** The annotations by which EKS, GKE and AKS exchange the account's token for a cloud identity's. */
function cloudIdentitiesOf(manifest: Manifest): readonly CloudIdentity[] {
  const found: CloudIdentity[] = []
  const role = manifest.annotations['eks.amazonaws.com/role-arn']?.trim()
  if (role !== undefined && /^arn:aws[a-z-]*:iam::\d{12}:role\/[\w+=,.@/-]{1,600}$/.test(role)) {
    const name = role.slice(role.lastIndexOf('/') + 1)
    found.push({
      annotation: 'eks.amazonaws.com/role-arn',
      externalId: role,
      principal: { ref: ref('aws', role), nativeType: 'iam-role', system: 'aws', name },
    })
  }
  const email = manifest.annotations['iam.gke.io/gcp-service-account']?.trim()
  if (email !== undefined && /^[\w.-]{1,100}@[\w.-]{1,200}$/.test(email)) {
    found.push({
      annotation: 'iam.gke.io/gcp-service-account',
      externalId: email,
      principal: { ref: ref('gcp', email), nativeType: 'gcp-service-account', system: 'gcp', name: email },
    })
  }
  const client = manifest.annotations['azure.workload.identity/client-id']?.trim()
  if (client !== undefined && /^[0-9A-Za-z-]{8,64}$/.test(client)) {
    const principal = ref('entra', `sp-app/${client}`)
    found.push({
      annotation: 'azure.workload.identity/client-id',
      externalId: client,
      principal: { ref: principal, nativeType: 'servicePrincipal', system: 'entra', name: client },
    })
  }
  return found
}

function* federate(account: Ref, identity: CloudIdentity, provenance: Provenance): Generator<Observation> {
  yield {
    type: 'principal',
    ...identity.principal,
    kind: 'service_account',
    externalId: identity.externalId,
    mentioned: true,
    provenance,
  }
  yield {
    type: 'relation',
    relation: 'federates_to',
    from: { ref: account },
    to: identity.principal.ref,
    attributes: { annotation: identity.annotation },
    provenance,
  }
}

// The known ways from some rights to more, each with everything that it needs: all its rights, in the same place, on
// names that reach. A right that its names or its namespace make useless yields nothing.
import type { Edge, TargetKind } from './edge.ts'
import { placeInWords, targetKey, toAccounts, together } from './edge.ts'
import type { Holder, Held } from './holder.ts'
import { coversName } from './holder.ts'
import { bindEdges, escalateEdges } from './technique-roles.ts'
import type { World } from './world.ts'

export interface Technique {
  /** Stable: a part of finding fingerprints. */
  readonly id: string
  readonly title: string
  edges(holder: Holder, world: World): Iterable<Edge>
}

export const TECHNIQUES: readonly Technique[] = [
  { id: 'k8s:escalate', title: 'can write any rule into a role that it is bound to', edges: escalateEdges },
  { id: 'k8s:bind', title: 'can bind itself to a stronger role', edges: bindEdges },
  { id: 'k8s:impersonate', title: 'can impersonate a stronger identity', edges: impersonateEdges },
  {
    id: 'k8s:create-workload',
    title: 'can start a pod as a stronger service account',
    *edges(holder) {
      for (const held of holder.held('createWorkload').values()) yield toAccounts(held, held.namespace)
    },
  },
  {
    id: 'k8s:change-workload',
    title: 'can change a workload so that it runs its code as a stronger service account',
    edges: changeWorkloadEdges,
  },
  {
    id: 'k8s:pods-exec',
    title: 'can run commands in a pod of a stronger service account',
    *edges(holder) {
      for (const held of holder.held('execInPod').values()) yield* toPods(held)
    },
  },
  {
    id: 'k8s:token-request',
    title: 'can request a token of a stronger service account',
    *edges(holder) {
      for (const held of holder.held('requestToken').values()) yield* named(held, 'account')
    },
  },
  {
    id: 'k8s:secrets-read',
    title: 'can read a secret that holds a token of a stronger service account',
    *edges(holder) {
      for (const held of holder.held('readSecrets').values()) yield* named(held, 'token')
    },
  },
  {
    id: 'k8s:token-secret-create',
    title: 'can have a token secret made for a stronger service account and read it',
    *edges(holder) {
      for (const [create, read] of together(holder.held('createSecrets'), holder.held('readSecrets')))
        yield toAccounts(create, create.namespace === '' ? read.namespace : create.namespace, [read])
    },
  },
  {
    id: 'k8s:nodes-proxy',
    title: 'can run commands in every pod through the kubelets',
    *edges(holder) {
      for (const held of holder.held('proxyNodes').values())
        yield { to: { tier: 'admin', reaches: 'every pod of every node, those of `kube-system` included' }, by: [held] }
    },
  },
  { id: 'k8s:certificates', title: 'can issue itself a client certificate', edges: certificateEdges },
  {
    id: 'k8s:mutating-webhook',
    title: 'can change every object on its way into the cluster',
    *edges(holder) {
      for (const held of holder.held('changeMutatingWebhooks').values())
        yield { to: { tier: 'admin', reaches: 'every pod that anybody creates, in any namespace' }, by: [held] }
    },
  },
  {
    id: 'k8s:nodes-change',
    title: 'can steer pods of others onto a node of its choice',
    *edges(holder) {
      for (const held of holder.held('changeNodes').values()) {
        if (held.names === undefined)
          yield { to: { tier: 'high', reaches: 'pods that are steered onto a node under its control' }, by: [held] }
      }
    },
  },
  {
    id: 'k8s:host-path-volume',
    title: 'can mount the file system of a node',
    *edges(holder) {
      const volume = holder.held('createPersistentVolumes').get('')
      if (volume === undefined) return
      const [claim] = together(holder.held('createPersistentVolumeClaims'), holder.held('createWorkload'))
      if (claim !== undefined)
        yield { to: { tier: 'admin', reaches: 'a node, and every account that runs on it' }, by: [volume, ...claim] }
    },
  },
]

/** All of a place, or only what the names say. */
function* named(held: Held, kind: TargetKind): Generator<Edge> {
  const place = placeInWords(held.namespace)
  if (held.names === undefined) yield { to: { key: targetKey(kind, held.namespace), place }, by: [held] }
  else for (const name of held.names) yield { to: { key: targetKey(kind, held.namespace, name), place }, by: [held] }
}

function* toPods(held: Held): Generator<Edge> {
  yield* named(held, 'pod')
  // pods of a StatefulSet are the only ones of a controller whose names are known beforehand
  for (const name of held.names ?? []) {
    const set = /^(.{1,200})-\d{1,6}$/.exec(name)?.[1]
    if (set === undefined) continue
    const key = targetKey('pod', held.namespace, `StatefulSet/${set}`)
    yield { to: { key, place: placeInWords(held.namespace) }, by: [held] }
  }
}

function* impersonateEdges(holder: Holder): Generator<Edge> {
  const users = holder.held('impersonateUsers').get('')
  const accounts = holder.held('impersonateServiceAccounts')
  if (users !== undefined) {
    if (users.names === undefined)
      yield { to: { tier: 'admin', reaches: 'any user, `system:kube-controller-manager` among them' }, by: [users] }
    else yield* named(users, 'user')
  }
  for (const held of accounts.values()) yield* named(held, 'account')
  const groups = holder.held('impersonateGroups').get('')
  // a request that impersonates a group must impersonate a user too
  const [anybody] = [users, ...accounts.values()]
  if (groups === undefined || anybody === undefined) return
  if (coversName(groups, 'system:masters'))
    yield { to: { tier: 'admin', reaches: 'the group `system:masters`' }, by: [anybody, groups] }
  else for (const edge of named(groups, 'group')) yield { ...edge, by: [anybody, groups] }
}

const CHANGES = [
  ['changeDeployment', 'Deployment'],
  ['changeStatefulSet', 'StatefulSet'],
  ['changeDaemonSet', 'DaemonSet'],
  ['changeReplicaSet', 'ReplicaSet'],
  ['changeReplicationController', 'ReplicationController'],
  ['changeCronJob', 'CronJob'],
] as const

/** There must be something to change, and the right to create one would make changing one no news. */
function* changeWorkloadEdges(holder: Holder, world: World): Generator<Edge> {
  const creates = holder.held('createWorkload')
  if (creates.has('')) return
  for (const [capability, kind] of CHANGES) {
    for (const held of holder.held(capability).values()) {
      if (held.namespace === '' && held.names === undefined) {
        yield { to: { key: targetKey('beside', '', kind), place: placeInWords('') }, by: [held] }
        continue
      }
      for (const namespace of world.namespacesWith(kind, held)) {
        if (!creates.has(namespace)) yield toAccounts(held, namespace)
      }
    }
  }
  for (const held of holder.held('changePod').values()) if (!creates.has(held.namespace)) yield* toPods(held)
}

const CLIENT_SIGNERS = ['kubernetes.io/kube-apiserver-client', 'kubernetes.io/*']
const KUBELET_SIGNER = 'kubernetes.io/kube-apiserver-client-kubelet'

function* certificateEdges(holder: Holder): Generator<Edge> {
  const request = holder.held('requestCertificates').get('')
  const approve = holder.held('approveCertificates').get('')
  const signers = holder.held('approveSigners').get('')
  if (request === undefined || approve === undefined || signers === undefined) return
  const by = [request, approve, signers]
  if (CLIENT_SIGNERS.some((signer) => coversName(signers, signer)))
    yield { to: { tier: 'admin', reaches: 'any user name, `system:kube-controller-manager` among them' }, by }
  else if (coversName(signers, KUBELET_SIGNER))
    yield { to: { tier: 'high', reaches: 'a node, and the secrets of every pod on it' }, by }
}

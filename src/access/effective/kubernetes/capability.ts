// The few rights from which more rights can be had, each with the requests that it stands for. One table: everything
// below asks it and names no verb of its own.
import type { Role } from './aggregate.ts'
import type { Rule } from './rule.ts'
import { includesOrAll, namesResource } from './rule.ts'

const RBAC = 'rbac.authorization.k8s.io'

interface Requests {
  readonly verbs: readonly string[]
  readonly group: string
  readonly resources: readonly string[]
}
interface CapabilityEntry {
  readonly any: readonly Requests[]
  /** `cluster`: the objects live in no namespace, so a RoleBinding does not give it. */
  readonly scope: 'cluster' | 'namespace'
}

const on = (group: string, resources: readonly string[], verbs: readonly string[]): Requests => ({
  verbs,
  group,
  resources,
})
const cluster = (...any: readonly Requests[]): CapabilityEntry => ({ any, scope: 'cluster' })
const namespaced = (...any: readonly Requests[]): CapabilityEntry => ({ any, scope: 'namespace' })
const CHANGE = ['update', 'patch']

export const CAPABILITIES = {
  createWorkload: namespaced(
    on('', ['pods', 'replicationcontrollers'], ['create']),
    on('apps', ['deployments', 'statefulsets', 'daemonsets', 'replicasets'], ['create']),
    on('extensions', ['deployments', 'daemonsets', 'replicasets'], ['create']),
    on('batch', ['jobs', 'cronjobs'], ['create']),
  ),
  changePod: namespaced(on('', ['pods'], CHANGE)),
  changeDeployment: namespaced(on('apps', ['deployments'], CHANGE)),
  changeStatefulSet: namespaced(on('apps', ['statefulsets'], CHANGE)),
  changeDaemonSet: namespaced(on('apps', ['daemonsets'], CHANGE)),
  changeReplicaSet: namespaced(on('apps', ['replicasets'], CHANGE)),
  changeReplicationController: namespaced(on('', ['replicationcontrollers'], CHANGE)),
  changeCronJob: namespaced(on('batch', ['cronjobs'], CHANGE)),
  execInPod: namespaced(
    // a WebSocket opens with GET, which API servers before 1.35 authorise as `get` alone
    on('', ['pods/exec', 'pods/attach'], ['create', 'get']),
    on('', ['pods/ephemeralcontainers'], CHANGE),
  ),
  requestToken: namespaced(on('', ['serviceaccounts/token'], ['create'])),
  readSecrets: namespaced(on('', ['secrets'], ['get', 'list', 'watch'])),
  createSecrets: namespaced(on('', ['secrets'], ['create'])),
  escalateClusterRoles: cluster(on(RBAC, ['clusterroles'], ['escalate'])),
  changeClusterRoles: cluster(on(RBAC, ['clusterroles'], CHANGE)),
  escalateRoles: namespaced(on(RBAC, ['roles'], ['escalate'])),
  changeRoles: namespaced(on(RBAC, ['roles'], CHANGE)),
  // asked in the namespace of the binding, so a RoleBinding gives it there
  bindClusterRoles: namespaced(on(RBAC, ['clusterroles'], ['bind'])),
  bindRoles: namespaced(on(RBAC, ['roles'], ['bind'])),
  createClusterRoleBindings: cluster(on(RBAC, ['clusterrolebindings'], ['create'])),
  changeClusterRoleBindings: cluster(on(RBAC, ['clusterrolebindings'], CHANGE)),
  createRoleBindings: namespaced(on(RBAC, ['rolebindings'], ['create'])),
  changeRoleBindings: namespaced(on(RBAC, ['rolebindings'], CHANGE)),
  impersonateUsers: cluster(on('', ['users'], ['impersonate'])),
  impersonateGroups: cluster(on('', ['groups'], ['impersonate'])),
  impersonateServiceAccounts: namespaced(on('', ['serviceaccounts'], ['impersonate'])),
  proxyNodes: cluster(on('', ['nodes/proxy'], ['get', 'create'])),
  changeNodes: cluster(on('', ['nodes'], CHANGE)),
  requestCertificates: cluster(on('certificates.k8s.io', ['certificatesigningrequests'], ['create'])),
  approveCertificates: cluster(on('certificates.k8s.io', ['certificatesigningrequests/approval'], CHANGE)),
  approveSigners: cluster(on('certificates.k8s.io', ['signers'], ['approve'])),
  changeMutatingWebhooks: cluster(
    on('admissionregistration.k8s.io', ['mutatingwebhookconfigurations'], ['create', ...CHANGE]),
  ),
  createPersistentVolumes: cluster(on('', ['persistentvolumes'], ['create'])),
  createPersistentVolumeClaims: namespaced(on('', ['persistentvolumeclaims'], ['create'])),
} as const satisfies Record<string, CapabilityEntry>
export type Capability = keyof typeof CAPABILITIES

/** What of a capability a role gives. `names` absent: whatever the object is called. */
export interface Given {
  readonly names?: ReadonlySet<string>
  /** A request that it allows, for showing. */
  readonly verb: string
  readonly group: string
  readonly resource: string
}

const NAMES = Object.keys(CAPABILITIES) as Capability[]

/** By capability; one that the role does not give is not there. */
export function capabilitiesOf(role: Pick<Role, 'rules'>): ReadonlyMap<Capability, Given> {
  const digest = new Map<Capability, Given>()
  for (const capability of NAMES) {
    let given: Given | undefined
    for (const rule of role.rules) {
      const more = givenBy(rule, CAPABILITIES[capability].any)
      if (more !== undefined) given = joined(given, more)
      if (given !== undefined && given.names === undefined) break
    }
    if (given !== undefined) digest.set(capability, given)
  }
  return digest
}

export function joined(a: Given | undefined, b: Given): Given {
  if (a === undefined || (b.names === undefined && a.names !== undefined)) return b
  if (a.names === undefined || b.names === undefined) return a
  return { ...a, names: new Set([...a.names, ...b.names]) }
}

function givenBy(rule: Rule, any: readonly Requests[]): Given | undefined {
  for (const { verbs, group, resources } of any) {
    if (!includesOrAll(rule.apiGroups, group)) continue
    for (const resource of resources) {
      if (!namesResource(rule, resource)) continue
      for (const verb of verbs) {
        if (!includesOrAll(rule.verbs, verb)) continue
        if (rule.resourceNames.length === 0) return { verb, group, resource }
        // a new object has no name yet when it is authorised, so a rule with names never allows creating one; a
        // subresource is created on an object that has a name
        if (verb === 'create' && !resource.includes('/')) continue
        return { names: new Set(rule.resourceNames), verb, group, resource }
      }
    }
  }
  return undefined
}

// The four user-facing cluster roles that every cluster has. Used only where the input does not hold them: a manifest
// folder binds `edit` without defining it. Facts from the Kubernetes documentation of its default roles.
import type { Json } from '#kernel'

const READ = ['get', 'list', 'watch']
const WRITE = ['create', 'delete', 'deletecollection', 'patch', 'update']
const AGGREGATE = 'rbac.authorization.k8s.io/aggregate-to-'

const CORE_READ = [
  'bindings',
  'configmaps',
  'endpoints',
  'events',
  'limitranges',
  'namespaces',
  'namespaces/status',
  'persistentvolumeclaims',
  'persistentvolumeclaims/status',
  'pods',
  'pods/log',
  'pods/status',
  'replicationcontrollers',
  'replicationcontrollers/scale',
  'replicationcontrollers/status',
  'resourcequotas',
  'resourcequotas/status',
  'serviceaccounts',
  'services',
  'services/status',
]
const CORE_WRITE = [
  'configmaps',
  'events',
  'persistentvolumeclaims',
  'pods',
  'pods/attach',
  'pods/exec',
  'pods/portforward',
  'pods/proxy',
  'replicationcontrollers',
  'replicationcontrollers/scale',
  'secrets',
  'serviceaccounts',
  'services',
  'services/proxy',
]
const SECRET_READ = ['pods/attach', 'pods/exec', 'pods/portforward', 'pods/proxy', 'secrets', 'services/proxy']
const APPS = ['daemonsets', 'deployments', 'replicasets', 'statefulsets']
const APPS_SCALE = ['deployments/rollback', 'deployments/scale', 'replicasets/scale', 'statefulsets/scale']
const OTHERS: readonly (readonly [group: string, resources: readonly string[]])[] = [
  ['apps', [...APPS, ...APPS_SCALE]],
  ['autoscaling', ['horizontalpodautoscalers']],
  ['batch', ['cronjobs', 'jobs']],
  ['policy', ['poddisruptionbudgets']],
  ['networking.k8s.io', ['ingresses', 'networkpolicies']],
]

const rule = (apiGroup: string, resources: readonly string[], verbs: readonly string[]): Json => ({
  apiGroups: [apiGroup],
  resources,
  verbs,
})

const VIEW = [rule('', CORE_READ, READ), ...OTHERS.map(([group, resources]) => rule(group, resources, READ))]
const EDIT = [
  rule('', SECRET_READ, READ),
  rule('', ['serviceaccounts'], ['impersonate']),
  rule('', CORE_WRITE, WRITE),
  rule('', ['serviceaccounts/token', 'pods/eviction'], ['create']),
  ...OTHERS.map(([group, resources]) => rule(group, resources, WRITE)),
]
const ADMIN = [
  rule('authorization.k8s.io', ['localsubjectaccessreviews'], ['create']),
  rule('rbac.authorization.k8s.io', ['roles', 'rolebindings'], [...READ, ...WRITE]),
]

function clusterRole(name: string, rules: readonly Json[], aggregates: string | undefined, into: string | undefined) {
  return {
    kind: 'ClusterRole',
    metadata: { name, labels: into === undefined ? {} : { [`${AGGREGATE}${into}`]: 'true' } },
    ...(aggregates === undefined
      ? {}
      : { aggregationRule: { clusterRoleSelectors: [{ matchLabels: { [`${AGGREGATE}${aggregates}`]: 'true' } }] } }),
    rules,
  } satisfies Json
}

const EVERYTHING: readonly Json[] = [
  { apiGroups: ['*'], resources: ['*'], verbs: ['*'] },
  { nonResourceURLs: ['*'], verbs: ['*'] },
]

/** By name, as documents: they aggregate what the input labels for them, as in a cluster. */
export const WELL_KNOWN_CLUSTER_ROLES: ReadonlyMap<string, Json> = new Map([
  ['cluster-admin', clusterRole('cluster-admin', EVERYTHING, undefined, undefined)],
  ['admin', clusterRole('admin', [...ADMIN, ...EDIT, ...VIEW], 'admin', undefined)],
  ['edit', clusterRole('edit', [...EDIT, ...VIEW], 'edit', 'admin')],
  ['view', clusterRole('view', VIEW, 'view', 'edit')],
])

// What a cluster binds for itself. A finding about these would be noise: nobody chose them and nobody may change them.
import type { Grant } from './cluster.ts'

/** Prefixes that the makers of clusters keep for their own bindings: upstream, kubeadm, EKS, GKE. */
const MAKERS = ['system:', 'kubeadm:', 'eks:', 'gce:']
const hasPrefix = (name: string): boolean => MAKERS.some((prefix) => name.startsWith(prefix))

/** Bound to everything by the cluster itself; the second by kubeadm from 1.29. */
const OWN_ADMINS: ReadonlyMap<string, string> = new Map([
  ['system:masters', 'cluster-admin'],
  ['kubeadm:cluster-admins', 'kubeadm:cluster-admins'],
])

/**
 * Whether the binding is one of the cluster's own. A reserved name alone is not enough, since anybody may use one: the
 * role must carry the API server's bootstrap label, or be one that the input does not hold, or the maker be another.
 */
export function isOfTheCluster(subject: string, grant: Grant): boolean {
  const binding = grant.via.slice(grant.via.indexOf(' ') + 1).replace(/^[^/]*\//, '')
  if (grant.role?.name === 'cluster-admin') return OWN_ADMINS.get(subject) === binding
  if (!hasPrefix(binding)) return false
  if (grant.role === undefined || !binding.startsWith('system:')) return true
  return grant.role.bootstrap
}

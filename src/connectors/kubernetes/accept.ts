// Whether a file is worth parsing as Kubernetes: YAML is slow to parse, so the text is looked at first.
import type { UntrustedFile } from '../port.ts'
import { WORKLOAD_KINDS } from './workload.ts'

const NAMED = /\.(?:ya?ml|json)(?:\.(?:bak|orig|txt))?$/i

const KINDS = new Set(
  ['ServiceAccount', 'Secret', 'Role', 'ClusterRole', 'RoleBinding', 'ClusterRoleBinding', ...WORKLOAD_KINDS].flatMap(
    (kind) => [kind, `${kind}List`],
  ),
)
const ANY_KIND = /["']?kind["']?[ \t]*:[ \t]*["']?([A-Z][A-Za-z]{1,80})/g
const TOP_LEVEL_KIND = /^kind[ \t]*:[ \t]*["']?([A-Z][A-Za-z]{1,80})/gm

/** By the kinds that the text names: definitions of custom resources, services and settings are not parsed at all. */
export function isManifest(file: UntrustedFile): boolean {
  if (file.binary || !(NAMED.test(file.path) || file.origin === 'stdin')) return false
  const text = file.text()
  if (!text.includes('apiVersion') || !text.includes('kind')) return false
  for (const match of text.matchAll(ANY_KIND)) if (KINDS.has(match[1] ?? '')) return true
  // a custom resource that runs as an account, or has a pod template
  if (!text.includes('serviceAccountName') && !text.includes('containers')) return false
  for (const match of text.matchAll(TOP_LEVEL_KIND)) if (match[1] !== 'CustomResourceDefinition') return true
  return false
}

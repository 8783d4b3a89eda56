// Named powers that detectors read, each with the grant that gives it.
import type { EffectiveAccess } from '../../entitlement.ts'
import type { Grant } from './cluster.ts'
import { isOfTheCluster } from './expected.ts'
import type { Holder } from './holder.ts'
import type { Rule } from './rule.ts'
import { namesResource } from './rule.ts'
import { inWords, isBuiltInGroup, THROUGH_GROUP, isDiscovery, isFull, readsSecrets, writes } from './strength.ts'

export type Power = EffectiveAccess['powers'][number]

/** Names of powers; `secrets:read:`, `wildcard-verb` and `wildcard-resource` may be followed by a namespace. */
export const KUBERNETES_POWERS = {
  clusterAdmin: 'k8s:cluster-admin',
  /** All of its own bindings are those that a cluster makes for itself. */
  ofTheCluster: 'k8s:of-the-cluster',
  /** Bound itself, not through a group, by a binding that somebody chose. */
  bound: 'k8s:bound',
  beyondDiscovery: 'k8s:beyond-discovery',
  secretsReadAll: 'secrets:read-all',
  secretsRead: 'secrets:read:',
  wildcardVerb: 'wildcard-verb',
  wildcardResource: 'wildcard-resource',
} as const

/** Whether the grant that is put in words (`inWords`) belongs to a group: the cause is there, not with its members. */
export const comesThroughGroup = (words: string): boolean => words.startsWith(THROUGH_GROUP)

export function powersOf(holder: Holder): readonly Power[] {
  const powers = new Map<string, Power>()
  const add = (power: string, grant: Grant, detail = inWords(grant)): void => {
    if (powers.has(power)) return
    powers.set(power, { power, detail, provenance: grant.provenance })
  }
  const own = holder.grants.filter((grant) => grant.group === undefined)
  const chosen = own.find((grant) => !isOfTheCluster(holder.name, grant))
  if (chosen !== undefined) add(KUBERNETES_POWERS.bound, chosen)
  else if (own[0] !== undefined) add(KUBERNETES_POWERS.ofTheCluster, own[0])
  for (const grant of holder.grants) {
    for (const rule of grant.role?.rules ?? []) {
      for (const power of powersOfRule(rule, grant.namespace)) add(power, grant)
    }
    if (grant.group === undefined && isBeyondDiscovery(holder.name, grant))
      add(KUBERNETES_POWERS.beyondDiscovery, grant)
  }
  const [first] = own
  if (holder.name === 'system:masters' && first !== undefined) add(KUBERNETES_POWERS.clusterAdmin, first)
  return [...powers.values()]
}

const isBeyondDiscovery = (subject: string, grant: Grant): boolean =>
  grant.role !== undefined &&
  !isOfTheCluster(subject, grant) &&
  grant.role.rules.some((rule) => rule.verbs.length > 0 && !isDiscovery(rule))

/** A wildcard verb on these holds verbs of its own (`escalate`, `bind`, `impersonate`) or opens everything else. */
const SENSITIVE = [
  'secrets',
  'pods',
  'serviceaccounts',
  'nodes',
  'clusterroles',
  'clusterrolebindings',
  'roles',
  'rolebindings',
]

function* powersOfRule(rule: Rule, namespace: string): Generator<string> {
  if (rule.verbs.length === 0 || rule.resources.length === 0) return
  if (isFull(rule) && namespace === '') yield KUBERNETES_POWERS.clusterAdmin
  if (readsSecrets(rule))
    yield namespace === '' ? KUBERNETES_POWERS.secretsReadAll : `${KUBERNETES_POWERS.secretsRead}${namespace}`
  if (rule.resourceNames.length > 0 || !isBuiltInGroup(rule)) return
  const place = namespace === '' ? '' : `:${namespace}`
  if (rule.resources.includes('*') && writes(rule)) yield `${KUBERNETES_POWERS.wildcardResource}${place}`
  if (rule.verbs.includes('*') && SENSITIVE.some((resource) => namesResource(rule, resource)))
    yield `${KUBERNETES_POWERS.wildcardVerb}${place}`
}

// How strong a role is where it is bound, before any way to more is considered. The reasons are what a person reads.
import type { Tier } from '../../entitlement.ts'
import { TIERS } from '../../entitlement.ts'
import type { Role } from './aggregate.ts'
import type { Grant } from './cluster.ts'
import type { Rule } from './rule.ts'
import { includesOrAll, namesResource } from './rule.ts'

export interface Strength {
  readonly tier: Tier
  /** What makes it so, in words: `every verb on every resource of the cluster`. */
  readonly because: string
}

const READS = new Set(['get', 'list', 'watch'])
const REVIEWS = new Set(['selfsubjectaccessreviews', 'selfsubjectrulesreviews', 'selfsubjectreviews'])
/** Writing these gives nobody anything: leader election, events, asking the API server who someone is. */
const HARMLESS = new Set([
  'events',
  'leases',
  'tokenreviews',
  'subjectaccessreviews',
  'localsubjectaccessreviews',
  ...REVIEWS,
])

export const rank = (tier: Tier): number => TIERS.indexOf(tier)
export const stronger = (a: Tier, b: Tier): boolean => rank(a) > rank(b)

/** Groups whose objects make up the cluster; a wildcard over an operator's own group is its own business. */
const BUILT_IN_GROUPS = ['', 'rbac.authorization.k8s.io', 'apps', 'batch']
export const isBuiltInGroup = (rule: Rule): boolean =>
  rule.apiGroups.includes('*') || BUILT_IN_GROUPS.some((group) => rule.apiGroups.includes(group))

export const isFull = (rule: Rule): boolean =>
  rule.verbs.includes('*') &&
  rule.apiGroups.includes('*') &&
  rule.resources.includes('*') &&
  rule.resourceNames.length === 0

export const writes = (rule: Rule): boolean => rule.verbs.some((verb) => !READS.has(verb))

export const readsSecrets = (rule: Rule): boolean =>
  [...READS].some((verb) => includesOrAll(rule.verbs, verb)) &&
  includesOrAll(rule.apiGroups, '') &&
  namesResource(rule, 'secrets') &&
  rule.resourceNames.length === 0

/** Only what every authenticated user may ask of any cluster. */
export const isDiscovery = (rule: Rule): boolean =>
  rule.resources.length === 0 ? !rule.nonResourceUrls.includes('*') : rule.resources.every((name) => REVIEWS.has(name))

function strengthOfRule(rule: Rule, everywhere: boolean): Strength {
  if (rule.verbs.length === 0 || isDiscovery(rule)) return { tier: 'none', because: 'discovery only' }
  if (rule.resources.length === 0) return { tier: everywhere ? 'low' : 'none', because: 'non-resource URLs' }
  if (isFull(rule)) {
    return everywhere
      ? { tier: 'admin', because: 'every verb on every resource of the cluster' }
      : { tier: 'high', because: 'every verb on every resource of a namespace' }
  }
  const wild = rule.resources.includes('*') && rule.resourceNames.length === 0 && isBuiltInGroup(rule)
  if (wild && writes(rule)) {
    return everywhere
      ? { tier: 'high', because: 'writes every resource of a built-in group in the whole cluster' }
      : { tier: 'medium', because: 'writes every resource of a built-in group in a namespace' }
  }
  if (readsSecrets(rule)) {
    return everywhere
      ? { tier: 'high', because: 'reads every secret of the cluster' }
      : { tier: 'medium', because: 'reads every secret of a namespace' }
  }
  if (writes(rule) && !rule.resources.every((name) => HARMLESS.has(name)))
    return { tier: 'medium', because: 'changes objects' }
  return { tier: 'low', because: 'reads objects' }
}

/** The strongest rule decides. */
export function strengthOfRole(role: Pick<Role, 'rules'>, everywhere: boolean): Strength {
  let best: Strength = { tier: 'none', because: 'no rule' }
  for (const rule of role.rules) {
    const strength = strengthOfRule(rule, everywhere)
    if (stronger(strength.tier, best.tier)) best = strength
  }
  return best
}

export const THROUGH_GROUP = 'through group '

/** `ClusterRoleBinding a gives ClusterRole b`, with the group and the namespace where there is one. */
export function inWords(grant: Grant): string {
  const role = grant.role === undefined ? grant.policy : roleInWords(grant.role)
  const group = grant.group === undefined ? '' : `${THROUGH_GROUP}\`${grant.group}\`, `
  return `${group}${grant.via} gives ${role}`
}

export const roleInWords = (role: Role): string =>
  role.kind === 'Role' ? `Role ${role.namespace}/${role.name}` : `ClusterRole ${role.name}`

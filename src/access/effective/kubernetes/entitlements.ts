// Entitlements as people and joins read them: one per rule of each grant, in the one spelling of names.
import { deriveId, kubernetesAction, kubernetesKind, kubernetesResource } from '#kernel'
import type { Id, Json } from '#kernel'
import type { Entitlement } from '../../entitlement.ts'
import type { Grant } from './cluster.ts'
import type { Holder } from './holder.ts'
import type { Rule } from './rule.ts'
import { isFull, roleInWords, writes } from './strength.ts'

/** A rule of a thousand groups and a thousand resources is a million pairs: beyond this the entitlement says so. */
const RESOURCES_MAX = 500
/** A large role that a group of everybody has is stated once by the group; its members point there. */
const GROUP_RULES_MAX = 50

export class Entitlements {
  readonly #cluster: string
  /** A rule says the same for everyone who has it in the same place. */
  readonly #stated = new Map<Rule, Map<string, Stated | undefined>>()

  constructor(cluster: string) {
    this.#cluster = cluster
  }

  of(holder: Holder, principalId: Id<'principal'>): Entitlement[] {
    return holder.grants.flatMap((grant) => this.#ofGrant(grant, principalId))
  }

  #ofGrant(grant: Grant, principalId: Id<'principal'>): Entitlement[] {
    const { role } = grant
    if (role === undefined) return []
    const path = [...(grant.group === undefined ? [] : [`Group ${grant.group}`]), grant.via, roleInWords(role)]
    const provenance = role.provenance ?? grant.provenance
    const fixed = { principalId, system: 'kubernetes', effect: 'allow', path, provenance } as const
    const id = (index: number): Id<'entitlement'> =>
      deriveId('entitlement', principalId, 'kubernetes', ...path, String(index))
    if (grant.group !== undefined && role.rules.length > GROUP_RULES_MAX) {
      const permission = `${role.rules.length} rules of ${roleInWords(role)}`
      return [{ ...fixed, id: id(0), permission, actions: [], resources: [], level: 'unknown' }]
    }
    const entitlements: Entitlement[] = []
    for (const [index, rule] of role.rules.entries()) {
      const stated = this.#state(rule, grant)
      if (stated !== undefined) entitlements.push({ ...fixed, id: id(index), ...stated })
    }
    return entitlements
  }

  #state(rule: Rule, grant: Grant): Stated | undefined {
    const places = this.#stated.get(rule) ?? new Map<string, Stated | undefined>()
    this.#stated.set(rule, places)
    if (!places.has(grant.namespace)) places.set(grant.namespace, stateRule(this.#cluster, rule, grant))
    return places.get(grant.namespace)
  }
}

type Stated = Pick<Entitlement, 'permission' | 'actions' | 'resources' | 'level' | 'conditions'>

function stateRule(cluster: string, rule: Rule, grant: Grant): Stated | undefined {
  if (rule.verbs.length === 0) return undefined
  const actions = rule.verbs.map(kubernetesAction)
  const verbs = rule.verbs.join(',')
  if (rule.resources.length === 0) {
    // non-resource URLs lie in no namespace, so a RoleBinding does not give them
    if (grant.namespace !== '' || rule.nonResourceUrls.length === 0) return undefined
    const resources = rule.nonResourceUrls.map((url) => kubernetesResource(cluster, '', 'nonResourceURL', url))
    return { permission: `${verbs} ${rule.nonResourceUrls.join(',')}`, actions, resources, level: levelOf(rule, grant) }
  }
  if (rule.apiGroups.length === 0) return undefined
  const resources: string[] = []
  const namespace = grant.namespace === '' ? '*' : grant.namespace
  const names = rule.resourceNames.length === 0 ? ['*'] : rule.resourceNames
  const all = rule.apiGroups.length * rule.resources.length * names.length
  for (const group of rule.apiGroups) {
    for (const resource of rule.resources) {
      for (const name of names) {
        if (resources.length >= RESOURCES_MAX) break
        resources.push(kubernetesResource(cluster, namespace, kubernetesKind(resource, group), name))
      }
    }
  }
  const conditions: Json | undefined =
    all > RESOURCES_MAX ? { resourcesShown: RESOURCES_MAX, resourcesAll: all } : undefined
  return {
    permission: `${verbs} ${rule.resources.slice(0, 20).join(',')}`,
    actions,
    resources,
    level: levelOf(rule, grant),
    ...(conditions === undefined ? {} : { conditions }),
  }
}

function levelOf(rule: Rule, grant: Grant): Entitlement['level'] {
  if (isFull(rule)) return grant.namespace === '' ? 'admin' : 'write'
  return writes(rule) ? 'write' : 'read'
}

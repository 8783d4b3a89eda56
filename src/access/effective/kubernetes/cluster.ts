// What the facts say of one cluster: its roles, who is bound to what, and where its accounts are and run.
import { kubernetesRef, refParts } from '#kernel'
import type { Fact, PolicyFact, Provenance, Ref } from '#kernel'
import type { Role, RoleSource } from './aggregate.ts'
import { resolveRoles } from './aggregate.ts'
import { membersOf } from './rule.ts'
import { WELL_KNOWN_CLUSTER_ROLES } from './well-known-roles.ts'

/** A role that a binding gives, and where it holds. */
export interface Grant {
  readonly policy: Ref
  /** Absent when the input does not hold the role: what it gives is unknown. */
  readonly role?: Role
  /** '' is everywhere, cluster-scoped objects and non-resource URLs included. */
  readonly namespace: string
  /** `ClusterRoleBinding name`, `RoleBinding namespace/name`. */
  readonly via: string
  /** The group through which it comes; absent when the subject itself is bound. */
  readonly group?: string
  readonly provenance: Provenance
}

export interface RunningWorkload {
  readonly ref: Ref
  readonly account: Ref
  readonly namespace: string
  readonly kind: string
  readonly name: string
  /** False when its pods do not mount the account's token: they say so, or the account does and they do not object. */
  readonly mountsToken: boolean
}

export interface Cluster {
  readonly name: string
  readonly roles: ReadonlyMap<Ref, Role>
  /** Every subject of a binding and every account that anything names. */
  readonly subjects: ReadonlySet<Ref>
  readonly workloads: readonly RunningWorkload[]
  /** Token secrets, by their own ref, with the account that each one is a token of. */
  readonly tokenSecrets: ReadonlyMap<Ref, Ref>
  /** Bindings by `ClusterRoleBinding name` or `RoleBinding namespace/name`: the roles that exist to be joined. */
  readonly bindings: ReadonlyMap<string, Grant>
  /** Own grants first, then those of its groups in order of group. */
  grantsOf(subject: Ref): readonly Grant[]
  groupsOf(subject: Ref): readonly Ref[]
}

interface Parts {
  readonly policies: Map<Ref, PolicyFact[]>
  readonly grants: Map<Ref, Grant[]>
  readonly groups: Map<Ref, Set<Ref>>
  readonly subjects: Set<Ref>
  readonly workloads: (Omit<RunningWorkload, 'mountsToken'> & { readonly mountsToken: boolean | undefined })[]
  /** Accounts of which a document is in the input: whether none of their documents has pods mount the token. */
  readonly quiet: Map<Ref, boolean>
  readonly tokenSecrets: Map<Ref, Ref>
}

export function clustersOf(facts: readonly Fact[]): Map<string, Cluster> {
  const parts = new Map<string, Parts>()
  for (const fact of facts) collect(fact, (scope) => partsOf(parts, scope))
  return new Map([...parts].map(([name, part]) => [name, clusterOf(name, part)]))
}

function partsOf(all: Map<string, Parts>, scope: string): Parts {
  const known = all.get(scope)
  if (known !== undefined) return known
  const made: Parts = {
    policies: new Map(),
    grants: new Map(),
    groups: new Map(),
    subjects: new Set(),
    workloads: [],
    quiet: new Map(),
    tokenSecrets: new Map(),
  }
  all.set(scope, made)
  return made
}

/** The scope of a Kubernetes ref, else `undefined`. */
function scopeOf(ref: Ref): string | undefined {
  if (!ref.startsWith('kubernetes')) return undefined
  const { system, scope } = refParts(ref)
  return system === 'kubernetes' ? scope : undefined
}

const isSubject = (ref: Ref): boolean => /^kubernetes(?:\[[^\]]*\])?:(?:user:|group:|system:serviceaccount:)/.test(ref)

function collect(fact: Fact, partsOfScope: (scope: string) => Parts): void {
  if (fact.type === 'principal') {
    const scope = isSubject(fact.ref) ? scopeOf(fact.ref) : undefined
    if (scope === undefined) return
    const { subjects, quiet } = partsOfScope(scope)
    subjects.add(fact.ref)
    if (fact.mentioned !== true)
      quiet.set(fact.ref, quiet.get(fact.ref) !== false && fact.attributes?.['automountServiceAccountToken'] === false)
  } else if (fact.type === 'policy') {
    const scope = fact.dialect === 'kubernetes-rbac' ? scopeOf(fact.ref) : undefined
    if (scope !== undefined) push(partsOfScope(scope).policies, fact.ref, fact)
  } else if (fact.type === 'attachment') {
    const scope = scopeOf(fact.policy)
    if (scope === undefined || scopeOf(fact.target) !== scope) return
    const { policy, namespace = '', via = '', provenance } = fact
    push(partsOfScope(scope).grants, fact.target, { policy, namespace, via, provenance })
    partsOfScope(scope).subjects.add(fact.target)
  } else if (fact.type === 'membership') {
    const scope = scopeOf(fact.group)
    if (scope === undefined) return
    const { groups } = partsOfScope(scope)
    groups.set(fact.member, (groups.get(fact.member) ?? new Set()).add(fact.group))
  } else if (fact.type === 'relation' && fact.relation === 'runs_as' && 'ref' in fact.from) {
    const scope = scopeOf(fact.to)
    const workload = scope === undefined ? undefined : workloadOf(fact.from.ref, fact.to, fact.attributes ?? {})
    if (scope !== undefined && workload !== undefined) partsOfScope(scope).workloads.push(workload)
  } else if (fact.type === 'credential' && fact.credentialType === 'service_account_token') {
    const scope = fact.ref === undefined ? undefined : scopeOf(fact.ref)
    if (fact.ref !== undefined && scope !== undefined && fact.principal !== undefined)
      partsOfScope(scope).tokenSecrets.set(fact.ref, fact.principal)
  }
}

function workloadOf(
  ref: Ref,
  account: Ref,
  attributes: { readonly automountServiceAccountToken?: unknown; readonly projectsToken?: unknown },
): Parts['workloads'][number] | undefined {
  const [, namespace, kind, ...name] = refParts(ref).id.split('/')
  if (namespace === undefined || kind === undefined || !refParts(ref).id.startsWith('workload/')) return undefined
  const { automountServiceAccountToken: stated, projectsToken } = attributes
  const mountsToken = projectsToken === true ? true : typeof stated === 'boolean' ? stated : undefined
  return { ref, account, namespace, kind, name: name.join('/'), mountsToken }
}

function clusterOf(name: string, parts: Parts): Cluster {
  const roles = resolveRoles(sourcesOf(name, parts))
  const own = new Map<Ref, readonly Grant[]>()
  const bindings = new Map<string, Grant>()
  for (const [subject, grants] of parts.grants) {
    const distinct = new Map<string, Grant>()
    for (const grant of grants) {
      const role = roles.get(grant.policy)
      const resolved = { ...grant, ...(role === undefined ? {} : { role }) }
      const key = `${grant.via}\n${grant.namespace}\n${grant.policy}`
      if (!distinct.has(key)) distinct.set(key, resolved)
      if (!bindings.has(grant.via)) bindings.set(grant.via, resolved)
    }
    own.set(subject, [...distinct.values()])
  }
  const ofGroup = new Map<Ref, readonly Grant[]>()
  const throughGroup = (group: Ref): readonly Grant[] => {
    const known = ofGroup.get(group)
    if (known !== undefined) return known
    const groupName = refParts(group).id.slice('group:'.length)
    const made: Grant[] = []
    for (const grant of own.get(group) ?? []) made.push({ ...grant, group: groupName })
    ofGroup.set(group, made)
    return made
  }
  const groupsOf = (subject: Ref): readonly Ref[] => [...(parts.groups.get(subject) ?? [])].sort()
  return {
    name,
    roles,
    subjects: parts.subjects,
    workloads: parts.workloads.map((workload) => ({
      ...workload,
      mountsToken: workload.mountsToken ?? parts.quiet.get(workload.account) !== true,
    })),
    tokenSecrets: parts.tokenSecrets,
    bindings,
    groupsOf,
    grantsOf: (subject) => [...(own.get(subject) ?? []), ...groupsOf(subject).flatMap(throughGroup)],
  }
}

/** Roles of the input, and the well-known ones that a binding names and the input does not hold. */
function sourcesOf(cluster: string, parts: Parts): RoleSource[] {
  const sources: RoleSource[] = []
  for (const [ref, facts] of parts.policies) {
    const [first] = facts
    if (first === undefined) continue
    const documents = facts.map((fact) => fact.document)
    const kind = membersOf(first.document)?.['kind'] === 'Role' ? 'Role' : 'ClusterRole'
    const slash = first.name.indexOf('/')
    const namespace = kind === 'Role' ? first.name.slice(0, Math.max(0, slash)) : ''
    const name = kind === 'Role' ? first.name.slice(slash + 1) : first.name
    sources.push({ ref, kind, name, namespace, documents, provenance: first.provenance })
  }
  for (const [name, document] of WELL_KNOWN_CLUSTER_ROLES) {
    const ref = kubernetesRef.clusterRole(name, cluster)
    if (!parts.policies.has(ref)) sources.push({ ref, kind: 'ClusterRole', name, namespace: '', documents: [document] })
  }
  return sources
}

function push<K, V>(map: Map<K, V[]>, key: K, value: V): void {
  const list = map.get(key)
  if (list === undefined) map.set(key, [value])
  else list.push(value)
}

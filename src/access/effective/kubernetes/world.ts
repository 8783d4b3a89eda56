// Indexes over one cluster that the techniques ask: what runs where, which roles and bindings there are.
import { kubernetesRef, refParts } from '#kernel'
import type { Ref } from '#kernel'
import type { Role } from './aggregate.ts'
import type { Cluster, RunningWorkload } from './cluster.ts'
import type { Held, Holders } from './holder.ts'
import { coversName } from './holder.ts'
import { stronger } from './strength.ts'

export class World {
  readonly cluster: Cluster
  readonly holders: Holders
  /** Workloads whose pods hold the account's token. */
  readonly #runningAs = new Map<Ref, RunningWorkload[]>()
  readonly #kindsIn = new Map<string, Set<string>>()
  readonly #placesOf = new Map<string, Set<string>>()
  readonly #rolesByName = new Map<string, Role[]>()
  readonly #strongestIn = new Map<string, Role>()
  readonly #roleBindings = new Map<string, Set<string>>()
  readonly #tokensOf = new Map<Ref, string[]>()
  /** Names of cluster roles that some ClusterRoleBinding gives. */
  readonly #joinable = new Set<string>()

  constructor(cluster: Cluster, holders: Holders) {
    this.cluster = cluster
    this.holders = holders
    for (const workload of cluster.workloads) {
      const { kind, namespace, name, account, mountsToken } = workload
      add(this.#kindsIn, namespace, kind)
      add(this.#placesOf, `${kind}\n${name}`, namespace)
      if (mountsToken) push(this.#runningAs, account, workload)
    }
    for (const role of cluster.roles.values()) {
      if (role.kind !== 'Role') continue
      push(this.#rolesByName, role.name, role)
      for (const place of ['', role.namespace]) {
        const best = this.#strongestIn.get(place)
        if (best === undefined || stronger(holders.strength(role, false).tier, holders.strength(best, false).tier))
          this.#strongestIn.set(place, role)
      }
    }
    for (const [via, { namespace, role }] of cluster.bindings) {
      if (via.startsWith('ClusterRoleBinding ') && role !== undefined) this.#joinable.add(role.name)
      if (via.startsWith('RoleBinding ')) add(this.#roleBindings, namespace, via.slice(via.indexOf('/') + 1))
    }
    for (const [secret, account] of cluster.tokenSecrets) push(this.#tokensOf, account, refParts(secret).id)
  }

  workloadsOf(account: Ref): readonly RunningWorkload[] {
    return this.#runningAs.get(account) ?? []
  }

  /** `secret/namespace/name` of each. */
  tokenSecretsOf(account: Ref): readonly string[] {
    return this.#tokensOf.get(account) ?? []
  }

  kindsIn(namespace: string): Iterable<string> {
    return this.#kindsIn.get(namespace) ?? []
  }

  /** Namespaces in which something of this kind runs that the held right, limited by place or by name, reaches. */
  *namespacesWith(kind: string, held: Held): Generator<string> {
    if (held.names === undefined) {
      if (this.#kindsIn.get(held.namespace)?.has(kind) === true) yield held.namespace
      return
    }
    const found = new Set<string>()
    for (const name of held.names) for (const place of this.#placesOf.get(`${kind}\n${name}`) ?? []) found.add(place)
    for (const place of found) if (held.namespace === '' || held.namespace === place) yield place
  }

  /** Roles of a namespace, '' for all: those named, or the strongest. */
  rolesToBind(namespace: string, names: ReadonlySet<string> | undefined): readonly Role[] {
    if (names === undefined) {
      const strongest = this.#strongestIn.get(namespace)
      return strongest === undefined ? [] : [strongest]
    }
    return [...names].flatMap((name) =>
      namespace === ''
        ? (this.#rolesByName.get(name) ?? [])
        : (this.cluster.roles.get(kubernetesRef.role(namespace, name, this.cluster.name)) ?? []),
    )
  }

  hasRoleBinding(held: Held): boolean {
    const places = held.namespace === '' ? [...this.#roleBindings.values()] : [this.#roleBindings.get(held.namespace)]
    return places.some((names) => names !== undefined && [...names].some((name) => coversName(held, name)))
  }

  /**
   * Roles that one gets by joining a ClusterRoleBinding that is there: of the bindings named, or of any, those whose
   * role may be bound. Without any names that is the strongest: every cluster has a binding of cluster-admin.
   */
  rolesToJoin(bindings: ReadonlySet<string> | undefined, roles: ReadonlySet<string> | undefined): readonly Role[] {
    const clusterRole = (name: string): Role | undefined =>
      this.cluster.roles.get(kubernetesRef.clusterRole(name, this.cluster.name))
    const candidates =
      bindings === undefined
        ? [...(roles ?? ['cluster-admin'])].filter((name) => name === 'cluster-admin' || this.#joinable.has(name))
        : [...bindings].flatMap(
            (binding) =>
              this.cluster.bindings.get(`ClusterRoleBinding ${binding}`)?.role?.name ??
              (binding === 'cluster-admin' ? binding : []),
          )
    return candidates
      .filter((name) => roles === undefined || roles.has(name))
      .flatMap((name) => clusterRole(name) ?? [])
  }
}

function add<K>(map: Map<K, Set<string>>, key: K, value: string): void {
  const set = map.get(key)
  if (set === undefined) map.set(key, new Set([value]))
  else set.add(value)
}

function push<K, V>(map: Map<K, V[]>, key: K, value: V): void {
  const list = map.get(key)
  if (list === undefined) map.set(key, [value])
  else list.push(value)
}

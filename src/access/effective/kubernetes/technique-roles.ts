// The two ways that the API server guards by verbs of their own: writing a role beyond what one holds (`escalate`) and
// binding one (`bind`). Both need the plain right to write as well, and both may be held for some names only.
import { kubernetesRef, refParts } from '#kernel'
import type { Role } from './aggregate.ts'
import type { Edge } from './edge.ts'
import { placeInWords, targetKey, together } from './edge.ts'
import type { Held, Holder } from './holder.ts'
import { coversName } from './holder.ts'
import { roleInWords } from './strength.ts'
import type { World } from './world.ts'

/** Everything in a namespace, accounts that run there included. */
function* allOfNamespace(namespace: string, by: readonly Held[]): Generator<Edge> {
  yield { to: { tier: 'high', reaches: `every right in ${placeInWords(namespace)}` }, by }
  yield { to: { key: targetKey('account', namespace), place: placeInWords(namespace) }, by }
}

/** Writing any rule into a role helps only where that role is bound to the writer. */
export function* escalateEdges(holder: Holder): Generator<Edge> {
  const escalate = holder.held('escalateClusterRoles').get('')
  const change = holder.held('changeClusterRoles').get('')
  const inRoles = new Map<string, (readonly [Held, Held])[]>()
  for (const pair of together(holder.held('escalateRoles'), holder.held('changeRoles'))) {
    const place = pair[0].namespace === '' ? pair[1].namespace : pair[0].namespace
    const pairs = inRoles.get(place)
    if (pairs === undefined) inRoles.set(place, [pair])
    else pairs.push(pair)
  }
  for (const { policy, namespace } of holder.grants) {
    const [kind, ...rest] = refParts(policy).id.split('/')
    if (kind === 'clusterrole') {
      const name = rest.join('/')
      if (escalate === undefined || change === undefined) continue
      if (!coversName(escalate, name) || !coversName(change, name)) continue
      const by = [escalate, change]
      if (namespace === '') yield { to: { tier: 'admin', reaches: 'every right in the cluster' }, by }
      else yield* allOfNamespace(namespace, by)
      continue
    }
    const name = rest.slice(1).join('/')
    for (const pair of [...(inRoles.get('') ?? []), ...(inRoles.get(namespace) ?? [])]) {
      if (pair.every((held) => coversName(held, name))) yield* allOfNamespace(namespace, pair)
    }
  }
}

export function* bindEdges(holder: Holder, world: World): Generator<Edge> {
  yield* bindEverywhere(holder, world)
  yield* bindInNamespace(holder, world)
}

function* bindEverywhere(holder: Holder, world: World): Generator<Edge> {
  const bind = holder.held('bindClusterRoles').get('')
  if (bind === undefined) return
  const create = holder.held('createClusterRoleBindings').get('')
  const change = holder.held('changeClusterRoleBindings').get('')
  if (create !== undefined) {
    const by = [bind, create]
    if (bind.names === undefined) yield { to: { tier: 'admin', reaches: 'ClusterRole cluster-admin' }, by }
    else for (const name of bind.names) yield* ofRole(world, clusterRole(world, name), '', by)
  } else if (change !== undefined) {
    // a binding's role cannot be changed, but its subjects can: it must exist, and its role be one that may be bound
    const by = [bind, change]
    for (const role of world.rolesToJoin(change.names, bind.names)) yield* ofRole(world, role, '', by)
  }
}

function* bindInNamespace(holder: Holder, world: World): Generator<Edge> {
  const writes = [...placesToBind(holder, world)]
  const creates = new Map(writes.map((held) => [held.namespace, held]))
  for (const [bind, create] of together(holder.held('bindClusterRoles'), creates)) {
    const namespace = bind.namespace === '' ? create.namespace : bind.namespace
    if (bind.names === undefined) yield* allOfNamespace(namespace, [bind, create])
    else for (const name of bind.names) yield* ofRole(world, clusterRole(world, name), namespace, [bind, create])
  }
  for (const [bind, create] of together(holder.held('bindRoles'), creates)) {
    const namespace = bind.namespace === '' ? create.namespace : bind.namespace
    for (const role of world.rolesToBind(namespace, bind.names))
      yield* ofRole(world, role, role.namespace, [bind, create])
  }
}

/** Creating a RoleBinding; or changing one, where there is one to change. */
function* placesToBind(holder: Holder, world: World): Generator<Held> {
  const creates = holder.held('createRoleBindings')
  yield* creates.values()
  for (const held of holder.held('changeRoleBindings').values()) {
    if (creates.has('') || creates.has(held.namespace)) continue
    if (world.hasRoleBinding(held)) yield held
  }
}

const clusterRole = (world: World, name: string): Role | undefined =>
  world.cluster.roles.get(kubernetesRef.clusterRole(name, world.cluster.name))

/** What being bound to a role amounts to. One that the input does not hold amounts to nothing that is known. */
function* ofRole(world: World, role: Role | undefined, namespace: string, by: readonly Held[]): Generator<Edge> {
  if (role === undefined) return
  const { tier } = world.holders.strength(role, namespace === '')
  yield { to: { tier, reaches: `${roleInWords(role)} in ${placeInWords(namespace)}` }, by }
  const capabilities = world.holders.capabilities(role)
  const tokens = capabilities.get('requestToken')
  if (capabilities.has('createWorkload') || (tokens !== undefined && tokens.names === undefined))
    yield { to: { key: targetKey('account', namespace), place: placeInWords(namespace) }, by }
}

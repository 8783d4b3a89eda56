// Principals of other systems that come to act as a role: a workflow or a pod whose token the role trusts.
import type { Id } from '#kernel'
import type { IdentityGraph, Principal } from '#identity'
import { allHold } from './condition.ts'
import type { KeyState, RequestContext } from './condition.ts'
import type { AwsEstate, AwsPrincipal } from './estate.ts'
import type { Trusts } from './trust.ts'

export interface FederatedUse {
  readonly from: Principal
  readonly role: AwsPrincipal
  readonly how: string
  readonly open: readonly string[]
}

const EDGES = new Set(['may_assume', 'federates_to', 'runs_as'])

/** The other system says that it uses the role; it counts where the role's trust lets in a token of such a kind. */
export function federatedUses(estate: AwsEstate, trusts: Trusts, graph: IdentityGraph): FederatedUse[] {
  const uses = new Map<string, FederatedUse>()
  for (const { relation, fromId, toId } of graph.relations) {
    const role = estate.byId.get(toId)
    const from = fromId === undefined ? undefined : graph.principals.get(fromId)
    if (!EDGES.has(relation) || role?.type !== 'role' || from === undefined || from.system === 'aws') continue
    for (const trust of trusts.byRole.get(role.id) ?? []) {
      if (trust.kind !== 'oidc' && !(trust.kind === 'service' && trust.pattern === 'pods.eks.amazonaws.com')) continue
      const { holds, open } = allHold(trust.conditions, tokenOf(from), 'yes')
      if (holds === 'no') continue
      const key = `${from.id} ${role.id}`
      const known = uses.get(key)
      if (known !== undefined && known.open.length <= open.length) continue
      const how = `role \`${role.name}\` trusts its token from \`${trust.pattern}\`${open.length === 0 ? '' : `, if ${open.join(' and ')}`}`
      uses.set(key, { from, role, how, open })
    }
  }
  return [...uses.values()]
}

export function usesByPrincipal(uses: readonly FederatedUse[]): Map<Id<'principal'>, FederatedUse[]> {
  const map = new Map<Id<'principal'>, FederatedUse[]>()
  for (const use of uses) {
    const list = map.get(use.from.id)
    if (list === undefined) map.set(use.from.id, [use])
    else list.push(use)
  }
  return map
}

/** The claims that follow from who it is. A service account's subject is its name; a workflow's repository starts it. */
function tokenOf(from: Principal): RequestContext {
  return (key): KeyState | undefined => {
    if (key.endsWith(':aud')) return 'caller'
    if (!key.endsWith(':sub')) return undefined
    if (from.system === 'kubernetes' && from.externalId.startsWith('system:serviceaccount:')) return [from.externalId]
    return from.system === 'github' ? 'caller' : undefined
  }
}

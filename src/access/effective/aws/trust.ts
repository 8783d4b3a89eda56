// Who may take on which role: the trust that each role states, as the connector read it.
import type { Id } from '#kernel'
import type { IdentityGraph, Relation } from '#identity'
import { allHold } from './condition.ts'
import type { Condition, KeyState, RequestContext } from './condition.ts'
import type { AwsEstate, AwsPrincipal } from './estate.ts'
import { decodeGlob } from './glob.ts'
import { conditionsOf } from './policy.ts'
import { splitArn } from './resource-pattern.ts'

export interface Trust {
  readonly role: AwsPrincipal
  readonly kind: 'principal' | 'account' | 'any' | 'service' | 'oidc' | 'saml'
  /** The trusted principal when it is in the roll. */
  readonly fromId: Id<'principal'> | undefined
  /** The account, the service principal, the provider. */
  readonly pattern: string
  readonly conditions: readonly Condition[]
  /** Conditions of denies in the same trust policy; each list is one statement. */
  readonly deniedIf: readonly (readonly Condition[])[]
}

export interface Trusts {
  readonly byRole: ReadonlyMap<Id<'principal'>, readonly Trust[]>
  /** Trusts that name the principal itself. */
  readonly byPrincipal: ReadonlyMap<Id<'principal'>, readonly Trust[]>
  /** Trusts that leave it to an account's own policies. */
  readonly byAccount: ReadonlyMap<string, readonly Trust[]>
  readonly any: readonly Trust[]
}

const KINDS = new Set<unknown>(['principal', 'account', 'any', 'service', 'oidc', 'saml'])

export function trustsOf(estate: AwsEstate, graph: IdentityGraph): Trusts {
  const byRole = new Map<Id<'principal'>, Trust[]>()
  const byPrincipal = new Map<Id<'principal'>, Trust[]>()
  const byAccount = new Map<string, Trust[]>()
  const any: Trust[] = []
  for (const relation of graph.relations) {
    const trust = trustOf(relation, estate)
    if (trust === undefined) continue
    push(byRole, trust.role.id, trust)
    if (trust.kind === 'principal' && trust.fromId !== undefined) push(byPrincipal, trust.fromId, trust)
    else if (trust.kind === 'account') push(byAccount, trust.pattern, trust)
    else if (trust.kind === 'any') any.push(trust)
  }
  return { byRole, byPrincipal, byAccount, any }
}

function trustOf(relation: Relation, estate: AwsEstate): Trust | undefined {
  const role = estate.byId.get(relation.toId)
  const { trust: kind, account, deniedIf } = relation.attributes
  if (relation.relation !== 'may_assume' || role === undefined || !KINDS.has(kind)) return undefined
  return {
    role,
    kind: kind as Trust['kind'],
    fromId: relation.fromId,
    pattern:
      kind === 'account' && typeof account === 'string'
        ? account
        : (relation.pattern?.issuer ?? relation.pattern?.pattern ?? ''),
    conditions: conditionsOf(relation.conditions, undefined),
    deniedIf: (Array.isArray(deniedIf) ? deniedIf : []).map((block) => conditionsOf(block, undefined)),
  }
}

/** Whether the trust's own conditions are met by a caller: those not decided are listed. */
export function trustHolds(
  trust: Trust,
  context: RequestContext,
): { readonly holds: boolean; readonly open: readonly string[] } {
  const allowed = allHold(trust.conditions, context, 'yes')
  if (allowed.holds === 'no') return { holds: false, open: [] }
  const open = [...allowed.open]
  for (const deny of trust.deniedIf) {
    const denied = allHold(deny, context, 'no')
    if (denied.holds === 'yes') return { holds: false, open: [] }
    open.push(...denied.open)
  }
  return { holds: true, open }
}

/** Whether the role may be handed to a service; `open` when only from a source that is not known. */
export function trustsService(
  trusts: Trusts,
  role: AwsPrincipal,
  service: string,
): { readonly open: readonly string[] } | undefined {
  let found: { readonly open: readonly string[] } | undefined
  for (const trust of trusts.byRole.get(role.id) ?? []) {
    if (trust.kind !== 'service' || !sameService(trust.pattern, service)) continue
    const { holds, open } = trustHolds(trust, (key) =>
      key === 'aws:sourceaccount' ? [role.account] : key === 'aws:sourcearn' ? sourceOf(trust) : undefined,
    )
    if (holds && open.length === 0) return { open }
    if (holds) found ??= { open }
  }
  return found
}

/**
 * What a thing would be called that whoever passes the role makes in its account, where the trust leaves the name open.
 * Whether one of a given name can be made is not known.
 */
function sourceOf({ role, conditions }: Trust): KeyState | undefined {
  for (const { key, negated, values } of conditions) {
    if (key !== 'aws:sourcearn' || negated) continue
    for (const { encoded } of values) {
      const pattern = decodeGlob(encoded)
      const [, , , , account, last = ''] = splitArn(pattern)
      if (account === role.account && last.endsWith('*')) return [pattern.replaceAll(/[*?]/g, 'x')]
    }
  }
  return undefined
}

/** `ec2.amazonaws.com.cn` and regional names stand for the service too. */
function sameService(stated: string, service: string): boolean {
  const plain = stated.toLowerCase().replace(/\.cn$/, '')
  if (plain === service) return true
  const [name, ...rest] = plain.split('.')
  return rest.length === 3 && `${name ?? ''}.amazonaws.com` === service
}

function push<K, V>(map: Map<K, V[]>, key: K, value: V): void {
  const list = map.get(key)
  if (list === undefined) map.set(key, [value])
  else list.push(value)
}

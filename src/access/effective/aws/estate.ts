// The AWS side of the roll, put together for evaluation: users, groups and roles with the policies that each holds.
import type { Fact, Id, PolicyFact, Ref } from '#kernel'
import type { IdentityGraph, Principal } from '#identity'
import type { RequestContext } from './condition.ts'
import { contextOf, noKeys } from './context.ts'
import { evaluate } from './evaluate.ts'
import type { Holding, PermissionSet, Verdict } from './evaluate.ts'
import { knownPolicy, knownPolicyFact } from './known-policies.ts'
import { compilePolicy } from './policy.ts'
import type { Policy } from './policy.ts'
import { splitArn } from './resource-pattern.ts'
import { variablesOf } from './variables.ts'

export interface AwsPrincipal {
  readonly id: Id<'principal'>
  readonly type: 'user' | 'role' | 'group'
  readonly arn: string
  readonly partition: string
  readonly account: string
  readonly name: string
  readonly principal: Principal
  /** `undefined` when the input does not tell its tags. */
  readonly tags: Readonly<Record<string, string>> | undefined
  readonly groups: readonly AwsPrincipal[]
  /** A role that AWS itself keeps: it can be neither passed nor changed. */
  readonly serviceLinked: boolean
  /** Refs of the managed policies that it holds itself. */
  readonly policyRefs: readonly Ref[]
  readonly boundaryArn: string | undefined
  readonly set: PermissionSet
  /** Equal for principals that may do the same; `undefined` when the rights depend on who they are. */
  readonly setKey: string | undefined
  /** Policies that are named and whose content is not known, or not all of it. */
  readonly unresolved: readonly string[]
  readonly may: (action: string, resource: string, extra?: RequestContext) => Verdict
  /** The same question under other policies: without the boundary, or with the boundary's rights only. */
  readonly mayUnder: (set: PermissionSet, action: string, resource: string, extra?: RequestContext) => Verdict
}

export interface AwsEstate {
  readonly principals: readonly AwsPrincipal[]
  readonly byId: ReadonlyMap<Id<'principal'>, AwsPrincipal>
  readonly policyFacts: ReadonlyMap<Ref, PolicyFact>
}

interface Attached {
  readonly policies: Ref[]
  readonly boundaries: Ref[]
}

const TYPE_BY_NATIVE: Readonly<Record<string, AwsPrincipal['type']>> = {
  'iam-user': 'user',
  'iam-role': 'role',
  'iam-service-linked-role': 'role',
  'iam-sso-role': 'role',
  'iam-group': 'group',
}

/** Root accounts are no part of it: no policy binds them. Principals that are only mentioned hold nothing known. */
export function awsEstate(facts: readonly Fact[], graph: IdentityGraph): AwsEstate {
  const policyFacts = new Map<Ref, PolicyFact>()
  const attached = new Map<Id<'principal'>, Attached>()
  for (const fact of facts) {
    if (fact.type === 'policy' && fact.dialect === 'aws-iam') {
      if (!policyFacts.has(fact.ref)) policyFacts.set(fact.ref, fact)
    } else if (fact.type === 'attachment') {
      const id = graph.principalOf(fact.target)
      if (id === undefined) continue
      const entry = attached.get(id) ?? { policies: [], boundaries: [] }
      attached.set(id, entry)
      const list = fact.as === 'boundary' ? entry.boundaries : entry.policies
      if (!list.includes(fact.policy)) list.push(fact.policy)
    }
  }
  const groupsOf = new Map<Id<'principal'>, Id<'principal'>[]>()
  for (const { memberId, groupId } of graph.memberships) {
    const list = groupsOf.get(memberId) ?? []
    groupsOf.set(memberId, list)
    if (!list.includes(groupId)) list.push(groupId)
  }
  const resolver = policyResolver(policyFacts)
  const byId = new Map<Id<'principal'>, AwsPrincipal>()
  const make = (principal: Principal): void => {
    const groups = (groupsOf.get(principal.id) ?? []).flatMap((id) => byId.get(id) ?? [])
    const own = attached.get(principal.id) ?? { policies: [], boundaries: [] }
    const made = build(principal, own, groups, resolver)
    if (made !== undefined) byId.set(principal.id, made)
  }
  const mine = [...graph.principals.values()].filter(({ system, mentionedOnly }) => system === 'aws' && !mentionedOnly)
  // groups first: users point at them
  const isGroup = (principal: Principal): boolean => TYPE_BY_NATIVE[principal.nativeType] === 'group'
  for (const principal of mine) if (isGroup(principal)) make(principal)
  for (const principal of mine) if (!isGroup(principal)) make(principal)
  return { principals: [...byId.values()], byId, policyFacts }
}

/** Gives a policy as a holder holds it: compiled once, or once per holder when it depends on who holds it. */
type PolicyResolver = (policyRef: Ref, holder: RequestContext) => Policy | undefined

function policyResolver(policyFacts: ReadonlyMap<Ref, PolicyFact>): PolicyResolver {
  const compiled = new Map<Ref, Policy | undefined>()
  return (policyRef, holder) => {
    const fact = policyFacts.get(policyRef)
    if (!compiled.has(policyRef))
      compiled.set(policyRef, fact === undefined ? knownPolicy(policyRef) : compilePolicy(fact))
    const policy = compiled.get(policyRef)
    if (policy?.personal !== true) return policy
    const source = fact ?? knownPolicyFact(policyRef)
    return source === undefined ? policy : compilePolicy(source, variablesOf(holder))
  }
}

function build(
  principal: Principal,
  own: Attached,
  groups: readonly AwsPrincipal[],
  resolve: PolicyResolver,
): AwsPrincipal | undefined {
  const type = TYPE_BY_NATIVE[principal.nativeType]
  const [scheme, partition, , , account] = splitArn(principal.externalId)
  if (type === undefined || scheme !== 'arn' || partition === undefined || account === undefined) return undefined
  const tags = principal.attributes['tagsKnown'] === true ? principal.labels : undefined
  const caller = { arn: principal.externalId, type, account, name: principal.name, tags }
  const holder = contextOf(caller, noKeys)
  const holdings: Holding[] = []
  const unresolved: string[] = []
  const hold = (policyRef: Ref, path: readonly string[]): void => {
    const policy = resolve(policyRef, holder)
    if (policy === undefined) unresolved.push(policyRef.slice('aws:'.length))
    else {
      holdings.push({ policy, path })
      if (policy.unreadable > 0) unresolved.push(policyRef.slice('aws:'.length))
    }
  }
  for (const policyRef of own.policies) hold(policyRef, [])
  for (const group of groups) for (const policyRef of group.policyRefs) hold(policyRef, [group.name])
  const boundaryRef = own.boundaries[0]
  const boundary = boundaryRef === undefined ? undefined : (resolve(boundaryRef, holder) ?? 'unread')
  const isOpen = boundary === 'unread' || (boundary !== undefined && boundary.unreadable > 0)
  if (isOpen && boundaryRef !== undefined) unresolved.push(boundaryRef.slice('aws:'.length))
  const set: PermissionSet = { holdings, boundary }
  const mayUnder: AwsPrincipal['mayUnder'] = (under, action, resource, extra = noKeys) =>
    evaluate(under, action.toLowerCase(), resource, contextOf(caller, extra, resource))
  const personal = holdings.some(({ policy }) => policy.personal) || (typeof boundary === 'object' && boundary.personal)
  return {
    ...caller,
    id: principal.id,
    partition,
    principal,
    groups,
    serviceLinked: principal.nativeType === 'iam-service-linked-role',
    policyRefs: own.policies,
    boundaryArn: boundaryRef?.slice('aws:'.length),
    set,
    setKey: personal
      ? undefined
      : [account, boundaryRef ?? '', ...holdings.map(({ policy }) => policy.ref).sort()].join('\n'),
    unresolved,
    may: (action, resource, extra) => mayUnder(set, action, resource, extra),
    mayUnder,
  }
}

// For tests: one AWS account written in a few words, and what the evaluator says of it.
import { ref } from '#kernel'
import type { Fact, Json, Provenance } from '#kernel'
import { correlate } from '#identity'
import type { EffectiveAccess } from '../../entitlement.ts'
import { effectiveAccess } from '../effective.ts'

export const ACCOUNT = '111122223333'
const AT: Provenance = { connector: 'aws', file: 'account.json', startLine: 1 }

export interface StatementInTest {
  readonly Effect?: 'Allow' | 'Deny'
  readonly Action?: string | readonly string[]
  readonly NotAction?: string | readonly string[]
  readonly Resource?: string | readonly string[]
  readonly NotResource?: string | readonly string[]
  readonly Condition?: Json
}

export interface PrincipalInTest {
  /** Inline statements; `Effect` is Allow and `Resource` is `*` when not said. */
  readonly may?: readonly StatementInTest[]
  /** ARNs of managed policies. */
  readonly attached?: readonly string[]
  readonly boundary?: readonly StatementInTest[] | 'unread'
  readonly groups?: readonly string[]
  readonly tags?: Readonly<Record<string, string>>
  readonly attributes?: Readonly<Record<string, Json>>
  /** Roles: who may take it on: a service, `account`, `anyone`, or the ARN of a principal. */
  readonly trusts?: readonly (string | { readonly who: string; readonly when: Json })[]
  readonly serviceLinked?: boolean
}

export interface AccountInTest {
  readonly users?: Readonly<Record<string, PrincipalInTest>>
  readonly roles?: Readonly<Record<string, PrincipalInTest>>
  readonly groups?: Readonly<Record<string, PrincipalInTest>>
  /** Customer-managed policies by name; further versions by `name?version=v1`. */
  readonly policies?: Readonly<Record<string, readonly StatementInTest[]>>
}

export const arnOf = (type: string, name: string): string => `arn:aws:iam::${ACCOUNT}:${type}/${name}`

const documentOf = (statements: readonly StatementInTest[]): Json => ({
  Version: '2012-10-17',
  Statement: statements.map((statement): Json => ({
    Effect: statement.Effect ?? 'Allow',
    ...(statement.Resource === undefined && statement.NotResource === undefined ? { Resource: '*' } : {}),
    ...statement,
  })),
})

export function factsOf(account: AccountInTest): Fact[] {
  const facts: Fact[] = []
  for (const [name, statements] of Object.entries(account.policies ?? {}))
    facts.push({
      type: 'policy',
      ref: ref('aws', arnOf('policy', name)),
      dialect: 'aws-iam',
      name,
      document: documentOf(statements),
      provenance: AT,
    })
  for (const [type, list] of [
    ['group', account.groups],
    ['user', account.users],
    ['role', account.roles],
  ] as const)
    for (const [name, principal] of Object.entries(list ?? {})) facts.push(...principalFacts(type, name, principal))
  return facts
}

function principalFacts(type: 'user' | 'role' | 'group', name: string, principal: PrincipalInTest): Fact[] {
  const arn = arnOf(type, name)
  const target = ref('aws', arn)
  const facts: Fact[] = [
    {
      type: 'principal',
      ref: target,
      kind: type === 'group' ? 'group' : 'service_account',
      nativeType: principal.serviceLinked === true ? 'iam-service-linked-role' : `iam-${type}`,
      system: 'aws',
      externalId: arn,
      name,
      labels: principal.tags ?? {},
      attributes: { account: ACCOUNT, tagsKnown: principal.tags !== undefined, ...principal.attributes },
      provenance: AT,
    },
  ]
  const attach = (policy: string, as: 'identity' | 'boundary'): void => {
    facts.push({ type: 'attachment', policy: ref('aws', policy), target, as, provenance: AT })
  }
  const write = (policy: string, statements: readonly StatementInTest[]): void => {
    facts.push({
      type: 'policy',
      ref: ref('aws', policy),
      dialect: 'aws-iam',
      name: policy.slice(policy.lastIndexOf('/') + 1),
      document: documentOf(statements),
      provenance: AT,
    })
  }
  if (principal.may !== undefined) {
    write(`${arn}/inline-policy/own`, principal.may)
    attach(`${arn}/inline-policy/own`, 'identity')
  }
  for (const policy of principal.attached ?? []) attach(policy, 'identity')
  if (principal.boundary !== undefined) {
    const boundary = arnOf('policy', `${name}-boundary`)
    if (principal.boundary !== 'unread') write(boundary, principal.boundary)
    attach(boundary, 'boundary')
  }
  for (const group of principal.groups ?? [])
    facts.push({ type: 'membership', member: target, group: ref('aws', arnOf('group', group)), provenance: AT })
  for (const trust of principal.trusts ?? []) facts.push(trustFact(arn, trust))
  return facts
}

function trustFact(role: string, trust: string | { readonly who: string; readonly when: Json }): Fact {
  const who = typeof trust === 'string' ? trust : trust.who
  const conditions = typeof trust === 'string' ? undefined : trust.when
  const kind =
    who === 'account' ? 'account' : who === 'anyone' ? 'any' : who.startsWith('arn:') ? 'principal' : 'service'
  return {
    type: 'relation',
    relation: 'may_assume',
    from: kind === 'principal' ? { ref: ref('aws', who) } : { pattern: who },
    to: ref('aws', role),
    ...(conditions === undefined ? {} : { conditions }),
    attributes: { trust: kind, ...(kind === 'account' ? { account: ACCOUNT } : {}) },
    provenance: AT,
  }
}

/** What the evaluator says of each principal, by `user/name`, `role/name`, `group/name`. */
export function accessIn(account: AccountInTest): ReadonlyMap<string, EffectiveAccess> {
  const facts = factsOf(account)
  const graph = correlate(facts)
  const access = effectiveAccess(facts, graph)
  const named = new Map<string, EffectiveAccess>()
  for (const [id, principal] of graph.principals) {
    const found = access.get(id)
    if (found !== undefined) named.set(principal.externalId.slice(principal.externalId.lastIndexOf(':') + 1), found)
  }
  return named
}

/** The escalation techniques of one principal, without `aws:`; those under conditions not counted. */
export const techniquesOf = (account: AccountInTest, who: string): string[] =>
  (accessIn(account).get(who)?.escalations ?? []).map(({ technique }) => technique.slice('aws:'.length)).sort()

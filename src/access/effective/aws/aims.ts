// What a technique could take over, for one principal: each thing with its ARN, the tier that it leads to, and what a
// request on it says. Most privileged first.
import type { Tier } from '../../entitlement.ts'
import { TIERS } from '../../entitlement.ts'
import type { Assumptions } from './assume.ts'
import type { RequestContext } from './condition.ts'
import { contextOf, noKeys, tagsOf } from './context.ts'
import type { AwsEstate, AwsPrincipal } from './estate.ts'
import { unopposed } from './evaluate.ts'
import type { PermissionSet } from './evaluate.ts'
import { otherVersions } from './policy-versions.ts'
import { compilePolicy } from './policy.ts'
import { standingOf } from './standing.ts'
import type { Targets } from './targets.ts'
import type { RewritableTarget, Technique } from './techniques/technique.ts'
import type { Trusts } from './trust.ts'

export interface Aim {
  readonly arn: string
  readonly tier: Tier
  readonly reaches: string
  readonly principal?: AwsPrincipal
  readonly context: RequestContext
  readonly open?: readonly string[]
}

export class Aims {
  readonly #estate: AwsEstate
  readonly #trusts: Trusts
  readonly #assumptions: Assumptions
  readonly #targets: Targets
  readonly #ceilings = new Map<string, Tier>()

  constructor(estate: AwsEstate, trusts: Trusts, assumptions: Assumptions, targets: Targets) {
    this.#estate = estate
    this.#trusts = trusts
    this.#assumptions = assumptions
    this.#targets = targets
  }

  of(principal: AwsPrincipal, technique: Technique, bar: Tier): Iterable<Aim> {
    switch (technique.target) {
      case 'own-policy':
        return this.#ownPolicies(principal)
      case 'own-policy-version':
        return this.#ownPolicyVersions(principal)
      case 'itself':
        return this.#selves(principal)
          .filter((self) => self.type === technique.by)
          .map((self) => this.#rewritten(self, self, technique))
      case 'own-group':
        return principal.groups.map((group) => this.#rewritten(principal, group, technique))
      case 'own-boundary':
        return this.#withoutBoundary(principal, technique)
      case 'new':
        return [NEW_IDENTITY]
      case 'passed-role':
      case 'running-role':
        return this.#roles(principal, technique, bar)
      case 'rewritable-user':
      case 'rewritable-group':
      case 'rewritable-role':
        return this.#rewritable(principal, technique, technique.target)
      case 'saml-role':
        return this.#samlRoles(principal, bar)
      default:
        return this.#others(principal, technique, technique.target, bar)
    }
  }

  /** Itself, and the roles that it can act as without conditions. */
  #selves(principal: AwsPrincipal): AwsPrincipal[] {
    const roles = this.#assumptions
      .chain(principal)
      .flatMap(({ role, open }) => (open.length === 0 && !role.serviceLinked ? role : []))
    return [principal, ...roles]
  }

  /** What an identity can come to when its policies say anything: all that its boundary leaves. */
  #ceiling(self: AwsPrincipal): Tier {
    const { boundary } = self.set
    if (typeof boundary !== 'object') return 'admin'
    const key = `${self.account} ${boundary.ref}`
    const known = boundary.personal ? undefined : this.#ceilings.get(key)
    const tier = known ?? tierUnder(self, { holdings: [{ policy: boundary, path: [] }], boundary: undefined })
    if (!boundary.personal) this.#ceilings.set(key, tier)
    return tier
  }

  #rewritten(self: AwsPrincipal, thing: AwsPrincipal, technique: Technique | undefined, arn = thing.arn): Aim {
    const tier = this.#ceiling(self)
    return {
      arn,
      tier,
      reaches: tier === 'admin' ? 'any right' : `all that the permission boundary of \`${self.name}\` leaves`,
      ...(self === thing ? { principal: self } : {}),
      context: requestOf(technique, thing),
    }
  }

  #ownPolicies(principal: AwsPrincipal): Aim[] {
    return this.#selves(principal).flatMap((self) =>
      customerPolicies(self).map((arn) => this.#rewritten(self, self, undefined, arn)),
    )
  }

  #ownPolicyVersions(principal: AwsPrincipal): Aim[] {
    const aims = this.#selves(principal).flatMap((self) =>
      customerPolicies(self).flatMap((arn) =>
        otherVersions(this.#estate.policyFacts, arn).map((fact): Aim => {
          const boundary = typeof self.set.boundary === 'object' ? self.set.boundary : undefined
          const tier = tierUnder(self, { holdings: [{ policy: compilePolicy(fact), path: [] }], boundary })
          return { arn, tier, reaches: `the rights of \`${fact.name}\``, context: noKeys }
        }),
      ),
    )
    return aims.toSorted((a, b) => TIERS.indexOf(b.tier) - TIERS.indexOf(a.tier))
  }

  #withoutBoundary(principal: AwsPrincipal, technique: Technique): Aim[] {
    if (principal.set.boundary === undefined) return []
    const tier = tierUnder(principal, { ...principal.set, boundary: undefined })
    const context = requestOf(technique, principal)
    return [{ arn: principal.arn, tier, reaches: 'all that its policies give without the boundary', context }]
  }

  *#others(principal: AwsPrincipal, technique: Technique, type: 'user' | 'group' | 'role', bar: Tier): Iterable<Aim> {
    for (const other of this.#targets.ofType(principal, type, targetAction(technique), bar)) {
      if (other.id === principal.id || principal.groups.includes(other)) continue
      if (!isAsTold(other, technique)) continue
      const open = type === 'role' ? canThenAssume(principal, other) : []
      if (open === undefined) continue
      yield {
        arn: other.arn,
        tier: this.#targets.tierOf(other),
        reaches: `${type} \`${other.name}\``,
        principal: other,
        context: requestOf(technique, other),
        open,
      }
    }
  }

  /** Those that no boundary holds down come first: they lead furthest. */
  *#rewritable(principal: AwsPrincipal, technique: Technique, target: RewritableTarget): Iterable<Aim> {
    const type = REWRITABLE[target]
    const held: Aim[] = []
    for (const other of this.#targets.anyOf(principal, type, targetAction(technique))) {
      if (other.id === principal.id || principal.groups.includes(other) || !isAsTold(other, technique)) continue
      const open = type === 'role' ? canThenAssume(principal, other) : []
      if (open === undefined) continue
      const aim = { ...this.#rewritten(type === 'group' ? principal : other, other, technique), open }
      if (aim.tier === 'admin') yield aim
      else held.push(aim)
    }
    yield* held.toSorted((a, b) => TIERS.indexOf(b.tier) - TIERS.indexOf(a.tier))
  }

  *#roles(principal: AwsPrincipal, technique: Technique, bar: Tier): Iterable<Aim> {
    const { services = [], target } = technique
    if (!this.#targets.hasRoles(principal.account)) {
      if (target === 'passed-role') yield unseenRole(principal, technique)
      return
    }
    const running = target === 'running-role'
    const roles = this.#targets.trusting(principal, services, targetAction(technique), bar, running)
    for (const { role, service, open } of roles) {
      if (role.id === principal.id) continue
      yield {
        arn: role.arn,
        tier: this.#targets.tierOf(role),
        reaches: `role \`${role.name}\``,
        principal: role,
        context: requestOf(technique, role, service),
        open,
      }
    }
  }

  *#samlRoles(principal: AwsPrincipal, bar: Tier): Iterable<Aim> {
    for (const role of this.#targets.ofType(principal, 'role', undefined, bar)) {
      for (const trust of this.#trusts.byRole.get(role.id) ?? []) {
        if (trust.kind !== 'saml') continue
        const tier = this.#targets.tierOf(role)
        yield { arn: trust.pattern, tier, reaches: `role \`${role.name}\``, principal: role, context: noKeys }
      }
    }
  }
}

const REWRITABLE = { 'rewritable-user': 'user', 'rewritable-group': 'group', 'rewritable-role': 'role' } as const

/** What the technique needs of a user; what the input does not tell counts as so. */
function isAsTold(user: AwsPrincipal, { userHas }: Technique): boolean {
  const has = userHas === undefined ? undefined : user.principal.attributes[userHas.attribute]
  return typeof has !== 'boolean' || has === userHas?.is
}

const NEW_IDENTITY: Aim = {
  arn: '',
  tier: 'admin',
  reaches: 'any right, through an identity of its own making',
  context: noKeys,
}

/** The input holds no role of the account at all: whether there is one with more rights is not known. */
function unseenRole(principal: AwsPrincipal, technique: Technique): Aim {
  const service = technique.services?.[0]
  return {
    arn: `arn:${principal.partition}:iam::${principal.account}:role/reeve1`,
    tier: 'high',
    reaches: `any role that trusts ${service ?? 'the service'}; the input holds no roles of this account`,
    context: requestOf(technique, undefined, service),
  }
}

/** What a principal would hold, were these its policies, beside further ways to escalate. */
const tierUnder = (self: AwsPrincipal, set: PermissionSet): Tier =>
  standingOf({ ...self, set, may: (action, resource, extra) => self.mayUnder(set, action, resource, extra) }).besides

const targetAction = (technique: Technique): string | undefined =>
  technique.steps.find(([, on]) => on === 'target')?.[0]

/** A trust that names it is enough within an account, unless its own side forbids. */
function canThenAssume(principal: AwsPrincipal, role: AwsPrincipal): readonly string[] | undefined {
  const context = contextOf(principal, tagsOf(role), role.arn)
  const { answer, open } = unopposed(principal.set, 'sts:assumerole', role.arn, context, principal.type === 'role')
  return answer === 'no' ? undefined : open
}

function customerPolicies(self: AwsPrincipal): string[] {
  const refs = [self, ...self.groups].flatMap(({ policyRefs }) => policyRefs)
  const managed = refs.flatMap((policyRef) => /^aws:(arn:[^:]+:iam::\d{12}:policy\/[^?]+)$/.exec(policyRef)?.[1] ?? [])
  return [...new Set(managed)]
}

/** The keys that conditions on such a request read: the target's tags and boundary, the service, the policy. */
function requestOf(technique: Technique | undefined, target?: AwsPrincipal, service?: string): RequestContext {
  return (key) => {
    if (technique?.request !== undefined && Object.hasOwn(technique.request, key)) return technique.request[key]
    if (key === 'iam:passedtoservice') return service === undefined ? undefined : [service]
    if (target === undefined) return undefined
    if (key === 'iam:permissionsboundary') return target.boundaryArn === undefined ? 'absent' : [target.boundaryArn]
    return tagsOf(target)(key)
  }
}

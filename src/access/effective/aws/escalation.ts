// Escalation paths of one principal: each technique it may carry out, with the most privileged target that it reaches.
import type { Tier } from '../../entitlement.ts'
import { TIERS } from '../../entitlement.ts'
import type { Assumptions } from './assume.ts'
import type { RequestContext } from './condition.ts'
import { contextOf, tagState } from './context.ts'
import type { AwsEstate, AwsPrincipal } from './estate.ts'
import { unopposed } from './evaluate.ts'
import type { PermissionSet } from './evaluate.ts'
import { olderVersions } from './policy-versions.ts'
import { compilePolicy, statementsFor } from './policy.ts'
import { readyTechniques } from './ready-technique.ts'
import type { ReadyTechnique, TakenStep } from './ready-technique.ts'
import { standingOf } from './standing.ts'
import type { Standing } from './standing.ts'
import { TargetIndex } from './target-index.ts'
import type { Technique } from './techniques/technique.ts'
import { trustsService } from './trust.ts'
import type { Trusts } from './trust.ts'

export interface Path {
  readonly technique: Technique
  readonly steps: readonly TakenStep[]
  readonly reaches: string
  readonly target: AwsPrincipal | undefined
  readonly tier: Tier
  readonly open: readonly string[]
}

/** A thing that a technique could take over. */
interface Aim {
  readonly arn: string
  readonly tier: Tier
  readonly reaches: string
  readonly principal?: AwsPrincipal
  readonly context: RequestContext
  readonly open?: readonly string[]
}

export const above = (a: Tier, b: Tier): boolean => TIERS.indexOf(a) > TIERS.indexOf(b)

/** What is less than this is not worth the word escalation: deployers hand such roles to services every day. */
const REACH_MIN: Tier = 'medium'

export class Escalations {
  readonly #estate: AwsEstate
  readonly #trusts: Trusts
  readonly #assumptions: Assumptions
  readonly #standing: ReadonlyMap<string, Standing>
  /** The tier that each principal has or can reach, so far; raised by the caller until nothing changes. */
  readonly #reached: ReadonlyMap<string, Tier>
  readonly #indexes = new Map<string, TargetIndex>()
  readonly #roleAccounts: ReadonlySet<string>
  readonly #ready = new Map<string, readonly ReadyTechnique[]>()

  constructor(
    estate: AwsEstate,
    trusts: Trusts,
    assumptions: Assumptions,
    standing: ReadonlyMap<string, Standing>,
    reached: ReadonlyMap<string, Tier>,
  ) {
    this.#estate = estate
    this.#trusts = trusts
    this.#assumptions = assumptions
    this.#standing = standing
    this.#reached = reached
    const groups = new Map<string, AwsPrincipal[]>()
    for (const principal of estate.principals) {
      if (principal.serviceLinked) continue
      const key = `${principal.account} ${principal.type}`
      const list = groups.get(key)
      if (list === undefined) groups.set(key, [principal])
      else list.push(principal)
    }
    for (const [key, list] of groups) this.#indexes.set(key, new TargetIndex(list))
    this.#roleAccounts = new Set(estate.principals.flatMap(({ type, account }) => (type === 'role' ? account : [])))
  }

  ready(principal: AwsPrincipal): readonly ReadyTechnique[] {
    const key = principal.setKey === undefined ? principal.id : `${principal.type} ${principal.setKey}`
    const known = this.#ready.get(key)
    if (known !== undefined) return known
    const made = principal.type === 'group' ? [] : readyTechniques(principal)
    this.#ready.set(key, made)
    return made
  }

  /** The best path of a technique to a tier above `floor`: one without conditions before one with. */
  best(principal: AwsPrincipal, ready: ReadyTechnique, floor: Tier): Path | undefined {
    const bar = above(floor, REACH_MIN) ? floor : REACH_MIN
    let found: Path | undefined
    for (const aim of this.#aims(principal, ready.technique, bar)) {
      if (!above(aim.tier, bar)) continue
      if (found !== undefined && found.open.length === 0 && !above(aim.tier, found.tier)) break
      const path = this.#toward(principal, ready, aim)
      if (path === undefined) continue
      if (found === undefined || better(path, found)) found = path
    }
    return found
  }

  #toward(principal: AwsPrincipal, ready: ReadyTechnique, aim: Aim): Path | undefined {
    const { technique } = ready
    const open = [...ready.open, ...(aim.open ?? [])]
    const steps: TakenStep[] = []
    for (const [action, on] of technique.steps) {
      if (on !== 'target') continue
      const verdict = principal.may(action, aim.arn, aim.context)
      if (verdict.answer === 'no') return undefined
      open.push(...verdict.open)
      steps.push({ action, resource: aim.arn, verdict })
    }
    return {
      technique,
      steps: [...steps, ...ready.taken],
      reaches: aim.reaches,
      target: aim.principal,
      tier: aim.tier,
      open: [...new Set(open)],
    }
  }

  /** What the technique could take over, most privileged first. */
  #aims(principal: AwsPrincipal, technique: Technique, bar: Tier): Iterable<Aim> {
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
        return [
          {
            arn: '',
            tier: 'admin',
            reaches: 'any right, through an identity of its own making',
            context: requestOf(technique),
          },
        ]
      case 'passed-role':
      case 'running-role':
        return this.#roles(principal, technique, bar)
      case 'saml-role':
        return this.#samlRoles(principal, bar)
      default:
        return this.#others(principal, technique, bar)
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
    return this.#tierOf(self, { holdings: [{ policy: boundary, path: [] }], boundary: undefined })
  }

  #tierOf(self: AwsPrincipal, set: PermissionSet): Tier {
    return standingOf({ ...self, set, may: (action, resource, extra) => self.mayUnder(set, action, resource, extra) })
      .firm
  }

  #rewritten(self: AwsPrincipal, thing: AwsPrincipal, technique: Technique, arn = thing.arn): Aim {
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
      customerPolicies(self).map((arn) => this.#rewritten(self, self, NO_REQUEST, arn)),
    )
  }

  #ownPolicyVersions(principal: AwsPrincipal): Aim[] {
    return this.#selves(principal)
      .flatMap((self) =>
        customerPolicies(self).flatMap((arn) =>
          olderVersions(this.#estate.policyFacts, arn).map((fact): Aim => {
            const boundary = typeof self.set.boundary === 'object' ? self.set.boundary : undefined
            const tier = this.#tierOf(self, { holdings: [{ policy: compilePolicy(fact), path: [] }], boundary })
            return { arn, tier, reaches: `the rights of \`${fact.name}\``, context: () => undefined }
          }),
        ),
      )
      .toSorted((a, b) => TIERS.indexOf(b.tier) - TIERS.indexOf(a.tier))
  }

  #withoutBoundary(principal: AwsPrincipal, technique: Technique): Aim[] {
    if (principal.set.boundary === undefined) return []
    const tier = this.#tierOf(principal, { ...principal.set, boundary: undefined })
    return [
      {
        arn: principal.arn,
        tier,
        reaches: 'all that its policies give without the boundary',
        context: requestOf(technique, principal),
      },
    ]
  }

  #others(principal: AwsPrincipal, technique: Technique, bar: Tier): Aim[] {
    const { target, userHas } = technique
    if (target !== 'user' && target !== 'group' && target !== 'role') return []
    return this.#ranked(principal, target, technique, bar).flatMap((other): Aim[] => {
      if (other.id === principal.id || principal.groups.includes(other)) return []
      if (userHas !== undefined && (other.principal.attributes[userHas.attribute] ?? userHas.is) !== userHas.is)
        return []
      const open = target === 'role' ? this.#canThenAssume(principal, other) : []
      if (open === undefined) return []
      const tier = this.#tier(other)
      return [
        {
          arn: other.arn,
          tier,
          reaches: `${target} \`${other.name}\``,
          principal: other,
          context: requestOf(technique, other),
          open,
        },
      ]
    })
  }

  /** A trust that names it is enough within an account, unless its own side forbids. */
  #canThenAssume(principal: AwsPrincipal, role: AwsPrincipal): readonly string[] | undefined {
    const context = contextOf(principal, () => undefined, role.arn)
    const { answer, open } = unopposed(principal.set, 'sts:assumerole', role.arn, context, principal.type === 'role')
    return answer === 'no' ? undefined : open
  }

  *#roles(principal: AwsPrincipal, technique: Technique, bar: Tier): Iterable<Aim> {
    if (!this.#roleAccounts.has(principal.account)) {
      yield this.#unseenRole(principal, technique)
      return
    }
    for (const role of this.#ranked(principal, 'role', technique, bar)) {
      if (role.id === principal.id) continue
      for (const service of technique.services ?? []) {
        if (technique.target === 'running-role' && service === 'ec2.amazonaws.com' && hasNoProfile(role)) continue
        const trusted = trustsService(this.#trusts, role, service)
        if (trusted === undefined) continue
        yield {
          arn: role.arn,
          tier: this.#tier(role),
          reaches: `role \`${role.name}\``,
          principal: role,
          context: requestOf(technique, role, service),
          open: trusted.open,
        }
      }
    }
  }

  /** The input holds no role of the account at all: whether there is one with more rights is not known. */
  #unseenRole(principal: AwsPrincipal, technique: Technique): Aim {
    return {
      arn: `arn:${principal.partition}:iam::${principal.account}:role/reeve1`,
      tier: 'high',
      reaches: `any role that trusts ${technique.services?.[0] ?? 'the service'}; the input holds no roles of this account`,
      context: requestOf(technique, undefined, technique.services?.[0]),
    }
  }

  *#samlRoles(principal: AwsPrincipal, bar: Tier): Iterable<Aim> {
    for (const role of this.#byTier(this.#index(principal.account, 'role')?.all ?? [], bar)) {
      for (const trust of this.#trusts.byRole.get(role.id) ?? []) {
        if (trust.kind !== 'saml') continue
        yield {
          arn: trust.pattern,
          tier: this.#tier(role),
          reaches: `role \`${role.name}\``,
          principal: role,
          context: () => undefined,
        }
      }
    }
  }

  #tier(principal: AwsPrincipal): Tier {
    return this.#reached.get(principal.id) ?? 'none'
  }

  #index(account: string, type: AwsPrincipal['type']): TargetIndex | undefined {
    return this.#indexes.get(`${account} ${type}`)
  }

  /** Candidates above the bar, most privileged first, that the grants of the step on the target may mean. */
  #ranked(principal: AwsPrincipal, type: AwsPrincipal['type'], technique: Technique, bar: Tier): AwsPrincipal[] {
    const step = technique.steps.find(([, on]) => on === 'target')
    const patterns =
      step === undefined
        ? undefined
        : principal.set.holdings.flatMap(({ policy }) =>
            statementsFor(policy, step[0].toLowerCase()).filter(({ effect }) => effect === 'allow'),
          )
    const open = patterns === undefined || patterns.some((statement) => statement.notResource)
    const index = this.#index(principal.account, type)
    if (index === undefined) return []
    return this.#byTier(index.select(open ? undefined : patterns.flatMap(({ resources }) => resources)), bar)
  }

  #byTier(principals: readonly AwsPrincipal[], bar: Tier): AwsPrincipal[] {
    return principals
      .filter((candidate) => above(this.#tier(candidate), bar))
      .sort((a, b) => TIERS.indexOf(this.#tier(b)) - TIERS.indexOf(this.#tier(a)) || (a.arn < b.arn ? -1 : 1))
  }

  /** The tier that it has outright, beside what escalates: a target must be above it. */
  floorOf(principal: AwsPrincipal): Tier {
    return this.#standing.get(principal.id)?.besides ?? 'none'
  }
}

const NO_REQUEST: Technique = { id: '', title: '', target: 'new', steps: [] }

const better = (a: Path, b: Path): boolean =>
  (a.open.length === 0) === (b.open.length === 0) ? above(a.tier, b.tier) : a.open.length === 0

/** No instance runs under a role that no instance profile holds; making one for a passed role is a small step. */
const hasNoProfile = (role: AwsPrincipal): boolean => {
  const profiles = role.principal.attributes['instanceProfiles']
  return Array.isArray(profiles) && profiles.length === 0
}

function customerPolicies(self: AwsPrincipal): string[] {
  const refs = [self, ...self.groups].flatMap(({ policyRefs }) => policyRefs)
  const managed = refs.flatMap((policyRef) => /^aws:(arn:[^:]+:iam::\d{12}:policy\/[^?]+)$/.exec(policyRef)?.[1] ?? [])
  return [...new Set(managed)]
}

/** The keys that conditions on such a request read: the target's tags and boundary, the service, the policy. */
function requestOf(technique: Technique, target?: AwsPrincipal, service?: string): RequestContext {
  return (key) => {
    if (technique.request !== undefined && Object.hasOwn(technique.request, key)) return technique.request[key]
    if (key === 'iam:passedtoservice') return service === undefined ? undefined : [service]
    if (target === undefined) return undefined
    if (key === 'iam:permissionsboundary') return target.boundaryArn === undefined ? 'absent' : [target.boundaryArn]
    const tag = /^(?:aws|iam):resourcetag\/(.+)$/.exec(key)?.[1]
    return tag === undefined ? undefined : tagState(target.tags, tag)
  }
}

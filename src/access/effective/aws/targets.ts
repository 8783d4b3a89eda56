// What there is to take over, most privileged first: users, groups and roles of an account, and the roles that a
// service may be handed.
import type { Tier } from '../../entitlement.ts'
import type { AwsEstate, AwsPrincipal } from './estate.ts'
import { statementsFor } from './policy.ts'
import { rank, TargetIndex } from './target-index.ts'
import { above } from './tier-order.ts'
import { trustsService } from './trust.ts'
import type { Trusts } from './trust.ts'

export interface TrustingRole {
  readonly role: AwsPrincipal
  readonly service: string
  /** Conditions of the role's trust in the service that are not decided. */
  readonly open: readonly string[]
}

/** Up to so many selected candidates it is quicker to look at them alone. */
const FEW = 200
const SOME = 20

export class Targets {
  readonly #trusts: Trusts
  readonly #accountsWithRoles = new Set<string>()
  readonly #reached: ReadonlyMap<string, Tier>
  readonly #indexes = new Map<string, TargetIndex>()
  readonly #trusting = new Map<string, ReadonlyMap<AwsPrincipal, readonly TrustingRole[]>>()
  /** Filled on demand, dropped by `refresh`. */
  readonly #ranked = new Map<string, readonly AwsPrincipal[]>()
  readonly #rankedTrusting = new Map<string, readonly TrustingRole[]>()
  #selections:
    | { readonly of: AwsPrincipal; readonly byAction: Map<string, ReadonlySet<AwsPrincipal> | undefined> }
    | undefined

  /** `reached` may rise while this is in use; the order follows at the next `refresh`. Roles of AWS itself are no targets. */
  constructor(estate: AwsEstate, trusts: Trusts, reached: ReadonlyMap<string, Tier>) {
    this.#trusts = trusts
    this.#reached = reached
    const lists = new Map<string, AwsPrincipal[]>()
    for (const principal of estate.principals) {
      if (principal.type === 'role') this.#accountsWithRoles.add(principal.account)
      if (principal.serviceLinked) continue
      const key = `${principal.account} ${principal.type}`
      const list = lists.get(key)
      if (list === undefined) lists.set(key, [principal])
      else list.push(principal)
    }
    for (const [key, list] of lists) this.#indexes.set(key, new TargetIndex(list))
  }

  refresh(): void {
    this.#ranked.clear()
    this.#rankedTrusting.clear()
  }

  tierOf(principal: AwsPrincipal): Tier {
    return this.#reached.get(principal.id) ?? 'none'
  }

  /** Whether the input holds any role of the account, be it one that AWS keeps. */
  hasRoles(account: string): boolean {
    return this.#accountsWithRoles.has(account)
  }

  /**
   * Those of a type on which the principal's grants of `action` may be, whatever their rights. A grant that takes in
   * more than `FEW` takes in almost any: some of them then answer for all.
   */
  anyOf(principal: AwsPrincipal, type: AwsPrincipal['type'], action: string | undefined): readonly AwsPrincipal[] {
    const all = this.#selection(principal, type, action) ?? this.#indexes.get(`${principal.account} ${type}`)?.all ?? []
    const found = [...all]
    return found.length <= FEW ? found : found.slice(0, SOME)
  }

  /** Those above the bar, on which the principal's grants of `action` may be. */
  *ofType(
    principal: AwsPrincipal,
    type: AwsPrincipal['type'],
    action: string | undefined,
    bar: Tier,
  ): Iterable<AwsPrincipal> {
    const selection = this.#selection(principal, type, action)
    if (selection !== undefined && selection.size <= FEW) {
      yield* this.#rank([...selection]).filter((candidate) => above(this.tierOf(candidate), bar))
      return
    }
    for (const candidate of this.#rankedOf(principal.account, type)) {
      if (!above(this.tierOf(candidate), bar)) return
      if (selection?.has(candidate) !== false) yield candidate
    }
  }

  /** Roles above the bar that trust one of the services; `running`: something may be at work under it. */
  *trusting(
    principal: AwsPrincipal,
    services: readonly string[],
    action: string | undefined,
    bar: Tier,
    running: boolean,
  ): Iterable<TrustingRole> {
    const selection = this.#selection(principal, 'role', action)
    if (selection !== undefined && selection.size <= FEW) {
      const trusting = this.#trustingOf(principal.account, services, running)
      const allowed = [...selection].filter((role) => trusting.has(role) && above(this.tierOf(role), bar))
      yield* this.#rank(allowed).flatMap((role) => trusting.get(role) ?? [])
      return
    }
    for (const candidate of this.#rankedTrustingOf(principal.account, services, running)) {
      if (!above(this.tierOf(candidate.role), bar)) return
      if (selection?.has(candidate.role) !== false) yield candidate
    }
  }

  #rank(principals: readonly AwsPrincipal[]): AwsPrincipal[] {
    return rank(
      principals,
      (candidate) => this.tierOf(candidate),
      ({ arn }) => arn,
    )
  }

  #trustingOf(
    account: string,
    services: readonly string[],
    running: boolean,
  ): ReadonlyMap<AwsPrincipal, readonly TrustingRole[]> {
    const key = `${account} ${String(running)} ${services.join(' ')}`
    const known = this.#trusting.get(key)
    if (known !== undefined) return known
    const trusting = new Map<AwsPrincipal, readonly TrustingRole[]>()
    for (const role of this.#indexes.get(`${account} role`)?.all ?? []) {
      const found = services.flatMap((service): TrustingRole[] => {
        if (running && service === 'ec2.amazonaws.com' && hasNoProfile(role)) return []
        const trusted = trustsService(this.#trusts, role, service)
        return trusted === undefined ? [] : [{ role, service, open: trusted.open }]
      })
      if (found.length > 0) trusting.set(role, found)
    }
    this.#trusting.set(key, trusting)
    return trusting
  }

  #rankedOf(account: string, type: AwsPrincipal['type']): readonly AwsPrincipal[] {
    const key = `${account} ${type}`
    const known = this.#ranked.get(key)
    if (known !== undefined) return known
    const ranked = this.#rank(this.#indexes.get(key)?.all ?? [])
    this.#ranked.set(key, ranked)
    return ranked
  }

  #rankedTrustingOf(account: string, services: readonly string[], running: boolean): readonly TrustingRole[] {
    const key = `${account} ${String(running)} ${services.join(' ')}`
    const known = this.#rankedTrusting.get(key)
    if (known !== undefined) return known
    const trusting = this.#trustingOf(account, services, running)
    const ranked = this.#rank([...trusting.keys()]).flatMap((role) => trusting.get(role) ?? [])
    this.#rankedTrusting.set(key, ranked)
    return ranked
  }

  /** The candidates that the resource patterns of the grants leave; `undefined` when they leave all. */
  #selection(
    principal: AwsPrincipal,
    type: AwsPrincipal['type'],
    action: string | undefined,
  ): ReadonlySet<AwsPrincipal> | undefined {
    if (action === undefined) return undefined
    if (this.#selections?.of !== principal) this.#selections = { of: principal, byAction: new Map() }
    const { byAction } = this.#selections
    const key = `${type} ${action}`
    if (byAction.has(key)) return byAction.get(key)
    const allows = principal.set.holdings.flatMap(({ policy }) =>
      statementsFor(policy, action.toLowerCase()).filter(({ effect }) => effect === 'allow'),
    )
    const found = allows.some(({ notResource }) => notResource)
      ? undefined
      : this.#indexes.get(`${principal.account} ${type}`)?.select(allows.flatMap(({ resources }) => resources))
    byAction.set(key, found)
    return found
  }
}

/** No instance runs under a role that no instance profile holds; making one for a passed role is a small step. */
function hasNoProfile(role: AwsPrincipal): boolean {
  const profiles = role.principal.attributes['instanceProfiles']
  return Array.isArray(profiles) && profiles.length === 0
}

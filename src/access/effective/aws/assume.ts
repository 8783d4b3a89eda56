// Role chaining: which roles a principal can act as, where the role's trust and the principal's own policies both say so.
// Within one account a trust that names the principal itself is enough; nothing may stand against it.
import { contextOf, tagsOf } from './context.ts'
import type { AwsEstate, AwsPrincipal } from './estate.ts'
import { evaluate, unopposed } from './evaluate.ts'
import type { RequestContext } from './condition.ts'
import { statementsFor } from './policy.ts'
import type { Tier } from '../../entitlement.ts'
import { ANY_RESOURCE } from './resource-pattern.ts'
import type { ResourcePattern } from './resource-pattern.ts'
import { rank, TargetIndex } from './target-index.ts'
import { trustHolds } from './trust.ts'
import type { Trust, Trusts } from './trust.ts'

export interface Assumption {
  readonly role: AwsPrincipal
  /** In words, from the trust's side. */
  readonly how: string
  /** What would have to hold; empty when it simply can. */
  readonly open: readonly string[]
}

const ASSUME = 'sts:assumerole'

/**
 * A principal that may assume everything would otherwise list the whole estate: the most privileged roles are listed,
 * and that there are more is said.
 */
export const ASSUMPTIONS_MAX = 50

/** What a caller of AssumeRole sets as it likes; the external id is a word between the parties and is not known. */
const asAssumerOf =
  (role: AwsPrincipal): RequestContext =>
  (key) =>
    key === 'sts:sourceidentity' ? 'caller' : tagsOf(role)(key)

export class Assumptions {
  readonly #trusts: Trusts
  readonly #delegated = new Map<
    string,
    { readonly index: TargetIndex; readonly byRole: ReadonlyMap<string, readonly Trust[]> }
  >()
  readonly #direct = new Map<string, readonly Assumption[]>()
  #lastChain: { readonly of: AwsPrincipal; readonly chain: readonly Assumption[] } | undefined

  /** `tierOf`: what each role holds outright, so that the most privileged come first. */
  constructor(estate: AwsEstate, trusts: Trusts, tierOf: (role: AwsPrincipal) => Tier) {
    this.#trusts = trusts
    for (const account of new Set(estate.principals.map((principal) => principal.account))) {
      const byRole = new Map<string, Trust[]>()
      const roles = new Set<AwsPrincipal>()
      for (const trust of trusts.byAccount.get(account) ?? []) {
        roles.add(trust.role)
        const list = byRole.get(trust.role.id)
        if (list === undefined) byRole.set(trust.role.id, [trust])
        else list.push(trust)
      }
      const ranked = rank([...roles], tierOf, (role) => role.arn)
      this.#delegated.set(account, { index: new TargetIndex(ranked), byRole })
    }
  }

  /** The roles that it can take on in one step; at most `ASSUMPTIONS_MAX` through what its account is trusted with. */
  of(principal: AwsPrincipal): readonly Assumption[] {
    const known = this.#direct.get(principal.id)
    if (known !== undefined) return known
    const found = principal.type === 'group' ? [] : this.#work(principal)
    this.#direct.set(principal.id, found)
    return found
  }

  /** Every role that it can come to act as, each with the way; only what holds without conditions is followed. */
  chain(principal: AwsPrincipal): readonly Assumption[] {
    if (this.#lastChain?.of !== principal) this.#lastChain = { of: principal, chain: this.#follow(principal) }
    return this.#lastChain.chain
  }

  #follow(principal: AwsPrincipal): readonly Assumption[] {
    const reached = new Map<string, Assumption>()
    let edge: readonly { readonly at: AwsPrincipal; readonly way: string }[] = [{ at: principal, way: '' }]
    while (edge.length > 0 && reached.size < ASSUMPTIONS_MAX) {
      const next: { at: AwsPrincipal; way: string }[] = []
      for (const { at, way } of edge) {
        for (const assumption of this.of(at)) {
          const { role } = assumption
          if (role.id === principal.id || reached.has(role.id)) continue
          reached.set(role.id, { ...assumption, how: `${way}${assumption.how}` })
          if (assumption.open.length === 0) next.push({ at: role, way: `through role \`${role.name}\`: ${way}` })
        }
      }
      edge = next
    }
    return [...reached.values()]
  }

  #work(principal: AwsPrincipal): Assumption[] {
    const found = new Map<string, Assumption>()
    const add = (assumption: Assumption | undefined): void => {
      if (assumption === undefined || assumption.role.id === principal.id) return
      const known = found.get(assumption.role.id)
      if (known === undefined || known.open.length > assumption.open.length) found.set(assumption.role.id, assumption)
    }
    for (const trust of this.#trusts.byPrincipal.get(principal.id) ?? []) add(this.#byName(principal, trust))
    for (const trust of this.#trusts.any) add(this.#byName(principal, trust))
    const delegated = this.#delegated.get(principal.account)
    const patterns = assumePatterns(principal)
    if (delegated === undefined || patterns === 'none') return [...found.values()]
    for (const role of delegated.index.select(patterns) ?? delegated.index.all) {
      if (found.size >= ASSUMPTIONS_MAX) break
      for (const trust of delegated.byRole.get(role.id) ?? []) add(this.#byAccount(principal, trust))
    }
    return [...found.values()]
  }

  /** The trust names the principal (or anyone). */
  #byName(principal: AwsPrincipal, trust: Trust): Assumption | undefined {
    const { role } = trust
    const context = contextOf(principal, asAssumerOf(role), role.arn)
    const own =
      role.account === principal.account
        ? unopposed(principal.set, ASSUME, role.arn, context, principal.type === 'role')
        : evaluate(principal.set, ASSUME, role.arn, context)
    const how = trust.kind === 'any' ? `role \`${role.name}\` trusts anyone` : `role \`${role.name}\` trusts it by name`
    return combine(trust, how, context, own)
  }

  #byAccount(principal: AwsPrincipal, trust: Trust): Assumption | undefined {
    const { role } = trust
    const context = contextOf(principal, asAssumerOf(role), role.arn)
    const own = evaluate(principal.set, ASSUME, role.arn, context)
    return combine(trust, `role \`${role.name}\` trusts its account, and its policies allow it`, context, own)
  }
}

function combine(
  trust: Trust,
  how: string,
  context: RequestContext,
  own: { readonly answer: string; readonly open: readonly string[] },
): Assumption | undefined {
  if (own.answer === 'no') return undefined
  const { holds, open } = trustHolds(trust, context)
  if (!holds) return undefined
  const all = [...new Set([...open, ...own.open])]
  return { role: trust.role, how: all.length === 0 ? how : `${how}, if ${all.join(' and ')}`, open: all }
}

/** The resource patterns of what allows assuming; `none` when nothing does. */
function assumePatterns(principal: AwsPrincipal): readonly ResourcePattern[] | 'none' {
  const patterns: ResourcePattern[] = []
  let any = false
  for (const { policy } of principal.set.holdings) {
    for (const statement of statementsFor(policy, ASSUME)) {
      if (statement.effect !== 'allow') continue
      any = true
      if (statement.notResource) return [ANY_RESOURCE]
      patterns.push(...statement.resources)
    }
  }
  return any ? patterns : 'none'
}

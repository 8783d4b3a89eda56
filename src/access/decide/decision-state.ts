// All that decisions are made from, resident: principals, credentials, grants, what was ended, and the policies in force.
// Whoever keeps it up to date calls `put…`; what arrives late or twice changes nothing.
import { EntityStore, type PolicySet } from '../policy/index.ts'
import { GrantIndex } from './grant-index.ts'
import type { CredentialFacts, PrincipalFacts } from './principal-facts.ts'

export interface DecisionLimits {
  /** Members of a chain, the subject among them. */
  readonly chainMax: number
  /** What was last known to be complete longer ago than this decides nothing. Milliseconds. */
  readonly staleAfterMs: number
  /** No answer may be kept longer. Milliseconds. */
  readonly answerMaxMs: number
}

export const DECISION_LIMITS: DecisionLimits = { chainMax: 5, staleAfterMs: 120_000, answerMaxMs: 60_000 }

export interface PoliciesInForce {
  /** The version that is active: `pol_…`. */
  readonly versionId: string
  readonly set: PolicySet
  /** By policy: its annotations. */
  readonly annotations: ReadonlyMap<string, Readonly<Record<string, string>>>
}

const AMBIGUOUS = Symbol('ambiguous')

export class DecisionState {
  readonly limits: DecisionLimits
  readonly entities = new EntityStore()
  readonly grants = new GrantIndex()
  policies: PoliciesInForce | undefined
  /** Milliseconds since 1970: up to then everything that was committed is known here. */
  knownAt = -Infinity
  /** Where that is in the order of changes, as whoever follows it writes positions. */
  position = ''
  readonly #principals = new Map<string, PrincipalFacts>()
  readonly #byName = new Map<string, string | typeof AMBIGUOUS>()
  readonly #credentials = new Map<string, CredentialFacts>()
  /** Of principals, tokens and sessions that an act of their own denied, or let again: the version of that act. */
  readonly #denials = new Map<string, { readonly version: number; readonly denied: boolean }>()

  constructor(limits: DecisionLimits = DECISION_LIMITS) {
    this.limits = limits
  }

  get principalCount(): number {
    return this.#principals.size
  }

  /** False where what is here is as new. */
  putPrincipal(facts: PrincipalFacts): boolean {
    const before = this.#principals.get(facts.id)
    if (before !== undefined && before.version >= facts.version) return false
    this.#principals.set(facts.id, facts)
    if (before?.externalId !== facts.externalId || before.system !== facts.system) {
      if (before !== undefined) this.#forgetNames(before)
      for (const name of namesOf(facts)) {
        const holder = this.#byName.get(name)
        this.#byName.set(name, holder === undefined || holder === facts.id ? facts.id : AMBIGUOUS)
      }
    }
    this.entities.add({ uid: { type: 'Principal', id: facts.id }, attrs: attributesOf(facts), parents: [] })
    return true
  }

  /** By id, by `system` and identifier, or by the identifier alone where one principal has it. */
  resolve({ type, id }: { readonly type: string; readonly id: string }): PrincipalFacts | 'unknown' | 'ambiguous' {
    const own = this.#principals.get(id)
    if (own !== undefined) return own
    const found = this.#byName.get(`${type}\n${id}`) ?? this.#byName.get(id)
    if (found === undefined) return 'unknown'
    return found === AMBIGUOUS ? 'ambiguous' : (this.#principals.get(found) ?? 'unknown')
  }

  principals(): IterableIterator<PrincipalFacts> {
    return this.#principals.values()
  }

  putCredential(facts: CredentialFacts): boolean {
    const before = this.#credentials.get(facts.id)
    if (before !== undefined && before.version >= facts.version) return false
    this.#credentials.set(facts.id, facts)
    return true
  }

  credential(id: string): CredentialFacts | undefined {
    return this.#credentials.get(id)
  }

  /** Denies a principal, credential, token or session from now on, or lets it again. */
  setEnded(id: string, denied: boolean, version: number): void {
    const before = this.#denials.get(id)
    if (before === undefined || before.version < version) this.#denials.set(id, { version, denied })
  }

  isEnded(id: string): boolean {
    return this.#denials.size > 0 && this.#denials.get(id)?.denied === true
  }

  /** What is known of a version before its facts are: that it may do nothing. */
  hold(id: string, version: number, state: 'quarantined' | 'retired'): void {
    const known = this.#principals.get(id)
    if (known !== undefined && known.version < version) this.putPrincipal({ ...known, state, version: version - 0.5 })
  }

  /** Puts other policies in force; those before are forgotten. */
  putPolicies(policies: PoliciesInForce | undefined): void {
    const before = this.policies
    this.policies = policies
    if (before !== undefined && before.set !== policies?.set) before.set.release()
  }

  #forgetNames(facts: PrincipalFacts): void {
    // INVARIANT: an ambiguous name stays ambiguous; a new snapshot makes it good
    for (const name of namesOf(facts)) if (this.#byName.get(name) === facts.id) this.#byName.delete(name)
  }
}

const namesOf = ({ system, externalId }: PrincipalFacts): string[] => [`${system}\n${externalId}`, externalId]

const attributesOf = (facts: PrincipalFacts): Record<string, string | boolean> => ({
  kind: facts.kind,
  system: facts.system,
  state: facts.state,
  tier: facts.tier,
  environment: facts.environment,
  criticality: facts.criticality,
  owned: facts.owned,
  bound: facts.bound,
})

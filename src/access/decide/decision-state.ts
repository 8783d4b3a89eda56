// All that decisions are made from, resident: principals, credentials, grants, what was ended, and the policies in force.
// Whoever keeps it up to date calls `put…`; what arrives late or twice changes nothing.
import { EntityStore, type EntityProblem, type PolicySet } from '../policy/index.ts'
import { GrantIndex } from './grant-index.ts'
import type { ResidentGrant } from './grant-index.ts'
import { KnownResources } from './known-resources.ts'
import type { ResourceFacts } from './known-resources.ts'
import type { CredentialFacts, PrincipalFacts } from './principal-facts.ts'
import { SortedNames } from './sorted-names.ts'
import type { StatedTypes } from './stated-types.ts'
import { ResidentTokens } from './token-facts.ts'

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
  /** What their schema declares of a request; `unread` where they have one that is not known here yet. */
  stated?: StatedTypes | 'unread'
}

/** A change that is only thought of. Policies are compiled over the entities of the same state. */
export type Supposition =
  | { readonly kind: 'grant_ended'; readonly grantId: string }
  | { readonly kind: 'principal_held'; readonly principalId: string; readonly state: 'quarantined' | 'retired' }
  | { readonly kind: 'policies_replaced'; readonly policies: PoliciesInForce | undefined }

export class DecisionState {
  readonly limits: DecisionLimits
  readonly entities = new EntityStore()
  readonly grants = new GrantIndex()
  readonly tokens = new ResidentTokens()
  policies: PoliciesInForce | undefined
  /** Why the version that is active decides nothing: it is not what was approved. */
  policiesRefused: string | undefined
  /** Milliseconds since 1970: up to then everything that was committed is known here. */
  knownAt = -Infinity
  /** Milliseconds since that was told, by a clock that nobody sets. */
  silentMs = (): number => 0
  /** Where that is in the order of changes, as whoever follows it writes positions. */
  position = ''
  readonly #principals = new Map<string, PrincipalFacts>()
  /** Of grants that are known to have ended before their facts were read: the version that ended them. */
  readonly #endedGrants = new Map<string, number>()
  /** Who has this identifier: one principal, seldom several. */
  readonly #byName = new Map<string, string | readonly string[]>()
  /** Who is this natural person: the record of their feed, and accounts that were confirmed to be theirs. */
  readonly #byPerson = new Map<string, Set<string>>()
  /** Sorted, so that a search goes on where it stopped, whatever was added meanwhile. */
  readonly #ids = new SortedNames()
  readonly #resources = new KnownResources()
  readonly #credentials = new Map<string, CredentialFacts>()
  /** Of principals, tokens and sessions that an act of their own denied, or let again: the version of that act. */
  readonly #denials = new Map<string, { readonly version: number; readonly denied: boolean }>()

  constructor(limits: DecisionLimits = DECISION_LIMITS) {
    this.limits = limits
  }

  /** What is known is too old to decide by. SECURITY: also where the clock was set back, by which it would be young for ever. */
  isStale(now: number): boolean {
    const { staleAfterMs } = this.limits
    return now - this.knownAt > staleAfterMs || this.silentMs() > staleAfterMs
  }

  get principalCount(): number {
    return this.#principals.size
  }

  /** False where what is here is as new. */
  putPrincipal(facts: PrincipalFacts): boolean {
    const before = this.#principals.get(facts.id)
    if (before !== undefined && before.version >= facts.version) return false
    this.#principals.set(facts.id, facts)
    if (before === undefined) this.#ids.add(facts.id)
    if (before?.personId !== facts.personId) this.#putPerson(before, facts)
    if (before?.externalId !== facts.externalId) {
      if (before !== undefined) this.#forgetName(before)
      const holders = this.#byName.get(facts.externalId)
      this.#byName.set(facts.externalId, holders === undefined ? facts.id : [holders, facts.id].flat())
    }
    const problem = this.entities.add(entityOf(facts))
    // SECURITY: policies would be asked of somebody else than is meant
    if (problem !== undefined) throw new Error(`the entity of ${facts.id}: ${problem.message}`)
    return true
  }

  /** By id, or by a type and the identifier that it has there. SECURITY: a group acts for nobody, though a user may have its name. */
  resolve({ type, id }: { readonly type: string; readonly id: string }): PrincipalFacts | 'unknown' | 'ambiguous' {
    const own = this.#principals.get(id)
    if (own !== undefined) return own.kind === 'group' ? 'unknown' : own
    const holders = this.#byName.get(id)
    if (holders === undefined) return 'unknown'
    let found: PrincipalFacts | undefined
    for (const holder of typeof holders === 'string' ? [holders] : holders) {
      const facts = this.#principals.get(holder)
      if (facts === undefined || !answersTo(facts, type)) continue
      if (found !== undefined) return 'ambiguous'
      found = facts
    }
    return found ?? 'unknown'
  }

  /** Ids in their order, after `after`. */
  principalsAfter(after: string): IterableIterator<string> {
    return this.#ids.after(after)
  }

  principal(id: string): PrincipalFacts | undefined {
    return this.#principals.get(id)
  }

  /** Whatever is this natural person; the record that their feed keeps comes first. */
  principalsOfPerson(personId: string): readonly PrincipalFacts[] {
    const known = [...(this.#byPerson.get(personId) ?? [])].flatMap((id) => this.#principals.get(id) ?? [])
    return known.sort((a, b) => Number(b.ofFeed === true) - Number(a.ofFeed === true))
  }

  /** What is known of a resource beside its name; policies see it as the attributes of the resource. */
  putResource(facts: ResourceFacts): EntityProblem | undefined {
    return this.#resources.put(facts, this.entities)
  }

  /** Those that were put, and those that a grant or a policy names exactly, after `after` in the order of names. */
  resourcesAfter(after: string): IterableIterator<ResourceFacts> {
    return this.#resources.after(after, this.grants, this.entities)
  }

  /** That a grant or a policy names exactly, sorted. */
  actionNames(): readonly string[] {
    const granted = [...this.grants.actionPatterns()].filter((action) => !action.includes('*'))
    return [...new Set([...granted, ...this.entities.idsOf('Action')])].filter((name) => name !== '').sort()
  }

  putCredential(facts: CredentialFacts): boolean {
    const before = this.#credentials.get(facts.id)
    if (before !== undefined && before.version >= facts.version) return false
    this.#credentials.set(facts.id, facts)
    return true
  }

  /** What is known of a version before its facts are: that it authenticates nobody. */
  endCredential(id: string, version: number, state: Exclude<CredentialFacts['state'], 'live'>): void {
    const known = this.#credentials.get(id)
    if (known !== undefined) this.putCredential({ ...known, state, version: version - 0.5 })
  }

  /** False where a later version of it is here, or is known to have ended. */
  putGrant(grant: ResidentGrant, version: number): boolean {
    if (version < Math.max(this.grants.versionOf(grant.id), this.#endedGrants.get(grant.id) ?? 0)) return false
    this.#endedGrants.delete(grant.id)
    this.grants.put(grant, version)
    return true
  }

  /** Before its facts are read. One whose time was over at `at` (milliseconds since 1970) has run out, and was not ended. */
  endGrant(id: string, version: number, at: number): void {
    if ((this.#endedGrants.get(id) ?? 0) >= version) return
    this.#endedGrants.set(id, version)
    this.grants.endBefore(id, at)
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
    this.policiesRefused = undefined
    if (before !== undefined && before.set !== policies?.set) before.set.release()
  }

  /** What `work` finds if this were so; afterwards everything is as it was. Synchronous: nobody else sees it. */
  suppose<T>(supposed: Supposition, work: () => T): T {
    const undo = this.#suppose(supposed)
    try {
      return work()
    } finally {
      undo()
    }
  }

  #suppose(supposed: Supposition): () => void {
    if (supposed.kind === 'policies_replaced') {
      const before = this.policies
      this.policies = supposed.policies
      return () => (this.policies = before)
    }
    if (supposed.kind === 'grant_ended') {
      const before = this.grants.setOver(supposed.grantId, 'ended')
      return () => before !== undefined && this.grants.setOver(supposed.grantId, before)
    }
    const before = this.#principals.get(supposed.principalId)
    if (before === undefined) return () => undefined
    // policies need not hear of it: the gate of identities stands before them
    this.#principals.set(before.id, { ...before, state: supposed.state })
    return () => this.#principals.set(before.id, before)
  }

  /** SECURITY: nothing is allowed until others are put. */
  refusePolicies(why: string): void {
    this.putPolicies(undefined)
    this.policiesRefused = why
  }

  #putPerson(before: PrincipalFacts | undefined, { id, personId }: PrincipalFacts): void {
    if (before?.personId !== undefined) this.#byPerson.get(before.personId)?.delete(id)
    if (personId !== undefined) this.#byPerson.set(personId, (this.#byPerson.get(personId) ?? new Set()).add(id))
  }

  #forgetName({ id, externalId }: PrincipalFacts): void {
    const holders = this.#byName.get(externalId)
    if (holders === id) this.#byName.delete(externalId)
    else if (typeof holders === 'object') {
      const [only, ...more] = holders.filter((holder) => holder !== id)
      if (only !== undefined) this.#byName.set(externalId, more.length === 0 ? only : [only, ...more])
    }
  }
}

/** What one may call it: its system, its kind, `principal`, and a person also `user`. A group is nothing that acts. */
export const answersTo = ({ system, kind }: PrincipalFacts, type: string): boolean =>
  kind !== 'group' &&
  (type === system || type === kind || type === 'principal' || (type === 'user' && kind === 'human'))

const entityOf = (facts: PrincipalFacts): object => ({
  uid: { type: 'Principal', id: facts.id },
  attrs: {
    kind: facts.kind,
    system: facts.system,
    state: facts.state,
    tier: facts.tier,
    environment: facts.environment,
    criticality: facts.criticality,
    owned: facts.owned,
    bound: facts.bound,
  },
  // labels come from sources; one that is no text of Unicode is left out, the others stay
  tags: Object.fromEntries(
    Object.entries(facts.labels ?? {}).filter((label) => label.every((text) => text.isWellFormed())),
  ),
  parents: [],
})

// What one part of a read says, worked out by the same pure rules as a scan, and handed out record by record.
import type { Act, Fact, Id, ReadProblem } from '#kernel'
import { effectiveAccess } from '#access'
import type { EffectiveAccess } from '#access'
import { assessOwners, classify, CodeOwners, correlate, overrideKinds } from '#identity'
import type {
  Answerer,
  ClassificationRules,
  IdentityGraph,
  OwnerCandidate,
  OwnerOverride,
  Ownership,
  Principal,
} from '#identity'
import { boundedText, observedCredential, observedPrincipal } from '#identity/roll'
import type {
  CredentialRecord,
  Observation,
  Observed,
  OwnerOfRecord,
  PeopleOfRoll,
  PrincipalRecord,
  PrincipalSighting,
} from '#identity/roll'

export interface SightingsOptions {
  readonly facts: readonly Fact[]
  readonly roll: PeopleOfRoll
  readonly source: { readonly id: string }
  readonly act: Act
  readonly keyId?: string
  readonly classification?: ClassificationRules
  readonly owners?: readonly OwnerOverride[]
}

export class Sightings {
  readonly graph: IdentityGraph
  readonly access: ReadonlyMap<Id<'principal'>, EffectiveAccess>
  /** Where the roll knows principals by other ids, once they are written. */
  known: Pick<Observation, 'moved' | 'refused'> = { moved: new Map(), refused: new Set() }
  readonly #options: SightingsOptions
  readonly #owners: ReadonlyMap<Id<'principal'>, Ownership>
  readonly #codeOwners: CodeOwners
  readonly #createdBy = new Map<Id<'principal'>, string>()
  readonly #failures: string[] = []

  constructor(options: SightingsOptions) {
    const { facts, roll, classification = [], owners = [] } = options
    this.#options = options
    this.graph = overrideKinds(correlate(facts), classification)
    this.access = effectiveAccess(facts, this.graph, (system) => this.#failures.push(system))
    const withRoll = [...facts.filter(isNoPerson), ...roll.facts]
    this.#owners = assessOwners(this.graph, withRoll, owners)
    this.#codeOwners = new CodeOwners(withRoll)
    for (const { relation, fromId, toId } of this.graph.relations) {
      const creator = relation === 'created_by' ? this.graph.principals.get(toId) : undefined
      if (creator !== undefined && fromId !== undefined) this.#createdBy.set(fromId, creator.externalId)
    }
  }

  *principals(): Generator<Observed<PrincipalRecord>> {
    const { source, act } = this.#options
    for (const principal of this.graph.principals.values()) {
      yield observedPrincipal(this.#sighting(principal), source.id, act.at)
    }
  }

  *credentials(): Generator<Observed<CredentialRecord>> {
    const { source, keyId } = this.#options
    const principalOf = (id: Id<'principal'>): Id<'principal'> | undefined => this.rollId(id)
    const ownersOf = (file: string): readonly PartyOfRoll[] =>
      this.#codeOwners.of(file).flatMap((one) => this.#inRoll(one) ?? [])
    const more = keyId === undefined ? {} : { keyId }
    for (const credential of this.graph.credentials.values()) {
      yield observedCredential({ credential, principalOf, ownersOf, ...more }, source.id)
    }
  }

  /** The principal's id in the roll; `undefined` where it could not be written. */
  rollId(id: Id<'principal'>): Id<'principal'> | undefined {
    if (this.known.refused.has(id)) return undefined
    return (this.known.moved.get(id) as Id<'principal'> | undefined) ?? id
  }

  nameOf(id: string): string {
    const principal = this.graph.principals.get(id as Id<'principal'>)
    const credential = this.graph.credentials.get(id as Id<'credential'>)
    return boundedText(principal?.name ?? credential?.name ?? credential?.type ?? id, 200)
  }

  /** A bug of ours costs the rights of one system, and is said. */
  problems(): ReadProblem[] {
    return this.#failures.map((system) => ({
      type: 'problem',
      file: '',
      message: `the rights in ${system} could not be worked out and are unknown; please report this`,
    }))
  }

  #sighting(principal: Principal): PrincipalSighting {
    const access = this.access.get(principal.id)
    const tier = access?.tier ?? 'unknown'
    const ownership = this.#owners.get(principal.id)
    const owner = this.#party(ownership?.owner)
    const backup = this.#party(ownership?.backup)
    const left = ownership?.owner?.status === 'leaver'
    const createdBy = this.#createdBy.get(principal.id)
    return {
      principal,
      classification: classify(principal, tier, this.#options.classification),
      tier: { value: tier, reason: access?.reasons[0] ?? 'no source states its rights' },
      ...(owner === undefined ? {} : left ? { leftOwner: owner } : { owner }),
      ...(backup === undefined || ownership?.backup?.status === 'leaver' ? {} : { backup }),
      ...(createdBy === undefined ? {} : { createdBy }),
    }
  }

  /** Only who is in the roll can answer for something. */
  #party(candidate: OwnerCandidate | undefined): OwnerOfRecord | undefined {
    if (candidate === undefined || candidate.unfit !== undefined) return undefined
    const reason = boundedText(candidate.reason, 1000)
    const { personId, teamId } = candidate
    const party =
      (personId === undefined ? undefined : this.#inRoll({ personId })) ??
      (teamId === undefined ? undefined : this.#inRoll({ teamId }))
    return party && { party, from: 'derived', reason }
  }

  #inRoll(one: Answerer): PartyOfRoll | undefined {
    const { people, teams } = this.#options.roll
    if ('personId' in one) {
      const person = people.get(one.personId)
      return person && { kind: 'person', id: person.id }
    }
    const team = teams.get(one.teamId)
    return team === undefined ? undefined : { kind: 'team', id: team }
  }
}

type PartyOfRoll = OwnerOfRecord['party']

const isNoPerson = (fact: Fact): boolean => fact.type !== 'person' && fact.type !== 'team'

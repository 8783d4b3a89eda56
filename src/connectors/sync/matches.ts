// What correlation offers but does not decide: two principals that may be one, a principal that may be a person's.
import type { Id } from '#kernel'
import { offerLikelyMatches } from '#identity'
import type { Principal } from '#identity'
import type { MatchProposal, PeopleOfRoll } from '#identity/roll'
import type { NamesOfSystems } from './names-of-systems.ts'
import type { Sightings } from './sightings.ts'

/** Principals whose name is a person's e-mail or handle. */
export function likelyPeople(sightings: Sightings, roll: PeopleOfRoll): MatchProposal[] {
  return sightings.graph.likelyPeople.flatMap(({ principalId, personId, reason }): MatchProposal[] => {
    const [own, person] = [sightings.rollId(principalId), roll.people.get(personId)]
    if (own === undefined || person === undefined) return []
    return [{ kind: 'person', pair: [own, person.principalId], strength: 'likely', reason }]
  })
}

/** Likeness is looked for over the whole read, so of what may have a likeness something is kept from part to part. */
export class LikelyPairs {
  readonly #principals = new Map<Id<'principal'>, Principal>()
  readonly #names: NamesOfSystems

  constructor(names: NamesOfSystems) {
    this.#names = names
  }

  add(sightings: Sightings): void {
    for (const principal of sightings.graph.principals.values()) {
      if (principal.kind === 'group' || !this.#names.inSeveral(principal)) continue
      const id = sightings.rollId(principal.id)
      if (id !== undefined) this.#principals.set(id, judgedBy(principal, id))
    }
  }

  proposals(): MatchProposal[] {
    return offerLikelyMatches(this.#principals).map(({ a, b, reason }) => ({
      kind: 'principals',
      pair: [a, b],
      strength: 'likely',
      reason,
    }))
  }
}

function judgedBy(principal: Principal, id: Id<'principal'>): Principal {
  const { kind, nativeType, system, externalId, name, labels, ownerHints, attributes } = principal
  const { namespace } = attributes
  return {
    id,
    kind,
    nativeType,
    system,
    externalId,
    name,
    labels,
    ownerHints,
    attributes: namespace === undefined ? {} : { namespace },
    ...NOTHING_ELSE,
  }
}

const NOTHING_ELSE = {
  refs: [],
  accounts: [],
  mentionedOnly: false,
  environmentHints: [],
  purposeHints: [],
  provenance: [],
} as const

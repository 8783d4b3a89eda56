// What correlation offers but does not decide: two principals that may be one, a principal that may be a person's.
import type { PeopleOfRoll, MatchProposal } from '#identity/roll'
import type { Sightings } from './sightings.ts'

export function likelyMatches(sightings: Sightings, roll: PeopleOfRoll): MatchProposal[] {
  const pairs = sightings.graph.likely.flatMap(({ a, b, reason }): MatchProposal[] => {
    const [left, right] = [sightings.rollId(a), sightings.rollId(b)]
    if (left === undefined || right === undefined) return []
    return [{ kind: 'principals', pair: [left, right], strength: 'likely', reason }]
  })
  const people = sightings.graph.likelyPeople.flatMap(({ principalId, personId, reason }): MatchProposal[] => {
    const [own, person] = [sightings.rollId(principalId), roll.people.get(personId)]
    if (own === undefined || person === undefined) return []
    return [{ kind: 'person', pair: [own, person.principalId], strength: 'likely', reason }]
  })
  return [...pairs, ...people]
}

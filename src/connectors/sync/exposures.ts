// Who saw a secret: the people who committed the file in which it stands. An address that nobody of the roll has is
// nobody's; whoever only read the file is not known here.
import type { Act, Fact } from '#kernel'
import { recordAuthorsSaw } from '#identity/roll'
import type { IdentityLayer, PeopleOfRoll } from '#identity/roll'
import type { Sightings } from './sightings.ts'

export interface AuthorsOptions {
  readonly identity: IdentityLayer
  readonly act: Act
  readonly source: { readonly id: string }
  readonly facts: readonly Fact[]
  readonly sightings: Sightings
  readonly roll: PeopleOfRoll
  /** From the scan's id of a credential to the roll's. */
  readonly moved: ReadonlyMap<string, string>
}

/** Returns how many facts are new. */
export async function exposuresOfAuthors(options: AuthorsOptions): Promise<number> {
  const { identity, act, source, sightings, moved } = options
  const authors = authorsOfFiles(options)
  if (authors.size === 0) return 0
  const seen: { personId: string; credentialId: string }[] = []
  for (const credential of sightings.graph.credentials.values()) {
    const people = new Set<string>()
    for (const { exposure, file } of credential.sightings) {
      if (exposure === 'embedded') for (const person of authors.get(file) ?? []) people.add(person)
    }
    const credentialId = moved.get(credential.id) ?? credential.id
    for (const personId of people) seen.push({ personId, credentialId })
  }
  return await recordAuthorsSaw(identity, act, source.id, seen)
}

/** By file, the people of the roll who committed it. */
function authorsOfFiles({ facts, roll }: AuthorsOptions): Map<string, Set<string>> {
  const byEmail = new Map<string, string>()
  for (const fact of roll.facts) {
    if (fact.type !== 'person') continue
    const person = roll.people.get(fact.personId)
    if (person !== undefined) for (const email of fact.emails) byEmail.set(email.toLowerCase(), person.id)
  }
  const authors = new Map<string, Set<string>>()
  for (const fact of facts) {
    if (fact.type !== 'ownership' || fact.how !== 'commit_author') continue
    const known = fact.owners.flatMap((email) => byEmail.get(email.toLowerCase()) ?? [])
    if (known.length === 0) continue
    authors.set(fact.provenance.file, new Set([...(authors.get(fact.provenance.file) ?? []), ...known]))
  }
  return authors
}

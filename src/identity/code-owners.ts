// Who is stated to answer for a file: code owners, and whoever else a source names; never who only committed it. Pure.
import type { Fact } from '#kernel'
import { FileOwners } from './file-owners.ts'
import { PeopleIndex } from './people-index.ts'

/** As the feed of people has them: ids of the feed. */
export type Answerer = { readonly personId: string } | { readonly teamId: string }

export class CodeOwners {
  readonly #files: FileOwners
  readonly #people: PeopleIndex

  constructor(facts: readonly Fact[]) {
    this.#files = new FileOwners(facts.filter((fact) => fact.type === 'ownership' && fact.how !== 'commit_author'))
    this.#people = new PeopleIndex(facts)
  }

  /** Those that the feed knows and that have not left. */
  of(file: string): readonly Answerer[] {
    return this.#files
      .of(file)
      .flatMap(({ owners }) => owners)
      .flatMap((spelling): Answerer[] => {
        const party = this.#people.find(spelling)
        if (party === undefined) return []
        if (party.kind === 'team') return [{ teamId: party.team.teamId }]
        return party.person.status === 'leaver' ? [] : [{ personId: party.person.personId }]
      })
  }
}

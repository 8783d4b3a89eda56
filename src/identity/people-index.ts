// Finds the person or team that a spelling names: an e-mail, a handle, `@org/team`, an id, an exact name. Never by
// likeness: a spelling that fits two people names neither.
import type { Fact, PersonFact, TeamFact } from '#kernel'
import { append } from './layer.ts'

export type Party =
  | { readonly kind: 'person'; readonly person: PersonFact }
  | { readonly kind: 'team'; readonly team: TeamFact; readonly members: readonly PersonFact[] }

/** `Platform Team` and `platform` are one spelling of a team, as GitHub makes slugs. */
const slug = (name: string): string =>
  name
    .normalize('NFKC')
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}]+/gu, '-')
    .replaceAll(/^-|-$/g, '')

const EMAIL = /^[^\s@<>,;:]{1,200}@[^\s@<>,;:]{1,200}$/
export const isEmail = (text: string): boolean => EMAIL.test(text)

export class PeopleIndex {
  readonly #people = new Map<string, PersonFact>()
  readonly #teams = new Map<string, TeamFact>()
  readonly #members = new Map<string, PersonFact[]>()
  /** `undefined` marks a key that two have. */
  readonly #keys = new Map<string, PersonFact | undefined>()
  readonly #teamKeys = new Map<string, TeamFact | undefined>()
  readonly #domains = new Set<string>()

  /** Later rows of one id are ignored: the first feed in reading order stands. */
  constructor(facts: readonly Fact[]) {
    for (const fact of facts) {
      if (fact.type === 'person' && !this.#people.has(fact.personId)) this.#addPerson(fact)
      else if (fact.type === 'team' && !this.#teams.has(fact.teamId)) this.#addTeam(fact)
    }
    for (const person of this.#people.values()) {
      if (person.teamId !== undefined) append(this.#members, slug(person.teamId), person)
    }
  }

  /** Whether there is a feed at all: without one, not finding somebody says nothing. */
  get isEmpty(): boolean {
    return this.#people.size === 0 && this.#teams.size === 0
  }

  people(): IterableIterator<PersonFact> {
    return this.#people.values()
  }

  find(spelling: string): Party | undefined {
    const text = spelling.trim()
    if (isEmail(text)) return this.#byEmail(text)
    if (text.startsWith('@')) {
      const [, team] = text.slice(1).split('/')
      return team === undefined ? this.#party(`handle ${text.slice(1).toLowerCase()}`) : this.#team(team)
    }
    return (
      this.#team(text) ?? this.#party(`id ${text}`) ?? this.#party(`handle ${text.toLowerCase()}`) ?? this.#name(text)
    )
  }

  #byEmail(text: string): Party | undefined {
    const email = text.toLowerCase()
    const [local, domain] = email.split('@')
    // a mailbox of the organisation that is called as a team is the team's
    const mailbox = local !== undefined && domain !== undefined && this.#domains.has(domain)
    return this.#party(`email ${email}`) ?? (mailbox ? this.#team(local) : undefined)
  }

  #name(text: string): Party | undefined {
    return this.#party(`name ${text.normalize('NFKC').toLowerCase()}`)
  }

  #party(key: string): Party | undefined {
    const person = this.#keys.get(key)
    return person === undefined ? undefined : { kind: 'person', person }
  }

  #team(text: string): Party | undefined {
    const key = slug(text)
    const team = this.#teamKeys.get(key) ?? this.#teamKeys.get(key.replace(/^team-|-team$/, ''))
    if (team === undefined) return undefined
    return { kind: 'team', team, members: this.#members.get(slug(team.teamId)) ?? [] }
  }

  #addPerson(person: PersonFact): void {
    this.#people.set(person.personId, person)
    const keys = new Set([`id ${person.personId}`, `name ${person.name.normalize('NFKC').toLowerCase()}`])
    for (const email of person.emails) {
      keys.add(`email ${email.toLowerCase()}`)
      const domain = email.toLowerCase().split('@')[1]
      if (domain !== undefined) this.#domains.add(domain)
    }
    for (const handle of person.handles ?? []) keys.add(`handle ${handle.replace(/^@/, '').toLowerCase()}`)
    for (const key of keys) this.#keys.set(key, this.#keys.has(key) ? undefined : person)
  }

  #addTeam(team: TeamFact): void {
    this.#teams.set(team.teamId, team)
    for (const key of new Set([slug(team.teamId), slug(team.name)])) {
      if (key !== '') this.#teamKeys.set(key, this.#teamKeys.has(key) ? undefined : team)
    }
  }
}

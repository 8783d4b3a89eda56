// People and teams first: owners that the same read names must be in the roll before they are looked for.
import type { Act, Fact, PersonFact, TeamFact } from '#kernel'
import { applyPeopleFeed, peopleOfRoll, previewPeopleFeed } from '#identity/roll'
import type { IdentityLayer, PeopleOfRoll } from '#identity/roll'
import type { PeopleCounts } from './result.ts'

export interface PeopleOptions {
  readonly identity: IdentityLayer
  readonly source: { readonly id: string }
  readonly read: { readonly partial: boolean }
  readonly confirmLeavers?: boolean
  readonly dryRun?: boolean
}

/** Who is missing from a feed has left only where the whole source was read. */
export async function applyPeople(
  { identity, source, read, confirmLeavers = false, dryRun = false }: PeopleOptions,
  act: Act,
  facts: readonly Fact[],
): Promise<{ readonly people?: PeopleCounts; readonly roll: PeopleOfRoll }> {
  const people = facts.filter((fact): fact is PersonFact => fact.type === 'person')
  const teams = facts.filter((fact): fact is TeamFact => fact.type === 'team')
  if (people.length === 0 && teams.length === 0) return { roll: await peopleOfRoll(identity) }
  const feed = {
    source: source.id,
    people,
    teams,
    complete: !read.partial && people.length > 0,
    confirmLeavers,
    byMachine: true,
  }
  const outcome = await (dryRun ? previewPeopleFeed : applyPeopleFeed)(identity, act, feed)
  const { joined, changed, left, unchanged, problemCount, held } = outcome
  return {
    people: { joined, changed, left, unchanged, problems: problemCount, held: held?.leavers ?? 0 },
    roll: await peopleOfRoll(identity),
  }
}

// For tests: people feeds from a few words.
import type { PersonFact, TeamFact } from '#kernel'
import type { FeedToApply } from './apply-feed.ts'

export type PersonWords = Partial<PersonFact> & { readonly id: string }

export function personFacts(rows: readonly PersonWords[]): PersonFact[] {
  return rows.map(({ id, ...more }, at) => ({
    type: 'person',
    personId: id,
    name: `Person ${id}`,
    emails: [],
    status: 'active',
    provenance: { connector: 'people', file: 'people.csv', startLine: at + 2 },
    ...more,
  }))
}

export function feedInTest(
  rows: readonly PersonWords[],
  more: Partial<FeedToApply> & { readonly teams?: readonly TeamFact[] } = {},
): FeedToApply {
  return { source: 'hr', people: personFacts(rows), teams: [], complete: true, ...more }
}

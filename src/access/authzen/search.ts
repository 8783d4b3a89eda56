// Who may, on what, and what: each candidate is decided as an evaluation would, so that the two cannot disagree. Done in
// slices, for whoever has other requests to answer meanwhile.
import { answersTo, decide, resourceName } from '../decide/index.ts'
import type { DecisionState, Question } from '../decide/index.ts'
import { tokenFor } from './read-search.ts'
import type { Search, SearchKind } from './read-search.ts'

export interface SearchAnswer {
  readonly results: readonly Found[]
  readonly page: { readonly next_token: string; readonly count: number }
}

type Found = { readonly type: string; readonly id: string } | { readonly name: string }

interface Candidate {
  /** Its place in the order; a candidate of another type has nothing else. */
  readonly place: string
  readonly found?: Found
  readonly question?: Question
}

const SLICE = 256
/** A page that took so many ends short, with a token to go on. */
const EXAMINED_MAX = 100_000

const CANDIDATES: Readonly<Record<SearchKind, (state: DecisionState, search: Search) => Iterable<Candidate>>> = {
  subject: subjects,
  resource: resources,
  action: actions,
}

/** Yields between slices; what it returns is the answer. `now`: milliseconds since 1970. */
export function* search(state: DecisionState, asked: Search, now: number): Generator<void, SearchAnswer> {
  const results: Found[] = []
  let examined = 0
  let last = asked.after
  for (const { place, found, question } of CANDIDATES[asked.kind](state, asked)) {
    if (examined >= EXAMINED_MAX) return pageOf(asked, results, last)
    if (++examined % SLICE === 0) yield
    if (found !== undefined && question !== undefined && decide(state, question, now).allowed) {
      // one more than asked for: so that there is a next page, if there is one
      if (results.length === asked.limit) return pageOf(asked, results, last)
      results.push(found)
    }
    last = place
  }
  return pageOf(asked, results, undefined)
}

const pageOf = (asked: Search, results: readonly Found[], last: string | undefined): SearchAnswer => ({
  results,
  page: { next_token: last === undefined ? '' : tokenFor(asked, last), count: results.length },
})

function* subjects(state: DecisionState, { open, after }: Search): Generator<Candidate> {
  const { type } = open.subject
  for (const place of state.principalsAfter(after)) {
    const facts = state.principal(place)
    if (facts === undefined || !answersTo(facts, type)) {
      yield { place }
      continue
    }
    // by the name that it is asked for by, where that names it alone
    const id = state.resolve({ type, id: facts.externalId }) === facts ? facts.externalId : facts.id
    yield { place, found: { type, id }, question: { ...open, subject: { ...open.subject, id } } }
  }
}

function* resources(state: DecisionState, { open, after }: Search): Generator<Candidate> {
  for (const { type, id } of state.resourcesAfter(after)) {
    const place = resourceName({ type, id })
    if (type !== open.resource.type) yield { place }
    else yield { place, found: { type, id }, question: { ...open, resource: { ...open.resource, id } } }
  }
}

function* actions(state: DecisionState, { open, after }: Search): Generator<Candidate> {
  for (const name of state.actionNames()) {
    if (name > after) yield { place: name, found: { name }, question: { ...open, action: { name } } }
  }
}

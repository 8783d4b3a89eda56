// Who was entered by hand before there was a feed belongs to the first feed that knows them, by id or by e-mail. SECURITY:
// otherwise the first administrators could never leave. Pure.
import { LEFT_OUT } from './feed-rows.ts'
import type { FeedProblem, FeedRows, PersonRow } from './feed-rows.ts'
import type { CurrentPerson, RollOfPeople } from './feed-plan.ts'

/** The source of people whom no feed brought. */
export const FIRST_ADMINISTRATORS = 'bootstrap'

export interface Adoption {
  readonly rows: FeedRows
  /** With those who are adopted by e-mail under the id that the feed has for them. */
  readonly roll: RollOfPeople
  /** Ids of the feed that are new for somebody whom the roll has under another. */
  readonly renamed: ReadonlySet<string>
}

/**
 * One row and one person with the same e-mail are one; where there are more of either, nobody guesses: the rows are left
 * out, and named.
 */
export function adoptByEmail(rows: FeedRows, roll: RollOfPeople): Adoption {
  const none = { rows, roll, renamed: new Set<string>() }
  if (rows.source === FIRST_ADMINISTRATORS) return none
  const byHand = handMadeByEmail(rows, roll)
  if (byHand.size === 0) return none
  const problems = [...rows.problems]
  const claims = new Map<CurrentPerson, PersonRow[]>()
  const unfit = new Set<string>()
  for (const row of rows.people.values()) {
    const matches = new Set(row.emails.flatMap((email) => byHand.get(email) ?? []))
    const [person] = matches
    if (person === undefined) continue
    if (roll.people.has(row.feedId)) problems.push({ ...row.place, message: twoRecords(row, person) })
    else if (matches.size > 1) {
      unfit.add(row.feedId)
      problems.push(severalPeople(row, [...matches]))
    } else claims.set(person, [...(claims.get(person) ?? []), row])
  }
  const people = new Map(roll.people)
  const renamed = new Set<string>()
  for (const [person, claimants] of claims) {
    const [row] = claimants
    if (row !== undefined && claimants.length === 1 && !unfitFor(person, rows, unfit)) {
      people.delete(person.data.feedId)
      people.set(row.feedId, { ...person, data: { ...person.data, feedId: row.feedId } })
      renamed.add(row.feedId)
      continue
    }
    for (const each of claimants) {
      unfit.add(each.feedId)
      problems.push(severalRows(each, person, claimants))
    }
  }
  const fit = new Map([...rows.people].filter(([feedId]) => !unfit.has(feedId)))
  return { rows: { ...rows, people: fit, problems }, roll: { ...roll, people }, renamed }
}

/** A row that could be one of several people could be this one. */
function unfitFor({ data }: CurrentPerson, rows: FeedRows, unfit: ReadonlySet<string>): boolean {
  return [...unfit].some((feedId) => rows.people.get(feedId)?.emails.some((email) => data.emails.includes(email)))
}

/** Those whom the feed names by their own id are that row's. */
function handMadeByEmail(rows: FeedRows, roll: RollOfPeople): Map<string, CurrentPerson[]> {
  const byEmail = new Map<string, CurrentPerson[]>()
  for (const person of roll.people.values()) {
    const { source, status, feedId, emails } = person.data
    if (source !== FIRST_ADMINISTRATORS || status === 'leaver' || rows.people.has(feedId)) continue
    for (const email of emails) byEmail.set(email, [...(byEmail.get(email) ?? []), person])
  }
  return byEmail
}

const named = ({ id, data }: CurrentPerson): string => `${id} (entered by hand as \`${data.feedId}\`)`

function severalPeople(row: PersonRow, people: readonly CurrentPerson[]): FeedProblem {
  const who = people.map(named).join(' and ')
  const message = `\`${row.feedId}\` has e-mails of ${who}: the row was left out; leave it the e-mail of the one they are`
  return { ...row.place, message, ...LEFT_OUT }
}

function severalRows(row: PersonRow, person: CurrentPerson, claimants: readonly PersonRow[]): FeedProblem {
  const others = claimants.filter((each) => each !== row).map(({ feedId }) => `\`${feedId}\``)
  const also = others.length === 0 ? 'another row' : others.slice(0, 5).join(' and ')
  const message = `\`${row.feedId}\` and ${also} have the e-mail of ${named(person)}: the rows were left out; leave the e-mail to the one they are`
  return { ...row.place, message, ...LEFT_OUT }
}

const twoRecords = (row: PersonRow, person: CurrentPerson): string =>
  `\`${row.feedId}\` has the e-mail of ${named(person)}, who is another record: if they are one, give the roles to \`${row.feedId}\`, and send \`${person.data.feedId}\` as a leaver`

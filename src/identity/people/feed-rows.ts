// A people feed as it came, made fit for the roll: what is wrong with a row is said with its line, and the rest stands.
import { parseInstant } from '#kernel'
import type { Instant, Location, PersonFact, TeamFact } from '#kernel'
import { optional } from '../layer.ts'
import { hasEnded } from './end-date.ts'
import type { PersonRecord, TeamRecord } from '../record/people-records.ts'

/** SECURITY: messages name lines and ids of the feed, never names or addresses of people. */
export interface FeedProblem extends Pick<Location, 'file' | 'startLine'> {
  readonly message: string
  /** Nothing of the row was applied. */
  readonly rowLeftOut?: true
}

export interface PeopleFeed {
  /** Who sends it: a connection's id. People of one source are never changed by another. */
  readonly source: string
  readonly people: Iterable<PersonFact>
  readonly teams: Iterable<TeamFact>
  /** Whether the feed holds everybody: only then does a person's absence mean anything. */
  readonly complete: boolean
}

export type PersonRow = Omit<PersonRecord, 'principalId'> & { readonly place: FeedProblem }
export type TeamRow = TeamRecord & { readonly place: FeedProblem }

export interface FeedRows {
  readonly source: string
  readonly people: ReadonlyMap<string, PersonRow>
  readonly teams: ReadonlyMap<string, TeamRow>
  /** Complete, and no row was refused: a refused row may be that of somebody who seems to be missing. */
  readonly complete: boolean
  readonly problems: FeedProblem[]
}

const FEED_ID_MAX = 200
const NAME_MAX = 200
const EMAIL_MAX = 320
const LIST_MAX = 20
// oxlint-disable-next-line no-control-regex -- control characters are what is looked for
const UNFIT = /[\u0000-\u001f\u007f]/

/** `at` says whose last day is over: whatever their status, they have left. */
export function feedRows(feed: PeopleFeed, at: Instant): FeedRows {
  const problems: FeedProblem[] = []
  const people = new Map<string, PersonRow>()
  const teams = new Map<string, TeamRow>()
  let refused = 0
  for (const fact of feed.people) {
    const tell = teller(problems, fact.provenance)
    const feedId = fact.personId.trim().toWellFormed()
    const first = people.get(feedId)
    if (!isFeedId(feedId)) {
      tell(`an id needs 1 to ${FEED_ID_MAX} characters and no control character: the row was left out`, LEFT_OUT)
      refused++
    } else if (first === undefined) people.set(feedId, personRow(fact, feedId, feed.source, at, tell))
    else
      tell(`the id \`${feedId}\` is also that of line ${first.place.startLine ?? '?'}: the first row stands`, LEFT_OUT)
  }
  for (const fact of feed.teams) {
    const tell = teller(problems, fact.provenance)
    const feedId = fact.teamId.trim().toWellFormed()
    const first = teams.get(feedId)
    if (!isFeedId(feedId)) tell(`a team's id needs 1 to ${FEED_ID_MAX} characters: the row was left out`, LEFT_OUT)
    else if (first === undefined) teams.set(feedId, teamRow(fact, feedId, feed.source, tell))
    else
      tell(
        `the team \`${feedId}\` is also that of line ${first.place.startLine ?? '?'}: the first row stands`,
        LEFT_OUT,
      )
  }
  return { source: feed.source, people, teams, complete: feed.complete && refused === 0, problems }
}

type Tell = (message: string, more?: Pick<FeedProblem, 'rowLeftOut'>) => void

export const LEFT_OUT = { rowLeftOut: true } as const

function teller(problems: FeedProblem[], { file, startLine }: Location): Tell {
  return (message, more) => problems.push({ file, ...optional('startLine', startLine), message, ...more })
}

const placeOf = ({ file, startLine }: Location): FeedProblem => ({
  file,
  ...optional('startLine', startLine),
  message: '',
})

const isFeedId = (text: string): boolean => text !== '' && text.length <= FEED_ID_MAX && !UNFIT.test(text)

function personRow(fact: PersonFact, feedId: string, source: string, at: Instant, tell: Tell): PersonRow {
  const { status, unknownStatus, provenance } = fact
  if (unknownStatus !== undefined) tell(unknownWord(unknownStatus))
  const startAt = instant(fact.startAt, 'start', tell)
  const endAt = instant(fact.endAt, 'end', tell)
  return {
    feedId,
    name: shortName(fact.name, tell) || feedId,
    emails: kept(
      fact.emails.map((email) => email.trim().toWellFormed().toLowerCase()),
      'e-mail',
      tell,
    ),
    handles: kept(
      (fact.handles ?? []).map((handle) => handle.trim().toWellFormed()),
      'handle',
      tell,
    ),
    ...optional('managerFeedId', reference(fact.managerId, 'manager', tell)),
    ...optional('teamFeedId', reference(fact.teamId, 'team', tell)),
    status: hasEnded({ ...optional('startAt', startAt), ...optional('endAt', endAt) }, at) ? 'leaver' : status,
    ...optional('startAt', startAt),
    ...optional('endAt', endAt),
    source,
    place: placeOf(provenance),
  }
}

function teamRow(fact: TeamFact, feedId: string, source: string, tell: Tell): TeamRow {
  return {
    feedId,
    name: shortName(fact.name, tell) || feedId,
    ...optional('leadFeedId', reference(fact.leadId, 'lead', tell)),
    source,
    place: placeOf(fact.provenance),
  }
}

function unknownWord(word: string): string {
  // what is no single word may be another column's cell
  const named = /^[a-z_-]{1,30}$/i.test(word) ? `the status \`${word}\` is` : 'the status is'
  return `${named} none of active, leaver, on_leave or their like: it was left out; correct it in the feed`
}

function shortName(name: string, tell: Tell): string {
  const fit = name
    .trim()
    .toWellFormed()
    .replaceAll(/\p{Cc}/gu, '\uFFFD')
  if (fit.length <= NAME_MAX) return fit
  tell(`the name has ${fit.length} characters: it was cut to ${NAME_MAX}`)
  return `${fit.slice(0, NAME_MAX - 1).toWellFormed()}…`
}

function reference(text: string | undefined, what: string, tell: Tell): string | undefined {
  const id = text?.trim().toWellFormed() ?? ''
  if (id === '') return undefined
  if (isFeedId(id)) return id
  tell(`the ${what} is no id (1 to ${FEED_ID_MAX} characters, no control character): it was left out`)
  return undefined
}

/** Sorted, so that another order in the feed is no change. */
function kept(texts: readonly string[], what: string, tell: Tell): string[] {
  const fit = [...new Set(texts)].filter((text) => text !== '' && text.length <= EMAIL_MAX && !UNFIT.test(text)).sort()
  const lost = new Set(texts.filter((text) => text !== '')).size - Math.min(fit.length, LIST_MAX)
  if (lost > 0) tell(`${lost} ${what}s were left out: at most ${LIST_MAX}, of at most ${EMAIL_MAX} characters each`)
  return fit.slice(0, LIST_MAX)
}

/** The database has no year 0000, and nobody has worked since before 1900. */
const A_WORKING_LIFE = /^(?:19|2\d)\d\d-/

function instant(at: Instant | undefined, what: string, tell: Tell): Instant | undefined {
  if (at === undefined || (parseInstant(at) === at && A_WORKING_LIFE.test(at))) return at
  tell(`the ${what} is no date from 1900 to 2999: it was left out; write it as 2026-01-31`)
  return undefined
}

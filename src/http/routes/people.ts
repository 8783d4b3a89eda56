// People and teams: reading them, and the feed that they come from.
import { z } from 'zod'
import { parseInstant, personStatus } from '#kernel'
import type { Instant, PersonFact, TeamFact } from '#kernel'
import {
  applyPeopleFeed,
  getPerson,
  getTeam,
  history,
  knownCredentials,
  listPeople,
  listTeams,
  previewPeopleFeed,
} from '#identity/roll'
import type { FeedToApply } from '#identity/roll'
import { assertMayConfirmLeavers, mayConfirmLeavers } from '../confirm-leavers.ts'
import { endpoint } from '../endpoint.ts'
import type { AnyEndpoint } from '../endpoint.ts'
import { id, PAGE_QUERY, pageRequest, present, reason, TIMES } from '../form/fields.ts'
import { text } from '../form/plain-text.ts'
import { FeedOutcome, KnownCredential, Person, PersonPage, Team, TeamPage } from '../form/people.ts'
import { VersionPage } from '../form/principal.ts'

const PERSON_PATH = z.strictObject({ personId: id('person') })
const TEAM_PATH = z.strictObject({ teamId: id('team') })
const FEED_BYTES_MAX = 64 * 1024 * 1024

// rows are taken as they come: what is wrong with one is told with its place, and the others apply
const ROW = z.string()
const FEED = z
  .strictObject({
    source: text(200).describe('who sends it; people of one source are never changed by another'),
    people: z
      .array(
        z.strictObject({
          id: ROW.describe('the feed’s own id'),
          name: ROW,
          emails: z.array(ROW).optional(),
          handles: z.array(ROW).optional(),
          managerId: ROW.optional(),
          teamId: ROW.optional(),
          status: ROW.optional().describe(
            'active (unless said otherwise), leaver, on_leave, or a word that means one of them (`terminated`); another is a problem of its row and changes no status',
          ),
          startAt: ROW.optional(),
          endAt: ROW.optional().describe('the last day; once it is over, the person has left'),
        }),
      )
      .max(500_000),
    teams: z
      .array(z.strictObject({ id: ROW, name: ROW, leadId: ROW.optional() }))
      .max(100_000)
      .optional(),
    complete: z.boolean().describe('it holds everybody: who is missing has left'),
    confirmLeavers: z
      .boolean()
      .optional()
      .describe('the leavers that were held did leave; only a person who is identity-admin says so'),
    reason: reason.optional(),
  })
  .meta({ id: 'PeopleFeed' })
type Feed = z.output<typeof FEED>

/** What is no date stays as it came: the feed names it as a problem of its row. */
const dateOf = (sent: string | undefined): Instant | undefined =>
  sent === undefined || sent.trim() === '' ? undefined : (parseInstant(sent) ?? (sent as Instant))

function personOf(row: Feed['people'][number], at: number): PersonFact {
  const { id: personId, name, emails = [], handles, managerId, teamId, status = 'active' } = row
  const dates = { startAt: dateOf(row.startAt), endAt: dateOf(row.endAt) }
  return {
    type: 'person',
    personId,
    name,
    emails,
    ...present({ handles, managerId, teamId, ...dates }),
    ...personStatus(status),
    provenance: { connector: 'people', file: 'people', startLine: at + 1 },
  }
}

function teamOf({ id: teamId, name, leadId }: NonNullable<Feed['teams']>[number], at: number): TeamFact {
  const provenance = { connector: 'people', file: 'teams', startLine: at + 1 }
  return { type: 'team', teamId, name, ...present({ leadId }), provenance }
}

const feedOf = ({ source, people, teams = [], complete, confirmLeavers }: Feed): FeedToApply => ({
  source,
  people: people.map(personOf),
  teams: teams.map(teamOf),
  complete,
  ...present({ confirmLeavers }),
})

const READS: AnyEndpoint[] = [
  endpoint({
    method: 'GET',
    path: '/v1/people',
    operationId: 'listPeople',
    tag: 'people',
    summary: 'List people',
    who: { anyone: true },
    scope: 'read',
    query: z.strictObject({
      status: z.enum(['active', 'leaver', 'on_leave', 'unknown']).optional(),
      teamFeedId: text(200).optional(),
      managerFeedId: text(200).optional(),
      feedId: text(200).optional(),
      ...PAGE_QUERY,
    }),
    answer: PersonPage,
    handle: async ({ doors, caller, query }) => {
      const { limit, cursor, total, ...filter } = query
      return await listPeople(doors.identity, caller.viewer, present(filter), pageRequest({ limit, cursor, total }))
    },
  }),
  endpoint({
    method: 'GET',
    path: '/v1/people/{personId}',
    operationId: 'getPerson',
    tag: 'people',
    summary: 'Read one person, as they are or were',
    who: { anyone: true },
    scope: 'read',
    params: PERSON_PATH,
    query: z.strictObject(TIMES),
    answer: Person,
    versioned: 'read',
    handle: async ({ doors, caller, params, query }) =>
      await getPerson(doors.identity, caller.viewer, params.personId, present(query)),
  }),
  endpoint({
    method: 'GET',
    path: '/v1/people/{personId}/history',
    operationId: 'getPersonHistory',
    tag: 'people',
    summary: 'Every version of one person',
    who: { anyone: true },
    scope: 'read',
    params: PERSON_PATH,
    query: z.strictObject(PAGE_QUERY),
    answer: VersionPage,
    handle: async ({ doors, caller, params, query }) =>
      await history(doors.identity, caller.viewer, params.personId, pageRequest(query)),
  }),
  endpoint({
    method: 'GET',
    path: '/v1/people/{personId}/known-credentials',
    operationId: 'getKnownCredentials',
    tag: 'people',
    summary: 'The credentials that a person created, held, saw or owned',
    who: { roles: ['identity-admin', 'access-admin', 'auditor'] },
    scope: 'read',
    params: PERSON_PATH,
    answer: z.object({ items: z.array(KnownCredential) }).meta({ id: 'KnownCredentials' }),
    handle: async ({ doors, caller, params }) => {
      await getPerson(doors.identity, caller.viewer, params.personId)
      return { items: await knownCredentials(doors.identity, params.personId) }
    },
  }),
  endpoint({
    method: 'GET',
    path: '/v1/teams',
    operationId: 'listTeams',
    tag: 'people',
    summary: 'List teams',
    who: { anyone: true },
    scope: 'read',
    query: z.strictObject({ feedId: text(200).optional(), ...PAGE_QUERY }),
    answer: TeamPage,
    handle: async ({ doors, caller, query }) => {
      const { limit, cursor, total, ...filter } = query
      return await listTeams(doors.identity, caller.viewer, present(filter), pageRequest({ limit, cursor, total }))
    },
  }),
  endpoint({
    method: 'GET',
    path: '/v1/teams/{teamId}',
    operationId: 'getTeam',
    tag: 'people',
    summary: 'Read one team',
    who: { anyone: true },
    scope: 'read',
    params: TEAM_PATH,
    query: z.strictObject(TIMES),
    answer: Team,
    versioned: 'read',
    handle: async ({ doors, caller, params, query }) =>
      await getTeam(doors.identity, caller.viewer, params.teamId, present(query)),
  }),
]

const feeding = {
  method: 'POST',
  tag: 'people',
  who: { roles: ['identity-admin'] },
  scope: 'people:feed',
  body: FEED,
  answer: FeedOutcome,
  bodyBytesMax: FEED_BYTES_MAX,
} as const

const CHANGES: AnyEndpoint[] = [
  endpoint({
    ...feeding,
    path: '/v1/people/feed',
    operationId: 'applyPeopleFeed',
    summary: 'Send the feed of people: joiners, movers, leavers',
    description:
      'A leaver’s principals are orphans at once; the answer lists them, who was asked to take them, and which credentials the leaver knew. A feed in which too many left at once is held until it is sent again with `confirmLeavers`. A bad row is told with its place and the others apply. The same feed again changes nothing.',
    refuses: ['idempotency_reused'],
    handle: async ({ doors, caller, body, act }) => {
      await assertMayConfirmLeavers(doors, caller, 'applyPeopleFeed', body.confirmLeavers)
      return await applyPeopleFeed(doors.identity, act(body.reason), {
        ...feedOf(body),
        byMachine: !mayConfirmLeavers(caller),
      })
    },
  }),
  endpoint({
    ...feeding,
    path: '/v1/people/feed/preview',
    operationId: 'previewPeopleFeed',
    summary: 'What a feed of people would do; nothing changes',
    handle: async ({ doors, caller, body, act }) =>
      await previewPeopleFeed(doors.identity, act(body.reason), {
        ...feedOf(body),
        byMachine: !mayConfirmLeavers(caller),
      }),
  }),
]

export const PEOPLE: readonly AnyEndpoint[] = [...READS, ...CHANGES]

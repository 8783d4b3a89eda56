// Records that may be one: nothing is joined before a person confirms, and everything can be undone.
import { z } from 'zod'
import { confirmMatch, getMatch, listMatches, rejectMatch, undoMatch } from '#identity/roll'
import { endpoint } from '../endpoint.ts'
import { id, PAGE_QUERY, pageRequest, present } from '../form/fields.ts'
import { Principal } from '../form/principal.ts'
import { Match, MatchPage } from '../form/proposals.ts'
import { ADMIN, WHY } from './principal-facts.ts'

const MATCH_PATH = z.strictObject({ matchId: id('match') })
const OPTIONAL_REASON = z.strictObject(WHY).meta({ id: 'OptionalReason' })

export const MATCHES = [
  endpoint({
    method: 'GET',
    path: '/v1/matches',
    operationId: 'listMatches',
    tag: 'proposals',
    summary: 'List records that may be one',
    who: { anyone: true },
    scope: 'read',
    query: z.strictObject({
      state: z.enum(['proposed', 'confirmed', 'rejected', 'undone']).optional(),
      principal: id('principal').optional(),
      ...PAGE_QUERY,
    }),
    answer: MatchPage,
    handle: async ({ doors, caller, query }) => {
      const { limit, cursor, total, ...filter } = query
      return await listMatches(doors.identity, caller.viewer, present(filter), pageRequest({ limit, cursor, total }))
    },
  }),
  endpoint({
    method: 'GET',
    path: '/v1/matches/{matchId}',
    operationId: 'getMatch',
    tag: 'proposals',
    summary: 'Read one match',
    who: { anyone: true },
    scope: 'read',
    params: MATCH_PATH,
    answer: Match,
    versioned: 'read',
    handle: async ({ doors, caller, params }) => await getMatch(doors.identity, caller.viewer, params.matchId),
  }),
  endpoint({
    method: 'POST',
    path: '/v1/matches/{matchId}/confirm',
    operationId: 'confirmMatch',
    tag: 'proposals',
    summary: 'Confirm that they are one: one record is joined into the other',
    who: ADMIN,
    scope: 'write',
    params: MATCH_PATH,
    body: z
      .strictObject({ into: id('principal').optional().describe('which of the two stands'), ...WHY })
      .meta({ id: 'MatchConfirmation' }),
    answer: z.object({ match: Match, principal: Principal }).meta({ id: 'MatchConfirmed' }),
    refuses: ['idempotency_reused'],
    handle: async (context) => {
      const { doors, params, body, act } = context
      const confirmed = await confirmMatch(doors.identity, act(body.reason), {
        ...params,
        ...present({ into: body.into }),
      })
      return { ...confirmed, principal: context.present(confirmed.principal) }
    },
  }),
  endpoint({
    method: 'POST',
    path: '/v1/matches/{matchId}/reject',
    operationId: 'rejectMatch',
    tag: 'proposals',
    summary: 'Say that they are two',
    who: ADMIN,
    scope: 'write',
    params: MATCH_PATH,
    body: OPTIONAL_REASON,
    answer: Match,
    refuses: ['idempotency_reused'],
    handle: async ({ doors, params, body, act }) => await rejectMatch(doors.identity, act(body.reason), params),
  }),
  endpoint({
    method: 'POST',
    path: '/v1/matches/{matchId}/undo',
    operationId: 'undoMatch',
    tag: 'proposals',
    summary: 'Undo what was confirmed; both histories stay',
    who: ADMIN,
    scope: 'write',
    params: MATCH_PATH,
    body: OPTIONAL_REASON,
    answer: z.object({ match: Match, principals: z.array(Principal) }).meta({ id: 'MatchUndone' }),
    refuses: ['idempotency_reused'],
    handle: async (context) => {
      const { doors, params, body, act } = context
      const undone = await undoMatch(doors.identity, act(body.reason), params)
      return { ...undone, principals: undone.principals.map((principal) => context.present(principal)) }
    },
  }),
]

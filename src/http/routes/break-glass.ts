// What was granted in emergencies, and the review of it by somebody else.
import { z } from 'zod'
import { BREAK_GLASS_STATES, BREAK_GLASS_VERDICTS, listBreakGlass, reviewBreakGlass } from '#access/decisions'
import { personsBehindActor } from '#identity/roll'
import { endpoint } from '../endpoint.ts'
import { BreakGlass, BreakGlassPage } from '../form/access.ts'
import { id, PAGE_QUERY, present, reason } from '../form/fields.ts'
import { pageAfter } from '../form/page-after.ts'

export const BREAK_GLASS_USES = [
  endpoint({
    method: 'GET',
    path: '/v1/break-glass',
    operationId: 'listBreakGlass',
    tag: 'access',
    summary: 'List uses of break-glass',
    who: { roles: ['approver', 'reviewer', 'auditor', 'access-admin', 'identity-admin'] },
    scope: 'read',
    query: z.strictObject({
      state: z.enum(BREAK_GLASS_STATES).optional(),
      limit: PAGE_QUERY.limit,
      cursor: PAGE_QUERY.cursor,
    }),
    answer: BreakGlassPage,
    handle: async ({ doors, query: { limit, cursor, state } }) =>
      await pageAfter({ limit, cursor, of: { list: 'break-glass', ...present({ state }) } }, (page) =>
        listBreakGlass(doors.access.db, state, page),
      ),
  }),
  endpoint({
    method: 'POST',
    path: '/v1/break-glass/{breakGlassId}/review',
    operationId: 'reviewBreakGlass',
    tag: 'access',
    summary: 'Say what a use of break-glass was; never one of your own',
    description: 'Until it is reviewed, neither the principal nor the person can use break-glass again.',
    who: { roles: ['approver', 'reviewer'] },
    scope: 'write',
    params: z.strictObject({ breakGlassId: id('break_glass') }),
    body: z.strictObject({ verdict: z.enum(BREAK_GLASS_VERDICTS), reason }).meta({ id: 'BreakGlassReview' }),
    answer: BreakGlass,
    refuses: ['not_found', 'conflict', 'idempotency_reused'],
    handle: async ({ doors, caller, params, body, act }) =>
      await reviewBreakGlass(doors.access, act(body.reason), {
        id: params.breakGlassId,
        ...body,
        behind: await personsBehindActor(doors.identity, caller.actor),
      }),
  }),
]

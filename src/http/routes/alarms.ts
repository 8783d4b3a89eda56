// Alarms: what persons are told of plans, whether it arrived, and a try whether it would.
import { z } from 'zod'
import { ALARM_STATES, listAlarms } from '#effect'
import { endpoint } from '../endpoint.ts'
import type { AnyEndpoint } from '../endpoint.ts'
import { AlarmPage, AlarmTests } from '../form/alarm.ts'
import { PAGE_QUERY, present } from '../form/fields.ts'
import { pageAfter } from '../form/page-after.ts'
import { text } from '../form/plain-text.ts'
import { EFFECT_ACTORS, EFFECT_READERS, effectOf } from './targets.ts'

export const ALARMS: readonly AnyEndpoint[] = [
  endpoint({
    method: 'GET',
    path: '/v1/alarms',
    operationId: 'listAlarms',
    tag: 'effect',
    summary: 'List alarms that wait or were given up, newest first; or those of another state',
    description: 'They are kept for a month after they were taken or given up; that they were is in the log.',
    who: EFFECT_READERS,
    scope: 'read',
    query: z.strictObject({
      state: z.enum(ALARM_STATES).optional().describe('of some receiver'),
      limit: PAGE_QUERY.limit,
      cursor: PAGE_QUERY.cursor,
    }),
    answer: AlarmPage,
    handle: async ({ doors, query: { limit, cursor, state } }) =>
      await pageAfter({ limit, cursor, of: { list: 'alarms', ...present({ state }) } }, (page) =>
        listAlarms(effectOf(doors), { ...present({ state }), ...page }),
      ),
  }),
  endpoint({
    method: 'POST',
    path: '/v1/alarms/test',
    operationId: 'testAlarms',
    tag: 'effect',
    summary: 'Send a test alarm to each receiver, or to one; says what became of it',
    who: EFFECT_ACTORS,
    scope: 'write',
    body: z.strictObject({ to: text(300).optional().describe('the name of a receiver') }).meta({ id: 'AlarmToTest' }),
    answer: AlarmTests,
    refuses: ['not_found', 'idempotency_reused'],
    handle: async ({ doors, body }) => ({ items: [...((await doors.testAlarms?.(body.to)) ?? [])] }),
  }),
]

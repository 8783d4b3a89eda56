// What was decided, by minute: of this server and of every decision point that sent it theirs.
import { z } from 'zod'
import { listDecisionCounts } from '#access/decisions'
import type { CountPlace } from '#access/decisions'
import { cursorOf, placeOf } from '#identity/roll'
import { Fault, parseInstant } from '#kernel'
import { endpoint } from '../endpoint.ts'
import { DecisionCountPage } from '../form/access.ts'
import { flag, id, instantSent, PAGE_QUERY, present } from '../form/fields.ts'
import { text } from '../form/plain-text.ts'

const FILTER = {
  principal: id('principal').optional(),
  action: text(300).optional(),
  resource: text(300).optional().describe('as it is counted: `type:id`'),
  point: text(100).optional().describe('the enforcement point that asked'),
  allowed: flag.optional(),
  enforced: flag.optional().describe('`false` with `allowed=false`: would-be denials'),
  from: instantSent.optional(),
  to: instantSent.optional().describe('minutes before this instant'),
}

/** Throws Fault('invalid') for the cursor of another list. */
function placeIn(cursor: string | undefined, of: Parameters<typeof placeOf>[1]): CountPlace | undefined {
  const place = placeOf(cursor, of)
  if (place === undefined) return undefined
  const { key: minute, id: key } = place
  if (minute === null || parseInstant(minute) === undefined || !/^[0-9a-f]{64}$/.test(key)) {
    throw new Fault('invalid', 'the cursor is not of this query; begin again without one')
  }
  return { minute, key }
}

export const DECISION_COUNTS = [
  endpoint({
    method: 'GET',
    path: '/v1/decision-counts',
    operationId: 'listDecisionCounts',
    tag: 'access',
    summary: 'List what was decided, counted by minute, the newest first',
    description:
      'Of this server and of the decision points that send it theirs. A denial that is not `enforced` is a would-be denial: the enforcement point only observed.',
    who: { roles: ['auditor', 'access-admin'] },
    scope: 'read',
    query: z.strictObject({ ...FILTER, limit: PAGE_QUERY.limit, cursor: PAGE_QUERY.cursor }),
    answer: DecisionCountPage,
    handle: async ({ doors, query }) => {
      const { limit, cursor, principal, ...rest } = query
      const filter = present({ ...rest, principalId: principal })
      const of = { list: 'decision-counts', ...filter }
      const after = placeIn(cursor, of)
      const found = await listDecisionCounts(doors.access.db, filter, present({ limit: limit + 1, after }))
      const items = found.slice(0, limit)
      const last = items.at(-1)
      if (last === undefined || found.length <= limit) return { items }
      return { items, next: cursorOf({ key: last.minute, id: last.key }, of) }
    },
  }),
]

// Entries as OCSF events, for a SIEM that pulls.
import { z } from 'zod'
import { isUnmapped, listEntries, OCSF_VERSION, ocsfEvent, placeAfter, placeCursor } from '#evidence'
import { endpoint } from '../endpoint.ts'
import { PAGE_QUERY } from '../form/fields.ts'

const Events = z
  .object({
    items: z.array(z.record(z.string(), z.unknown())).describe('OCSF events, in the order of the log'),
    next: z
      .string()
      .optional()
      .describe('`cursor` of what follows, also when there is nothing yet; absent in an empty log'),
    unmapped: z.int().describe('how many of them are of no class, and so are Base Events'),
  })
  .meta({ id: 'OcsfEventPage' })

export const OCSF_EVENTS = [
  endpoint({
    method: 'GET',
    path: '/v1/ocsf-events',
    operationId: 'listOcsfEvents',
    tag: 'evidence',
    summary: 'List entries as OCSF events in the order of the log',
    description:
      'Go on from `next` for ever: it names the last event, and `metadata.sequence` of each event is its place in the log, so that what was read twice is known. Where the log does not have that event at its place (it was restored from a backup, or is another one) the answer is 409: begin anew.',
    who: { roles: ['auditor', 'identity-admin', 'access-admin'] },
    scope: 'read',
    refuses: ['conflict'],
    query: z.strictObject({
      limit: PAGE_QUERY.limit,
      cursor: z
        .string()
        .max(50)
        .optional()
        .describe('`next` of the page before; or a place in the log, after which events follow'),
      version: z
        .literal(OCSF_VERSION)
        .optional()
        .describe('of OCSF, which the events are validated against: there is one so far'),
    }),
    answer: Events,
    handle: async ({ doors, query }) => {
      const { limit, cursor } = query
      const after = await placeAfter(doors.evidence, cursor)
      const entries = await listEntries(doors.evidence, { limit, after })
      const last = entries.at(-1)
      const next = last === undefined ? cursor : placeCursor(last)
      return {
        items: entries.map((entry) => ocsfEvent(entry, { release: doors.release ?? '0.0.0' })),
        ...(next === undefined ? {} : { next }),
        unmapped: entries.filter(({ type }) => isUnmapped(type)).length,
      }
    },
  }),
]

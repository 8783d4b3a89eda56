// Entries as OCSF events, for a SIEM that pulls.
import { z } from 'zod'
import { Fault } from '#kernel'
import { isUnmapped, listEntries, OCSF_VERSION, ocsfEvent } from '#evidence'
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
      'Go on from `next` for ever: it is the place in the log, and `metadata.sequence` of each event is its own, so that what was read twice is known.',
    who: { roles: ['auditor', 'identity-admin', 'access-admin'] },
    scope: 'read',
    query: z.strictObject({
      limit: PAGE_QUERY.limit,
      cursor: z
        .string()
        .regex(/^\d{1,15}$/, { error: 'must be a place in the log' })
        .optional()
        .describe('events after this place in the log'),
      version: z
        .string()
        .regex(/^\d{1,2}\.\d{1,2}\.\d{1,2}(?:-[a-z0-9.]{1,20})?$/, { error: 'must be a version, such as 1.5.0' })
        .optional()
        .describe(`what \`metadata.version\` says; ${OCSF_VERSION}, which the events are validated against`),
    }),
    answer: Events,
    handle: async ({ doors, query }) => {
      const { limit, cursor, version } = query
      const after = cursor === undefined ? -1 : Number(cursor)
      if (!Number.isSafeInteger(after)) throw new Fault('invalid', 'the cursor is no place in the log')
      const entries = await listEntries(doors.evidence, { limit, after })
      const options = { release: doors.release ?? '0.0.0', ...(version === undefined ? {} : { version }) }
      const next = entries.at(-1)?.seq ?? after
      return {
        items: entries.map((entry) => ocsfEvent(entry, options)),
        ...(next < 0 ? {} : { next: String(next) }),
        unmapped: entries.filter(({ type }) => isUnmapped(type)).length,
      }
    },
  }),
]

// What happened, in the order of the log. Its own auditors read it; it holds ids, not names.
import { z } from 'zod'
import { listEntries, placeAfter, placeCursor, readChain } from '#evidence'
import { endpoint } from '../endpoint.ts'
import { id, instant, PAGE_QUERY, pageOf, present } from '../form/fields.ts'
import { text } from '../form/plain-text.ts'

const Entry = z
  .object({
    seq: z.int().describe('its place in the log, without gaps'),
    id: z.string(),
    layer: z.string(),
    writtenBy: z.string().describe('the role of the database that wrote it'),
    type: z.string(),
    at: instant,
    actor: z.string(),
    onBehalfOf: z.string().optional(),
    subjects: z.array(z.string()),
    record: z.object({ id: z.string(), version: z.int(), hash: z.string() }).optional(),
    reason: z.string().optional(),
    follows: z.array(z.string()),
    content: z.record(z.string(), z.unknown()).optional(),
    contentHash: z.string().optional(),
    salt: z.string().optional(),
  })
  .meta({ id: 'Entry' })

const EntryChain = z
  .object({
    entry: Entry,
    before: z.array(Entry).describe('what it follows from, through any number of steps; in the order of the log'),
    after: z.array(Entry).describe('what followed from it, likewise'),
    more: z
      .object({ before: z.boolean(), after: z.boolean() })
      .describe('there is more than `limit`: ask for the chain of an entry at that edge'),
  })
  .meta({ id: 'EntryChain' })

const READERS = ['auditor', 'identity-admin', 'access-admin'] as const

export const ENTRIES = [
  endpoint({
    method: 'GET',
    path: '/v1/entries/{entryId}/chain',
    operationId: 'getEntryChain',
    tag: 'evidence',
    summary: 'What an entry follows from, and what followed from it',
    description:
      'From a request over its approvals, the grant and what was decided under it to the proof of its end, or back; versions of one record follow each other. Entries without a place yet are not in it.',
    who: { roles: [...READERS] },
    scope: 'read',
    params: z.strictObject({ entryId: id('entry') }),
    query: z.strictObject({ limit: PAGE_QUERY.limit }),
    answer: EntryChain,
    handle: async ({ doors, params, query }) =>
      await readChain(doors.evidence, { entryId: params.entryId, limit: query.limit }),
  }),
  endpoint({
    method: 'GET',
    path: '/v1/entries',
    operationId: 'listEntries',
    tag: 'evidence',
    summary: 'List entries of evidence in the order of the log',
    description:
      'What was written a moment ago appears once it has its place. A cursor that this log does not have (it was restored, or is another one) is 409.',
    who: { roles: [...READERS] },
    scope: 'read',
    refuses: ['conflict'],
    query: z.strictObject({
      recordId: text(40).optional().describe('entries that made a version of this record'),
      limit: PAGE_QUERY.limit,
      cursor: z.string().max(50).optional().describe('`next` of the page before; or a place in the log'),
    }),
    answer: pageOf('EntryPage', Entry),
    handle: async ({ doors, query }) => {
      const { recordId, limit, cursor } = query
      const after = await placeAfter(doors.evidence, cursor)
      const items = await listEntries(doors.evidence, { limit, after, ...present({ recordId }) })
      const last = items.at(-1)
      return { items, ...(items.length === limit && last !== undefined ? { next: placeCursor(last) } : {}) }
    },
  }),
]

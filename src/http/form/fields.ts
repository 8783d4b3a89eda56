// The small forms that requests and answers are put together from.
import { z } from 'zod'
import { isId, newId, parseInstant } from '#kernel'
import type { Id, IdKind, Instant } from '#kernel'
import { PAGE_LIMIT_DEFAULT, PAGE_LIMIT_MAX } from '#identity/roll'
import type { PageRequest } from '#identity/roll'
import { lines } from './plain-text.ts'

/** An id of that kind, as it is sent and answered. */
export function id<K extends IdKind>(kind: K): z.ZodType<Id<K>, Id<K>> {
  const prefix = newId(kind).split('_')[0] ?? ''
  const schema = z
    .string()
    .regex(new RegExp(`^${prefix}_[0-9a-hjkmnp-tv-z]{26}$`), { error: `must be an id that begins with \`${prefix}_\`` })
    .refine((text) => isId(kind, text))
  return schema as unknown as z.ZodType<Id<K>, Id<K>>
}

/** What is answered: always UTC with milliseconds. */
export const instant = z.string().meta({ format: 'date-time', examples: ['2026-01-31T08:00:00.000Z'] })

/** What is sent: an instant or a day. */
export const instantSent = z
  .string()
  .max(40)
  .regex(/^\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?(?:Z|[+-]\d{2}:?\d{2})?)?$/, {
    error: 'must be an instant (2026-01-31T08:00:00Z) or a day (2026-01-31)',
  })
  .meta({ examples: ['2026-01-31', '2026-01-31T08:00:00Z'] })
  .transform((text, context): Instant => {
    const at = parseInstant(text)
    if (at !== undefined) return at
    context.addIssue({ code: 'custom', message: 'is no day or instant that there is' })
    return z.NEVER
  })

export const reason = lines(2000).describe('why; it stands in the history and in the log')

export const flag = z.enum(['true', 'false']).transform((value) => value === 'true')

export const PARTY_SENT = z
  .discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('person'), id: id('person') }),
    z.strictObject({ kind: z.literal('team'), id: id('team') }),
  ])
  .meta({ id: 'PartyRef', description: 'a person or a team of the roll' })

export const PARTY = z
  .object({ kind: z.enum(['person', 'team']), id: z.string() })
  .meta({ id: 'Party', description: 'a person or a team of the roll' })

/** Facts may be said of the past; without these they hold from now on. */
export const BACKDATED = {
  validFrom: instantSent.optional().describe('since when it holds, where that is earlier than now'),
  validTo: instantSent.optional().describe('until when it held; for corrections of the past'),
}

/** A whole number in a path or query: decimal digits, and nothing else that JavaScript would read as one. */
export const whole = (min: number, max: number): z.ZodType<number> =>
  z.preprocess((sent, context) => {
    if (typeof sent !== 'string' || /^\d{1,15}$/.test(sent)) return sent
    context.addIssue({ code: 'custom', message: `must be a whole number from ${min} to ${max}, in digits` })
    return z.NEVER
  }, z.coerce.number<string>().int().min(min).max(max))

export const PAGE_QUERY = {
  limit: whole(1, PAGE_LIMIT_MAX)
    .default(PAGE_LIMIT_DEFAULT)
    .describe(`how many; ${PAGE_LIMIT_DEFAULT} where it is not said`),
  cursor: z.string().max(4000).optional().describe('`next` of the page before'),
  total: flag.optional().describe('work out how many there are, up to 10,000'),
}

export function pageRequest(query: {
  limit: number
  cursor?: string | undefined
  total?: boolean | undefined
}): PageRequest {
  return {
    limit: query.limit,
    ...(query.cursor === undefined ? {} : { cursor: query.cursor }),
    ...(query.total === undefined ? {} : { total: query.total }),
  }
}

/** A page of these, as a component of its own name. */
export function pageOf(name: string, item: z.ZodType): z.ZodType {
  return z
    .object({
      items: z.array(item),
      next: z.string().optional().describe('`cursor` of the next page; absent on the last'),
      total: z.object({ count: z.int(), capped: z.boolean().describe('there are more than `count`') }).optional(),
    })
    .meta({ id: name })
}

/** Optional members are absent, never `undefined`. */
export type Present<T> = { [K in keyof T]: Exclude<T[K], undefined> }

/** The members that are there. */
export function present<T extends object>(members: T): PresentMembers<T> {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined)) as never
}

type PresentMembers<T> = { [K in keyof T as undefined extends T[K] ? never : K]: T[K] } & {
  [K in keyof T as undefined extends T[K] ? K : never]?: Exclude<T[K], undefined>
}

export const TIMES = {
  asOf: z.string().max(40).optional().describe('what held then; a day stands for its end in UTC'),
  asKnownAt: z.string().max(40).optional().describe('by what was known then'),
}

// What controls say of the estate: each with its population, what violates it, and a sample that anybody can draw again.
import { z } from 'zod'
import { assessControls, FRAMEWORKS } from '#governance'
import type { Assessment as Assessed } from '#governance'
import { twoTimes } from '#identity/roll'
import { Fault } from '#kernel'
import type { Instant } from '#kernel'
import { endpoint } from '../endpoint.ts'
import type { Doors } from '../doors.ts'
import { instant } from '../form/fields.ts'
import { text } from '../form/plain-text.ts'
import { LongAnswer } from '../long-answer.ts'

const Judged = z
  .object({
    id: z.string(),
    version: z.int().optional(),
    verdict: z.enum(['holds', 'excepted', 'undecided', 'violates']),
    why: z.string().optional(),
    fields: z
      .record(z.string(), z.union([z.string(), z.number()]))
      .describe('what it was judged by; of people only ids'),
  })
  .meta({ id: 'JudgedRow' })

const Control = z
  .object({
    id: z.string(),
    title: z.string(),
    outcome: z.enum(['pass', 'fail', 'not evaluable', 'nothing to judge']),
    detail: z.string().describe('in words; what it needs where it is not evaluable'),
    references: z.array(z.object({ framework: z.enum(FRAMEWORKS), id: z.string() })),
    statement: z.string().optional().describe('what must hold'),
    query: z
      .string()
      .optional()
      .describe('which rows violate it, in words, for repeating it by other means; it is not what runs'),
    population: z.int(),
    violations: z.int(),
    excepted: z.int().describe('do not hold, under a recorded exception with an end'),
    undecided: z.int().describe('a fact is missing that decides them'),
    failing: z.array(Judged).describe('the first hundred'),
    sample: z
      .array(Judged)
      .describe('the 25 rows with the smallest SHA-256 of seed, control id and row id, NUL between'),
  })
  .meta({ id: 'ControlResult' })

const Assessment = z
  .object({
    at: instant,
    seed: z.string(),
    settings: z.object({
      leakDays: z.number(),
      leaverDays: z.number(),
      unregisteredDays: z.number(),
      breakGlassDays: z.number(),
      planDays: z.number(),
      unprovenDays: z.number(),
      examinedDays: z.number(),
      endMinutes: z.number(),
      logMinutes: z.number(),
      witnessMinutes: z.number(),
    }),
    controls: z.array(Control),
  })
  .meta({ id: 'ControlAssessment' })

export const CONTROL_ROUTES = [
  endpoint({
    method: 'GET',
    path: '/v1/controls',
    operationId: 'assessControls',
    tag: 'evidence',
    summary: 'Judge the estate by all controls',
    description:
      'Reads whole populations, one assessment at a time: minutes on a large estate. While it is not there, the answer is 409; asked again with the same query it is. With `at`, the estate as it stood then, by what was known then; what is only kept as it is now is `not evaluable`.',
    who: { roles: ['auditor', 'identity-admin', 'access-admin'] },
    scope: 'read',
    refuses: ['not_found', 'conflict'],
    query: z.strictObject({
      at: z.string().max(40).optional().describe('a day (its end, UTC) or an instant of the past'),
      seed: text(100).optional().describe('of the samples; the instant of the assessment where it is not given'),
    }),
    answer: Assessment,
    handle: async ({ doors, query }) => {
      if (doors.controls === undefined) throw new Fault('not_found', 'this server judges no controls')
      const { controls } = doors
      const { at, seed } = query
      const past = pastOf(at, doors.identity.clock())
      return await runsOf(doors).ask(JSON.stringify([past, seed]), async () =>
        assessControls(controls(past), seed === undefined ? {} : { seed }),
      )
    },
  }),
]

const RUNS = new WeakMap<Doors, LongAnswer<Assessed>>()

/** Of each server its own. */
function runsOf(doors: Doors): LongAnswer<Assessed> {
  const held = RUNS.get(doors)
  if (held !== undefined) return held
  const made = new LongAnswer<Assessed>()
  RUNS.set(doors, made)
  return made
}

/** Today is the present. */
function pastOf(day: string | undefined, now: Instant): Instant | undefined {
  const at = day === undefined ? undefined : twoTimes({ asKnownAt: day })?.asOf
  if (at === undefined || at <= now) return at
  if (at.slice(0, 10) === now.slice(0, 10)) return undefined
  throw new Fault('invalid', '`at` is in the future: name a day that was')
}

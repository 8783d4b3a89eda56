// What decision points of their own send of what they decided (`POST /v1/decision-records`): lines of a spool, each counted
// once however often it comes.
import { z } from 'zod'
import { readBody } from '#access/decisions'
import type { SentDecisions } from '#access/decisions'
import { Fault } from '#kernel'

export const RECORDS_PATH = '/v1/decision-records'

const LINE = z.strictObject({
  id: z.string().max(60),
  at: z.int().min(0).max(8_640_000_000_000_000),
  principalId: z.string().max(60),
  action: z.string().max(400),
  resource: z.string().max(400),
  allowed: z.boolean(),
  reason: z.string().regex(/^[a-z_]{1,60}$/),
  highRisk: z.boolean(),
  grantId: z.string().max(60).optional(),
  point: z.string().max(100).optional(),
  enforced: z.literal(false).optional(),
  failed: z.array(z.string().max(100)).max(5).optional(),
  insteadOf: z
    .string()
    .regex(/^[a-z_]{1,60}$/)
    .optional(),
})

const BODY = z.strictObject({
  source: z.string().regex(/^spl_[0-9a-f]{32}$/),
  lines: z
    .array(z.strictObject({ seq: z.int().min(1), text: z.string().max(8000) }))
    .max(1000)
    .refine((lines) => lines.every(({ seq }, at) => at === 0 || seq > (lines[at - 1]?.seq ?? 0)), 'must ascend'),
})

/** Throws Fault('invalid') that says where. */
export function sentDecisions(text: string): SentDecisions {
  const read = BODY.safeParse(readBody(text))
  if (!read.success)
    throw new Fault('invalid', `\`${read.error.issues[0]?.path.join('.') ?? ''}\` is not as it should be`)
  for (const { seq, text: line } of read.data.lines) {
    if (!LINE.safeParse(parsed(line)).success) throw new Fault('invalid', `line ${seq} is no decision`)
  }
  return read.data
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    // refused with its number
    return undefined
  }
}

// Alarms as the API answers them.
import { z } from 'zod'
import { ALARM_STATES } from '#effect'
import { instant, pageOf } from './fields.ts'

const Alarm = z
  .object({
    id: z.string(),
    about: z.string().describe('the id of a plan, or of a grant'),
    event: z.enum(['unproven', 'rolled_back', 'needs_approval', 'needs_credential']),
    detail: z.string(),
    next: z.string().describe('what a person does now'),
    at: instant,
    receivers: z.array(
      z.object({
        receiver: z.string().describe('`webhook:HOST:…` or `mail:ADDRESS`'),
        state: z.enum(ALARM_STATES),
        attempts: z.int(),
        nextAt: instant.optional(),
        takenAt: instant.optional(),
        failure: z.string().optional().describe('why the last attempt was not taken'),
      }),
    ),
  })
  .meta({ id: 'Alarm' })
export const AlarmPage = pageOf('AlarmPage', Alarm)

export const AlarmTests = z
  .object({
    items: z.array(
      z.object({
        receiver: z.string(),
        delivered: z.boolean(),
        detail: z.string().describe('its answer, or why it did not take it'),
      }),
    ),
  })
  .meta({ id: 'AlarmTests' })

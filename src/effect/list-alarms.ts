// Alarms as they are listed: each with what became of it at every receiver.
import type { Instant } from '#kernel'
import { sql } from '#db'
import type { Alarm, EffectLayer } from './layer.ts'

export const ALARM_STATES = ['waiting', 'given_up', 'taken'] as const
export type AlarmState = (typeof ALARM_STATES)[number]

export interface KeptAlarm extends Omit<Alarm, 'receiptId'> {
  readonly id: string
  readonly at: Instant
  readonly receivers: readonly {
    readonly receiver: string
    readonly state: AlarmState
    readonly attempts: number
    readonly nextAt?: Instant
    readonly takenAt?: Instant
    /** Why the last attempt was not taken. */
    readonly failure?: string
  }[]
}

/** The newest first; those of which some receiver is in the state, or that not every receiver took. */
export async function listAlarms(
  { db }: EffectLayer,
  { state, limit, after }: { readonly state?: AlarmState; readonly limit: number; readonly after?: string },
): Promise<KeptAlarm[]> {
  return await db.transaction(
    async (tx) =>
      await tx.query<KeptAlarm>(sql`
        with told as (
          select a.*, case when next_at is not null then 'waiting' when taken_at is null then 'given_up' else 'taken' end
            as state
          from effect.alarm a
        )
        select id, about, event, detail, next, at,
          jsonb_agg(jsonb_strip_nulls(jsonb_build_object(
            'receiver', receiver, 'state', state, 'attempts', attempts, 'failure', failure,
            'nextAt', to_char(next_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'),
            'takenAt', to_char(taken_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')
          )) order by receiver) as receivers
        from told
        ${after === undefined ? sql`` : sql`where (at, id) < (select b.at, b.id from effect.alarm b where b.id = ${after} limit 1)`}
        group by id, about, event, detail, next, at
        having bool_or(${state === undefined ? sql`state <> 'taken'` : sql`state = ${state}`})
        order by at desc, id desc limit ${limit}`),
    { readOnly: true },
  )
}

// When a connection runs: a cron expression in a time zone, or every so many minutes. Read by the code that fires it.
import { PgBoss } from 'pg-boss'
import { Fault } from '#kernel'
import type { Instant } from '#kernel'

export type Schedule = { readonly cron: string; readonly timeZone: string } | { readonly everyMinutes: number }

/** A schedule of pg-boss: cron, or an RFC 5545 rule, whose minutes count from 1970. */
export interface Recurrence {
  readonly expression: string
  readonly timeZone: string
}

const MINUTES_MAX = 366 * 24 * 60
/** Five fields. Names of days and months are cron's own; seconds are finer than anything here fires. */
const FIVE_FIELDS = /^(?:[0-9A-Za-z*/,#?-]{1,100} ){4}[0-9A-Za-z*/,#?-]{1,100}$/

export function recurrenceOf(schedule: Schedule): Recurrence {
  if ('cron' in schedule) return { expression: schedule.cron, timeZone: schedule.timeZone }
  return { expression: `FREQ=MINUTELY;INTERVAL=${schedule.everyMinutes}`, timeZone: 'UTC' }
}

/** Throws Fault('unprocessable') for a schedule that cannot be read or never comes. */
export function checkSchedule(schedule: Schedule, now: Instant): void {
  if ('everyMinutes' in schedule) {
    const { everyMinutes } = schedule
    if (Number.isInteger(everyMinutes) && everyMinutes >= 1 && everyMinutes <= MINUTES_MAX) return
    throw new Fault('unprocessable', `\`everyMinutes\` is a whole number from 1 to ${MINUTES_MAX}`)
  }
  const { cron, timeZone } = schedule
  if (!FIVE_FIELDS.test(cron)) {
    throw new Fault(
      'unprocessable',
      '`cron` has five fields: minute, hour, day of month, month, day of week (0 2 * * *)',
    )
  }
  if (!isTimeZone(timeZone)) {
    throw new Fault(
      'unprocessable',
      '`timeZone` is a name of the IANA time zone database, such as Europe/Berlin or UTC',
    )
  }
  if (nextAt(schedule, now) === undefined) {
    throw new Fault('unprocessable', 'the cron expression is not valid, or what it says never comes')
  }
}

function isTimeZone(name: string): boolean {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone !== ''
  } catch {
    return false
  }
}

/** Reads expressions only: it is never started and has no database. */
let reader: PgBoss | undefined

/** When it comes next after `now`; `undefined` where it never does or cannot be read. */
export function nextAt(schedule: Schedule, now: Instant): Instant | undefined {
  reader ??= new PgBoss({ db: { executeSql: () => Promise.resolve({ rows: [] }) }, migrate: false, schedule: false })
  const { expression, timeZone } = recurrenceOf(schedule)
  try {
    const [next] = reader.previewSchedule(expression, { tz: timeZone, from: new Date(now), count: 1 })
    return next?.toISOString() as Instant | undefined
  } catch {
    return undefined
  }
}

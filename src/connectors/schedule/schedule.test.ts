import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Fault } from '#kernel'
import type { Instant } from '#kernel'
import { checkSchedule, nextAt } from './schedule.ts'
import type { Schedule } from './schedule.ts'

const NOW = '2026-03-28T12:00:00.000Z' as Instant

test('a cron expression is read in its time zone, over a change of clocks too', () => {
  const schedule = { cron: '30 4 * * *', timeZone: 'Europe/Berlin' }
  assert.equal(nextAt(schedule, '2026-03-27T12:00:00.000Z' as Instant), '2026-03-28T03:30:00.000Z')
  assert.equal(nextAt(schedule, NOW), '2026-03-29T02:30:00.000Z')
})

test('every N minutes means N minutes apart, also where N does not divide the hour', () => {
  const first = nextAt({ everyMinutes: 7 }, NOW)
  assert.ok(first !== undefined)
  const second = nextAt({ everyMinutes: 7 }, first)
  assert.equal(Date.parse(second ?? '') - Date.parse(first), 7 * 60_000)
})

test('what cannot be read, or never comes, is refused', () => {
  const wrong: Schedule[] = [
    { cron: '61 * * * *', timeZone: 'UTC' },
    { cron: '0 0 30 2 *', timeZone: 'UTC' },
    { cron: '* * * * * *', timeZone: 'UTC' },
    { cron: '@daily', timeZone: 'UTC' },
    { cron: '', timeZone: 'UTC' },
    { cron: 'FREQ=MINUTELY', timeZone: 'UTC' },
    { cron: '0 2 * * *', timeZone: 'Europe/Nowhere' },
    { cron: '0 2 * * *', timeZone: '' },
    { everyMinutes: 0 },
    { everyMinutes: 1.5 },
    { everyMinutes: Number.NaN },
    { everyMinutes: 10_000_000 },
  ]
  for (const schedule of wrong) {
    assert.throws(
      () => checkSchedule(schedule, NOW),
      (error: unknown) => error instanceof Fault && error.code === 'unprocessable',
      JSON.stringify(schedule),
    )
  }
  checkSchedule({ cron: '*/5 8-18 * * MON-FRI', timeZone: 'America/New_York' }, NOW)
  checkSchedule({ everyMinutes: 1 }, NOW)
})

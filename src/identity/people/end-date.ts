// When a person's last day is over. Pure.
import type { Instant } from '#kernel'
import type { PersonRecord } from '../record/people-records.ts'

const DAY_MS = 86_400_000

/**
 * Feeds give days, and the last day is still one of work: midnight stands for the day that begins with it. An end before
 * the start is that of an earlier time here.
 */
export function hasEnded({ startAt, endAt }: Pick<PersonRecord, 'startAt' | 'endAt'>, at: Instant): boolean {
  if (endAt === undefined) return false
  if (startAt !== undefined && startAt > endAt) return false
  const end = Date.parse(endAt)
  return (end % DAY_MS === 0 ? end + DAY_MS : end) <= Date.parse(at)
}

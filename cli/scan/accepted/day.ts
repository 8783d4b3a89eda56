// Days on which an acceptance holds.
import type { Instant } from '#kernel'

/** `YYYY-MM-DD` of a day that exists. */
export function isDay(text: string): boolean {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text)) return false
  const at = new Date(`${text}T00:00:00.000Z`)
  return !Number.isNaN(at.getTime()) && at.toISOString().startsWith(text)
}

/** Holds to the end of the day, in UTC. */
export const hasPassed = (until: string, now: Instant): boolean => now.slice(0, 10) > until

export function dayAfter(now: Instant, days: number): string {
  return new Date(Date.parse(now) + days * 86_400_000).toISOString().slice(0, 10)
}

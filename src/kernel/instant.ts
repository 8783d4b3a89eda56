// Instants are ISO 8601 strings in UTC with milliseconds; every clock is an argument.

declare const brand: unique symbol
/** `2026-01-31T08:00:00.000Z` */
export type Instant = string & { readonly [brand]: 'instant' }

export type Clock = () => Instant

export const systemClock: Clock = () => new Date().toISOString() as Instant

const LOOKS_LIKE_A_DATE = /^\d{4}-\d{2}-\d{2}(?:$|[T ]\d{2}:\d{2})/

/**
 * Reads what exports write as a date: ISO 8601 with or without a zone, `2019-03-31 11:36:54+00:00`, a bare day (its
 * first instant, UTC). A time without a zone is taken as UTC. Years from 1900 to 9999: what a roll can hold. Anything else,
 * such as 31 February or 24:00, is `undefined`, never a guess.
 */
export function parseInstant(text: unknown): Instant | undefined {
  if (typeof text !== 'string' || !LOOKS_LIKE_A_DATE.test(text)) return undefined
  const iso = text.trim().replace(' ', 'T')
  const zoned = /(?:Z|[+-]\d{2}:?\d{2})$/i.test(iso) || iso.length === 10 ? iso : `${iso}Z`
  if (!isOnCalendar(iso)) return undefined
  const at = new Date(zoned)
  return isKept(at) ? (at.toISOString() as Instant) : undefined
}

/** JavaScript rolls 31 February over into March, and 24:00 into the next day. */
function isOnCalendar(iso: string): boolean {
  const day = new Date(`${iso.slice(0, 10)}T00:00:00Z`)
  if (Number.isNaN(day.getTime()) || day.toISOString().slice(0, 10) !== iso.slice(0, 10)) return false
  return iso.slice(11, 13) !== '24'
}

/** Earlier than 1900 is a system's word for "never"; later than 9999 is no year of four digits, and sorts wrongly as text. */
function isKept(at: Date): boolean {
  const year = at.getUTCFullYear()
  return year >= 1900 && year <= 9999
}

/** Seconds since 1970 as an instant; out of range is `undefined`. */
export function instantFromSeconds(seconds: number): Instant | undefined {
  const at = new Date(seconds * 1000)
  return isKept(at) ? (at.toISOString() as Instant) : undefined
}

const DAY_MS = 86_400_000

/** Whole days from `from` to `to`; negative when `to` is earlier. */
export function daysBetween(from: Instant, to: Instant): number {
  return Math.floor((Date.parse(to) - Date.parse(from)) / DAY_MS)
}

/** So many milliseconds after it; before it, where they are negative. */
export const msAfter = (at: Instant, milliseconds: number): Instant =>
  new Date(Date.parse(at) + milliseconds).toISOString() as Instant

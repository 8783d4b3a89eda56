// The two dates of a question about the past: what held on one, by what was known on the other.
import { Fault, parseInstant } from '#kernel'
import type { Instant } from '#kernel'
import type { TwoTimes } from '#db/history'

/** As a person or a client writes them: instants, or bare days. */
export interface Times {
  readonly asOf?: string
  readonly asKnownAt?: string
}

/** All that is known, also what a clock that went backwards since has dated later than now. */
const EVER = '9999-12-31T23:59:59.999Z' as Instant
const DAY = /^\d{4}-\d{2}-\d{2}$/

/**
 * A bare day means its last millisecond in UTC: "on 31 January" includes what happened on that day. Without `asKnownAt`
 * all present knowledge counts; with `asKnownAt` alone the roll is told as it stood then. `undefined` for the present.
 * Throws Fault('invalid').
 */
export function twoTimes({ asOf, asKnownAt }: Times): TwoTimes | undefined {
  if (asOf === undefined && asKnownAt === undefined) return undefined
  const known = asKnownAt === undefined ? EVER : moment('asKnownAt', asKnownAt)
  return { asOf: asOf === undefined ? known : moment('asOf', asOf), asKnownAt: known }
}

function moment(name: string, text: string): Instant {
  const at = parseInstant(text)
  // 31 February is no day, although Date takes it for one of March
  if (at === undefined || !at.startsWith(DAY.test(text) ? text : '')) {
    throw new Fault('invalid', `\`${name}\` must be a day (2026-01-31) or an instant (2026-01-31T08:00:00Z)`)
  }
  return DAY.test(text) ? (`${text}T23:59:59.999Z` as Instant) : at
}

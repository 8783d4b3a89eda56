// Cedar's `datetime` and `duration`: 64-bit counts of milliseconds, from the epoch and between instants.
import { fail } from '../evaluation-error.ts'
import { longOf, remainder, subtract, type Long } from '../long.ts'

const DAY_MS = 86_400_000

export class Datetime {
  readonly ms: Long

  constructor(ms: Long) {
    this.ms = ms
  }

  toDate(): Datetime {
    return new Datetime(subtract(this.ms, remainder(this.ms, DAY_MS)))
  }

  toTime(): Duration {
    return new Duration(remainder(this.ms, DAY_MS))
  }
}

export class Duration {
  readonly ms: Long

  constructor(ms: Long) {
    this.ms = ms
  }
}

const DATE = /^([0-9]{4})-([0-9]{2})-([0-9]{2})/
const TIME = /^T([0-9]{2}):([0-9]{2}):([0-9]{2})(?:\.([0-9]{3}))?(?:Z|([+-])([0-9]{2})([0-9]{2}))$/

export function datetimeFrom(text: string): Datetime {
  const [date, year, month, day] = DATE.exec(text) ?? fail('a datetime starts with YYYY-MM-DD')
  const midnight = daysFromEpoch(Number(year), Number(month), Number(day)) * DAY_MS
  if (date.length === text.length) return new Datetime(midnight)
  const [, hour, minute, second, ms = '0', sign, offsetHour = '0', offsetMinute = '0'] =
    TIME.exec(text.slice(date.length)) ?? fail('after the date a datetime has Thh:mm:ss[.SSS] and Z or an offset +hhmm')
  if (Number(hour) > 23 || Number(minute) > 59 || Number(second) > 59) return fail('no such time of day')
  if (Number(offsetHour) > 23 || Number(offsetMinute) > 59) return fail('no such offset of a datetime')
  const clock = ((Number(hour) * 60 + Number(minute)) * 60 + Number(second)) * 1000 + Number(ms)
  const offset = (Number(offsetHour) * 60 + Number(offsetMinute)) * 60_000
  return new Datetime(midnight + clock + (sign === '-' ? offset : -offset) + 0)
}

/** Days of the proleptic Gregorian calendar since 1970-01-01; the year is from 0 to 9999. */
function daysFromEpoch(year: number, month: number, day: number): number {
  const leap = (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0
  const length = [31, leap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][month - 1]
  if (length === undefined || day < 1 || day > length) return fail('no such date')
  // years that start in March put the leap day last
  const shifted = month <= 2 ? year - 1 : year
  const era = Math.floor(shifted / 400)
  const ofEra = shifted - era * 400
  const ofYear = Math.floor((153 * (month + (month > 2 ? -3 : 9)) + 2) / 5) + day - 1
  return era * 146_097 + ofEra * 365 + Math.floor(ofEra / 4) - Math.floor(ofEra / 100) + ofYear - 719_468
}

const DURATION = /^(-?)(?:([0-9]+)d)?(?:([0-9]+)h)?(?:([0-9]+)m)?(?:([0-9]+)s)?(?:([0-9]+)ms)?$/
const UNITS_MS = [86_400_000n, 3_600_000n, 60_000n, 1000n, 1n]
const OVERFLOW = 'overflow when converting to duration'

export function durationFrom(text: string): Duration {
  if (text === '' || text === '-') return fail('not a well-formed duration')
  const [, sign, ...parts] = DURATION.exec(text) ?? fail('not a well-formed duration')
  let total = 0n
  for (const [index, unit] of UNITS_MS.entries()) {
    const digits = (parts[index] ?? '0').replace(/^0+(?=.)/, '')
    if (digits.length > 20) return fail(OVERFLOW)
    const part = BigInt(digits) * unit
    // the reference multiplies before it applies the sign, except for milliseconds
    if (unit !== 1n && longOf(part) === undefined) return fail(OVERFLOW)
    total += part
  }
  return new Duration(longOf(sign === '-' ? -total : total) ?? fail(OVERFLOW))
}

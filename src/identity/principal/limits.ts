// How long what people state may be. What is longer is refused by name, never cut unseen.
import { Fault, msAfter } from '#kernel'
import type { Instant } from '#kernel'

/** Characters, but for refs: PostgreSQL indexes at most some 2,700 bytes. */
export const LIMITS = {
  name: 512,
  externalId: 1800,
  nativeType: 100,
  workloadScope: 1000,
  function: 100,
  purpose: 2000,
  reason: 2000,
} as const
export const REF_BYTES_MAX = 2000
export const REFS_MAX = 50
export const BACKUPS_MAX = 10
export const CUSTODIANS_MAX = 1000

/** The text without white space around it. Throws Fault('unprocessable') where nothing is left, or too much. */
export function textOf(field: keyof typeof LIMITS, given: string): string {
  const text = given.trim()
  if (text === '') throw new Fault('unprocessable', `\`${field}\` must not be empty`)
  if (text.length > LIMITS[field]) {
    throw new Fault('unprocessable', `\`${field}\` may have ${LIMITS[field]} characters at most`)
  }
  return text
}

const LABELS_MAX = 64
const LABEL_KEY_MAX = 200
const LABEL_VALUE_MAX = 1000

/** Throws Fault('unprocessable') where there are too many, or one is too long. */
export function labelsOf(given: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  const labels = Object.entries(given)
  if (labels.length > LABELS_MAX) throw new Fault('unprocessable', `there may be ${LABELS_MAX} labels at most`)
  if (labels.some(([key, value]) => key === '' || key.length > LABEL_KEY_MAX || value.length > LABEL_VALUE_MAX)) {
    throw new Fault('unprocessable', `a label has ${LABEL_KEY_MAX} characters at most, its value ${LABEL_VALUE_MAX}`)
  }
  return given
}

const DAY_MS = 86_400_000
export const daysAfter = (at: Instant, days: number): Instant => msAfter(at, days * DAY_MS)

/** Throws Fault('unprocessable') unless `given` is after `now` and at most `daysMax` days away. */
export function futureOf(field: string, given: Instant, now: Instant, daysMax: number): Instant {
  if (given <= now) throw new Fault('unprocessable', `\`${field}\` must lie in the future`)
  if (given > daysAfter(now, daysMax)) {
    throw new Fault('unprocessable', `\`${field}\` may lie ${daysMax} days ahead at most`)
  }
  return given
}

// How long the release keeps what entries say, at least: as the migrations put it into `evidence.retention`. More is the
// operator's choice, less is not.

/** Days; null is for ever. */
export const LEAST_DAYS: Readonly<Record<string, number | null>> = {
  '*': 1095,
  'log.key_rotated': null,
  'log.restored': null,
  'content.pruned': null,
  'content.erased': null,
  'rows.changed': null,
  'receipt.made': null,
}

/** What the log cannot be followed without is not erased for a person's sake either. */
export const NEVER_ERASED: ReadonlySet<string> = new Set([
  'log.key_rotated',
  'log.restored',
  'content.pruned',
  'content.erased',
  'rows.changed',
])

const DAY_MS = 86_400_000
/** The time of the entry is the server's, that of the pruning the database's. */
const SKEW_MS = 3_600_000

/** What is not older than this was too young to lose its content at that time; both in milliseconds since 1970. */
export function prunableBefore(type: string, atMs: number): number {
  const days = LEAST_DAYS[Object.hasOwn(LEAST_DAYS, type) ? type : '*'] ?? null
  return days === null ? -Infinity : atMs - days * DAY_MS + SKEW_MS
}

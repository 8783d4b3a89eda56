// What versions of one record say together: on two time axes, later knowledge covers earlier, and nothing is overwritten.
import type { Instant, Json } from '#kernel'

/** One version's word for a stretch of time: `[validFrom, validTo)`, `null` for no end. */
export interface Segment<D = Json> {
  readonly validFrom: Instant
  readonly validTo: Instant | null
  readonly data: D
}

export interface VersionSegment<D = Json> extends Segment<D> {
  readonly version: number
}

/**
 * The present knowledge of all time: disjoint segments in order of time. Where several versions speak of one moment the
 * highest version counts.
 */
export function resolveTimeline<D>(rows: readonly VersionSegment<D>[]): VersionSegment<D>[] {
  let timeline: VersionSegment<D>[] = []
  for (const row of rows.toSorted((a, b) => a.version - b.version || compare(a.validFrom, b.validFrom))) {
    timeline = [...timeline.flatMap((segment) => without(segment, row)), row]
  }
  return timeline.sort((a, b) => compare(a.validFrom, b.validFrom))
}

/** The segments that a patch of `[from, to)` makes: each stretch of the timeline in it, with its data patched. */
export function patchTimeline<D>(
  timeline: readonly Segment<D>[],
  from: Instant,
  to: Instant | null,
  patch: (data: D) => D,
): Segment<D>[] {
  return timeline.flatMap((segment) => {
    const validFrom = later(segment.validFrom, from)
    const validTo = earlierEnd(segment.validTo, to)
    return validTo !== null && validTo <= validFrom ? [] : [{ validFrom, validTo, data: patch(segment.data) }]
  })
}

/** What is left of `segment` where `cover` lies over it: nothing, one piece or two. */
function without<D>(segment: VersionSegment<D>, cover: Segment<D>): VersionSegment<D>[] {
  const before = earlierEnd(segment.validTo, cover.validFrom)
  const pieces: VersionSegment<D>[] = []
  if (before !== null && segment.validFrom < before) pieces.push({ ...segment, validTo: before })
  if (cover.validTo !== null) {
    const after = later(segment.validFrom, cover.validTo)
    if (segment.validTo === null || after < segment.validTo) pieces.push({ ...segment, validFrom: after })
  }
  return pieces
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)
const later = (a: Instant, b: Instant): Instant => (a > b ? a : b)
const earlierEnd = (a: Instant | null, b: Instant | null): Instant | null =>
  a === null ? b : b === null || a < b ? a : b

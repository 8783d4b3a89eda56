import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { array, assert as check, integer, option, property, record } from 'fast-check'
import type { Instant } from '#kernel'
import { patchTimeline, resolveTimeline } from './timeline.ts'
import type { VersionSegment } from './timeline.ts'

/** Days of one month, so that many stretches touch and overlap. */
const day = (number: number): Instant => `2026-01-${String(number).padStart(2, '0')}T00:00:00.000Z` as Instant
const DAYS = Array.from({ length: 28 }, (_, at) => at + 1)

interface Drawn {
  readonly from: number
  readonly days: number | null
  readonly version: number
}

const drawn = record<Drawn>({
  from: integer({ min: 1, max: 24 }),
  days: option(integer({ min: 1, max: 4 })),
  version: integer({ min: 1, max: 6 }),
})

/** Versions of random stretches; those of one version do not overlap, as the writer makes them. */
function segmentsOf(stretches: readonly Drawn[]): VersionSegment<number>[] {
  const segments: VersionSegment<number>[] = []
  for (const [at, { from, days, version }] of stretches.entries()) {
    const validFrom = day(from)
    const validTo = days === null ? null : day(from + days)
    const overlaps = segments.some(
      (other) =>
        other.version === version &&
        (other.validTo === null || other.validTo > validFrom) &&
        (validTo === null || other.validFrom < validTo),
    )
    if (!overlaps) segments.push({ version, validFrom, validTo, data: at })
  }
  return segments
}

const covers = (segment: VersionSegment<unknown>, at: Instant): boolean =>
  segment.validFrom <= at && (segment.validTo === null || segment.validTo > at)

/** What the words mean: of all that speaks of the moment, the highest version. */
function bruteForce(segments: readonly VersionSegment<number>[], at: Instant): number | undefined {
  return segments
    .filter((segment) => covers(segment, at))
    .reduce<VersionSegment<number> | undefined>(
      (best, segment) => (best === undefined || segment.version > best.version ? segment : best),
      undefined,
    )?.data
}

describe('a timeline', () => {
  test('a later version covers an earlier one and leaves what it does not speak of', () => {
    const rows: VersionSegment<string>[] = [
      { version: 1, validFrom: day(1), validTo: null, data: 'a' },
      { version: 2, validFrom: day(10), validTo: null, data: 'b' },
      { version: 3, validFrom: day(5), validTo: day(12), data: 'c' },
    ]
    assert.deepEqual(resolveTimeline(rows), [
      { version: 1, validFrom: day(1), validTo: day(5), data: 'a' },
      { version: 3, validFrom: day(5), validTo: day(12), data: 'c' },
      { version: 2, validFrom: day(12), validTo: null, data: 'b' },
    ])
  })

  test('a patch touches each stretch inside its bounds and nothing outside', () => {
    const timeline = [
      { validFrom: day(1), validTo: day(5), data: 'a' },
      { validFrom: day(5), validTo: null, data: 'b' },
    ]
    const upper = (text: string): string => text.toUpperCase()
    assert.deepEqual(patchTimeline(timeline, day(3), day(7), upper), [
      { validFrom: day(3), validTo: day(5), data: 'A' },
      { validFrom: day(5), validTo: day(7), data: 'B' },
    ])
    assert.deepEqual(patchTimeline(timeline, day(5), null, upper), [{ validFrom: day(5), validTo: null, data: 'B' }])
    assert.deepEqual(patchTimeline(timeline, day(1), day(1), upper), [])
  })

  test('at every moment it says what the highest version that speaks of it says', () => {
    check(
      property(array(drawn, { maxLength: 12 }), (stretches) => {
        const segments = segmentsOf(stretches)
        const timeline = resolveTimeline(segments)
        for (const at of DAYS.map(day)) {
          const found = timeline.filter((segment) => covers(segment, at))
          assert.ok(found.length <= 1, 'segments are disjoint')
          assert.equal(found[0]?.data, bruteForce(segments, at))
        }
        for (const [at, { validFrom, validTo }] of timeline.entries()) {
          assert.ok(validTo === null || validFrom < validTo, 'no segment is empty')
          assert.ok(at === 0 || (timeline[at - 1]?.validTo ?? '~') <= validFrom, 'segments are in order')
        }
      }),
      { numRuns: 2000 },
    )
  })

  test('a patch of any stretch changes exactly the moments in it', () => {
    check(
      property(array(drawn, { maxLength: 8 }), drawn, (stretches, { from, days }) => {
        const timeline = resolveTimeline(segmentsOf(stretches))
        const to = days === null ? null : day(from + days)
        const patched = patchTimeline(timeline, day(from), to, (data) => data + 1000)
        for (const at of DAYS.map(day)) {
          const before = timeline.find((segment) => covers(segment, at))?.data
          const after = patched.find((segment) => segment.validFrom <= at && (segment.validTo ?? '~') > at)?.data
          const inside = day(from) <= at && (to === null || to > at)
          assert.equal(after, inside && before !== undefined ? before + 1000 : undefined)
        }
      }),
      { numRuns: 2000 },
    )
  })
})

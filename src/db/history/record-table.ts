// The shape of a table of records: each has its present version, and every version it ever had beside it.
import { createHash } from 'node:crypto'
import { canonicalJson } from '#kernel'
import type { Id, Instant, Json } from '#kernel'
import type { Segment } from './timeline.ts'

/** `identity.principal`: versions lie in `identity.version`. */
export interface RecordTable {
  readonly schema: string
  readonly table: string
}

/** The present version of a record. `validFrom` is where its last, open stretch of time begins. */
export interface Current<D> {
  readonly id: string
  readonly version: number
  readonly validFrom: Instant
  readonly recordedAt: Instant
  /** Hex. */
  readonly hash: string
  readonly data: D
}

/** Who changes what, why and when; `entryId` is that of the evidence entry written in the same transaction. */
export interface ChangeMark {
  readonly entryId: Id<'entry'>
  readonly actor: string
  readonly reason?: string
  readonly at: Instant
}

/**
 * SHA-256 (hex) of the canonical JSON (RFC 8785) of a version: what an entry carries and a state check compares. The salt
 * (hex) is in it, so that the hash says nothing any more once the salt is erased; versions of earlier releases have none.
 */
export function versionHash(
  id: string,
  version: number,
  recordedAt: Instant,
  segments: readonly Segment<unknown>[],
  salt?: string,
): string {
  return createHash('sha256')
    .update(
      canonicalJson({
        id,
        version,
        recordedAt,
        ...(salt === undefined ? {} : { salt }),
        segments: segments.map(({ validFrom, validTo, data }) => ({ validFrom, validTo, data: data as Json })),
      }),
    )
    .digest('hex')
}

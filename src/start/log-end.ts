// Where a log ended, by its newest checkpoint.
import { sql } from '#db'

/** Where a log ended, as its checkpoint says. */
export interface LogEnd {
  readonly size: number
  /** Base64. */
  readonly root: string
}

/** `undefined` for a log that has signed nothing. */
export function logEndOf(checkpoint: unknown): LogEnd | undefined {
  const [, size = '', root = ''] = String(checkpoint).split('\n')
  return /^\d{1,15}$/.test(size) ? { size: Number(size), root } : undefined
}

export const NEWEST_CHECKPOINT = sql`select note from evidence.checkpoint order by size desc limit 1`

// Each use of break-glass as a record: at once, for hours, and open until another person has looked at it.
import type { Id, Instant } from '#kernel'
import type { RecordTable } from '#db/history'

export const BREAK_GLASS: RecordTable = { schema: 'access', table: 'break_glass' }

export const BREAK_GLASS_STATES = ['open', 'reviewed'] as const
export type BreakGlassState = (typeof BREAK_GLASS_STATES)[number]

/** `misused`: it was no emergency, or more was done than it asked for. */
export const BREAK_GLASS_VERDICTS = ['justified', 'misused'] as const
export type BreakGlassVerdict = (typeof BREAK_GLASS_VERDICTS)[number]

export interface BreakGlassRecord {
  readonly principalId: Id<'principal'>
  readonly requestId: Id<'access_request'>
  readonly purpose: string
  readonly usedBy: string
  /** Sorted. Natural persons who may have used it: none of them reviews it, and none uses another before it is reviewed. */
  readonly persons: readonly string[]
  readonly at: Instant
  readonly until: Instant
  readonly state: BreakGlassState
  readonly review?: {
    readonly by: string
    /** Natural persons behind the review. */
    readonly behind: readonly string[]
    readonly at: Instant
    readonly verdict: BreakGlassVerdict
    readonly reason: string
  }
}

// What a feed did, or would do.
import type { Id } from '#kernel'
import type { HeldLeavers } from './leaver-bound.ts'
import type { FeedProblem } from './feed-rows.ts'
import type { KnownCredential } from './known-credentials.ts'
import type { PartyLoss } from './leave-parties.ts'

export interface LeaverOutcome extends PartyLoss {
  readonly personId: Id<'person'>
  readonly feedId: string
  /** Absent from a complete feed, rather than said to have left. */
  readonly missing: boolean
  /** Principals that are this person (accounts joined to them), beside the one of kind human. */
  readonly accounts: readonly Id<'principal'>[]
  /** Complete as far as the roll knows; `exposedTo` says of one credential who was watching. */
  readonly credentials: readonly KnownCredential[]
}

export interface MoverOutcome {
  readonly personId: Id<'person'>
  readonly fields: readonly string[]
  /** What they own, to be looked at again: it stays theirs. */
  readonly owned: readonly Id<'principal'>[]
}

export interface FeedOutcome {
  readonly source: string
  readonly joined: number
  readonly changed: number
  readonly moved: number
  readonly returned: number
  readonly left: number
  readonly unchanged: number
  readonly teamsRecorded: number
  readonly teamsChanged: number
  /** Nothing of the leaver part was applied: look at it, then apply the feed again with `confirmLeavers`. */
  readonly held?: HeldLeavers
  /** In the roll from this source, and not in the complete feed. */
  readonly missing: readonly Id<'person'>[]
  readonly leavers: readonly LeaverOutcome[]
  readonly movers: readonly MoverOutcome[]
  /** Teams in which nobody is left. */
  readonly emptiedTeams: readonly PartyLoss[]
  /** Circles of managers, as ids of the feed. */
  readonly managerCircles: readonly (readonly string[])[]
  /** The first `PROBLEMS_MAX`. */
  readonly problems: readonly FeedProblem[]
  readonly problemCount: number
  /** Of all the problems, rows of which nothing was applied. */
  readonly rowsLeftOut: number
  /** Changes that are still to be made: zero when the feed is applied. */
  readonly remaining: number
}

export const PROBLEMS_MAX = 1000

/** What two steps of one feed did together; what is a state of the feed rather than a deed is as the later step saw it. */
export function together(earlier: FeedOutcome | undefined, later: FeedOutcome): FeedOutcome {
  if (earlier === undefined) return later
  return {
    ...later,
    joined: earlier.joined + later.joined,
    changed: earlier.changed + later.changed,
    moved: earlier.moved + later.moved,
    returned: earlier.returned + later.returned,
    left: earlier.left + later.left,
    // what an earlier step changed is unchanged for the later one
    unchanged: earlier.unchanged,
    teamsRecorded: earlier.teamsRecorded + later.teamsRecorded,
    teamsChanged: earlier.teamsChanged + later.teamsChanged,
    missing: earlier.missing,
    leavers: [...earlier.leavers, ...later.leavers],
    movers: [...earlier.movers, ...later.movers],
    emptiedTeams: [...earlier.emptiedTeams, ...later.emptiedTeams],
  }
}

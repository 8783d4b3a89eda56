// What an active principal must have. PostgreSQL holds the same rule as the constraint `principal_active_complete`; a
// test compares the two.
import { Fault } from '#kernel'
import type { Instant } from '#kernel'
import { isOfFeed } from '../record/of-feed.ts'
import type { PrincipalRecord, PrincipalState, RuleException } from '../record/principal-record.ts'

/** One entry per rule: what is missing, and what to do about it. */
export const GAPS = {
  owner: 'an owner who accepted: assign one, or offer it to one',
  purpose: 'a purpose: say what it is for',
  end: 'an expiry or a next review',
  backup: 'a backup for the owner, since its privilege tier is high: add one',
  binding: 'proof of binding, since its privilege tier is high: prove it by a challenge or assert it with a reason',
} as const
export type Gap = keyof typeof GAPS

const NEEDS_MORE: ReadonlySet<string> = new Set(['high', 'admin'])

/**
 * What it lacks to be active by the rules, in their order. An exception fills no gap; it lets one stand for a time. A person of a
 * feed lacks nothing: the feed answers for them (decision record 0022).
 */
export function activationGaps(record: PrincipalRecord): Gap[] {
  if (isOfFeed(record)) return []
  const high = NEEDS_MORE.has(record.tier.value)
  const missing: Record<Gap, boolean> = {
    owner: record.owner?.from !== 'stated',
    purpose: record.purpose === undefined,
    end: record.expiresAt === undefined && record.nextReviewAt === undefined,
    backup: high && !record.backups.some(({ from }) => from === 'stated'),
    binding: high && record.binding === undefined,
  }
  return (Object.keys(GAPS) as Gap[]).filter((gap) => missing[gap])
}

/** What it lacks and no exception excuses: an exception made for one thing is none for another. */
export function unexcused(record: PrincipalRecord): Gap[] {
  const { exception } = record
  if (exception === undefined) return activationGaps(record)
  const { gaps } = exception
  return gaps === undefined ? [] : activationGaps(record).filter((gap) => !gaps.includes(gap))
}

/** Whether the record may stand in the state that it says. */
export function mayStand(record: PrincipalRecord): boolean {
  return record.state !== 'active' || unexcused(record).length === 0
}

/** Where what was `state` before goes back to: a person of a feed is active or held, whatever they were by an earlier release. */
export const backTo = (record: PrincipalRecord, state: PrincipalState): PrincipalState =>
  state === 'registered' && isOfFeed(record) ? 'active' : state

/** The record with time until `until` to put right what it lacks. An exception that was stated counts again afterwards. */
export function withTime(
  record: PrincipalRecord,
  given: {
    readonly reason: string
    readonly until: Instant
    readonly by: string
    readonly cause: 'orphaned' | 'drifted'
  },
): PrincipalRecord {
  if (mayStand(record)) return record
  const before = record.exception
  const { replaces: earlier, ...own } = before ?? {}
  const stated = before?.cause === 'stated' ? (own as Omit<RuleException, 'replaces'>) : earlier
  const until = before !== undefined && before.until < given.until ? before.until : given.until
  const gaps = activationGaps(record)
  return { ...record, exception: { ...given, until, gaps, ...(stated !== undefined && { replaces: stated }) } }
}

/** Without its exception, or with the one that it stood in the place of where that is still in date. */
export function afterException(record: PrincipalRecord, at: Instant): PrincipalRecord {
  const { exception, ...bare } = record
  const before = exception?.replaces
  return before !== undefined && before.until > at ? { ...bare, exception: before } : bare
}

/** Throws Fault('conflict') where the record would be active without what the rules ask. */
export function refuseIncomplete(record: PrincipalRecord): void {
  if (mayStand(record)) return
  const missing = unexcused(record).map((gap) => GAPS[gap])
  throw new Fault(
    'conflict',
    `an active principal needs ${missing.join('; ')}; or quarantine it first, or record an exception`,
  )
}

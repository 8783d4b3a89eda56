// What an active principal must have. PostgreSQL holds the same rule as the constraint `principal_active_complete`; a
// test compares the two.
import { Fault } from '#kernel'
import type { PrincipalRecord } from '../record/principal-record.ts'

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

/** What it lacks to be active by the rules, in their order. An exception fills no gap; it lets one stand for a time. */
export function activationGaps(record: PrincipalRecord): Gap[] {
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

/** Whether the record may stand in the state that it says. */
export function mayStand(record: PrincipalRecord): boolean {
  return record.state !== 'active' || record.exception !== undefined || activationGaps(record).length === 0
}

/** Throws Fault('conflict') where the record would be active without what the rules ask. */
export function refuseIncomplete(record: PrincipalRecord): void {
  if (mayStand(record)) return
  const missing = activationGaps(record).map((gap) => GAPS[gap])
  throw new Fault(
    'conflict',
    `an active principal needs ${missing.join('; ')}; or quarantine it first, or record an exception`,
  )
}

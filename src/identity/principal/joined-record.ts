// One record out of two that are one identity: of each field the stricter of the two, so that a join hides nothing.
import type { Act } from '#kernel'
import type { OwnerOfRecord } from '../record/party.ts'
import type { PrincipalRecord, PrivilegeTier } from '../record/principal-record.ts'
import { sameParty } from './patch-principal.ts'

/** An unknown tier hides a low one and not a medium one. */
const RANK: Readonly<Record<PrivilegeTier, number>> = { none: 0, low: 1, unknown: 2, medium: 3, high: 4, admin: 5 }

/** What a join may change beside the identifiers, and an undone one puts back. */
export const JOINED_FIELDS = [
  'tier',
  'backups',
  'custodians',
  'purpose',
  'vendorId',
  'expiresAt',
  'nextReviewAt',
  'state',
  'quarantine',
  'effect',
] as const
export type JoinedField = (typeof JOINED_FIELDS)[number]

export function joinedRecord(into: PrincipalRecord, from: PrincipalRecord, act: Act, fromId: string): PrincipalRecord {
  const purpose = into.purpose ?? from.purpose
  const vendorId = into.vendorId ?? from.vendorId
  const expiresAt = earlier(into.expiresAt, from.expiresAt)
  const nextReviewAt = earlier(into.nextReviewAt, from.nextReviewAt)
  return {
    ...into,
    ...heldWith(into, from, act, fromId),
    refs: [...new Set([...into.refs, ...from.refs])].sort(),
    tier: tierOf(into, from, fromId),
    backups: backupsOf(into, from),
    custodians: [
      ...into.custodians,
      ...from.custodians.filter((one) => !into.custodians.some((known) => sameUse(known, one))),
    ],
    ...(purpose !== undefined && { purpose }),
    ...(vendorId !== undefined && { vendorId }),
    ...(expiresAt !== undefined && { expiresAt }),
    ...(nextReviewAt !== undefined && { nextReviewAt }),
  }
}

/** A hold on either is a hold on the one that they are. */
function heldWith(
  into: PrincipalRecord,
  from: PrincipalRecord,
  act: Act,
  fromId: string,
): Partial<Pick<PrincipalRecord, 'state' | 'quarantine' | 'effect'>> {
  if (from.state !== 'quarantined' || into.state === 'quarantined') return {}
  const { by, at, reason } = from.quarantine ?? { by: act.actor.id, at: act.at, reason: `${fromId} was held` }
  const was = into.state === 'discovered' || into.state === 'registered' ? into.state : 'active'
  return { state: 'quarantined', quarantine: { by, at, reason, from: was }, effect: from.effect }
}

/** The higher tier, as a person's word: the sources of the record that stands know nothing of the other's rights. */
function tierOf(into: PrincipalRecord, from: PrincipalRecord, fromId: string): PrincipalRecord['tier'] {
  if (RANK[from.tier.value] <= RANK[into.tier.value]) return into.tier
  return { value: from.tier.value, from: 'stated', reason: `joined with ${fromId}: ${from.tier.reason}`.slice(0, 500) }
}

/** Who answered for the one that goes stands by for the one that stays. */
function backupsOf(into: PrincipalRecord, from: PrincipalRecord): readonly OwnerOfRecord[] {
  const others = [...(from.owner?.from === 'stated' ? [from.owner] : []), ...from.backups]
  const backups = [...into.backups]
  for (const one of others) {
    const there = into.owner === undefined ? backups : [...backups, into.owner]
    if (!there.some(({ party }) => sameParty(party, one.party))) backups.push(one)
  }
  return backups
}

const sameUse = (a: PrincipalRecord['custodians'][number], b: PrincipalRecord['custodians'][number]): boolean =>
  a.consumerId === b.consumerId && sameParty(a.party, b.party)

function earlier<T extends string>(a: T | undefined, b: T | undefined): T | undefined {
  if (a === undefined || b === undefined) return a ?? b
  return a < b ? a : b
}

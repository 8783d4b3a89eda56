// Who answers for what is active, and what it must have besides.
import { csf, excepted, HOLDS, nhi, violates } from '../control.ts'
import type { AssertedControl, Surroundings } from '../control.ts'
import type { PrincipalFacts, Row } from '../rows.ts'

type Principal = Row<PrincipalFacts>

/** People and groups answer for others; nobody answers for them here. */
export const needsOwner = ({ data }: Principal): boolean => data.kind !== 'human' && data.kind !== 'group'
const isActive = (row: Principal): boolean => needsOwner(row) && row.data.state === 'active'
const isHigh = ({ data }: Principal): boolean => data.tier.value === 'high' || data.tier.value === 'admin'
export const partyOf = ({ data }: Principal): string | undefined =>
  data.owner === undefined ? undefined : `${data.owner.party.kind}:${data.owner.party.id}`

const active = (
  lacks: (row: Principal) => boolean,
  why: string,
): Pick<AssertedControl<'principals'>, 'over' | 'judge'> => ({
  over: 'principals',
  judge: (row, around) => (lacks(row) ? (excepted(row, around) ?? violates(why)) : HOLDS),
})

const shows = (row: Principal): Record<string, string | number | undefined> => ({
  kind: row.data.kind,
  system: row.data.system,
  state: row.data.state,
  tier: row.data.tier.value,
  owner: partyOf(row),
  owner_from: row.data.owner?.from,
})

export const OWNERSHIP: readonly AssertedControl<'principals'>[] = [
  {
    id: 'owner-accepted',
    title: 'Every active identity has an owner who accepted',
    statement: 'each active principal that is no person and no group has an owner who accepted it',
    query: `principals where state = 'active' and kind not in ('human', 'group') and owner_from is distinct from 'stated'`,
    references: [...csf('PR.AA-01', 'GV.RR-02'), ...nhi(1)],
    ...active(({ data }) => data.owner?.from !== 'stated', 'nobody accepted to answer for it'),
    applies: isActive,
    shows,
  },
  {
    id: 'purpose-stated',
    title: 'Every active identity has a purpose',
    statement: 'each active principal that is no person and no group says what it is for',
    query: `principals where state = 'active' and kind not in ('human', 'group') and purpose is null`,
    references: csf('PR.AA-01', 'ID.AM-08'),
    ...active(({ data }) => data.purpose === undefined, 'it does not say what it is for'),
    applies: isActive,
    shows: (row) => ({ ...shows(row), purpose: row.data.purpose?.value }),
  },
  {
    id: 'end-set',
    title: 'Every active identity has an end or a review',
    statement: 'each active principal that is no person and no group has an expiry or a next review',
    query: `principals where state = 'active' and kind not in ('human', 'group') and expires_at is null and next_review_at is null`,
    references: [...csf('PR.AA-01', 'PR.AA-05', 'ID.AM-08'), ...nhi(1)],
    ...active(
      ({ data }) => data.expiresAt === undefined && data.nextReviewAt === undefined,
      'it has neither an expiry nor a review',
    ),
    applies: isActive,
    shows: (row) => ({ ...shows(row), expires_at: row.data.expiresAt, next_review_at: row.data.nextReviewAt }),
  },
  {
    id: 'backup-by-tier',
    title: 'Privileged identities have a second owner',
    statement:
      'each active principal of tier high or admin that is no person and no group has a backup who accepted it',
    query: `principals where state = 'active' and kind not in ('human', 'group') and tier in ('high', 'admin') and no backup is stated`,
    references: csf('GV.RR-02', 'PR.AA-05'),
    ...active(({ data }) => !data.backups.some(({ from }) => from === 'stated'), 'it has no backup'),
    applies: (row) => isActive(row) && isHigh(row),
    shows: (row) => ({ ...shows(row), backups: row.data.backups.length }),
  },
  {
    id: 'binding-by-tier',
    title: 'Privileged identities are proven to be what the roll says',
    statement: 'each active principal of tier high or admin that is no person and no group has a proof of binding',
    query: `principals where state = 'active' and kind not in ('human', 'group') and tier in ('high', 'admin') and binding is null`,
    references: csf('PR.AA-02'),
    ...active(
      ({ data }) => data.binding === undefined,
      'nobody proved that the record and the identity belong together',
    ),
    applies: (row) => isActive(row) && isHigh(row),
    shows: (row) => ({ ...shows(row), binding: row.data.binding?.how }),
  },
  {
    id: 'no-orphan',
    title: 'What nobody answers for is offered to somebody',
    statement:
      'each principal, no person and no group, that lost its owner, or is registered or quarantined without one, is offered to somebody or under an exception; the active ones are of owner-accepted',
    query: `principals where owner is null and kind not in ('human', 'group') and (state in ('registered', 'quarantined') or (state = 'discovered' and orphaned_at is not null)) and no offer is pending`,
    references: [...csf('PR.AA-01', 'GV.RR-02'), ...nhi(1)],
    over: 'principals',
    applies: (row) =>
      needsOwner(row) &&
      (['registered', 'quarantined'].includes(row.data.state) ||
        (row.data.state === 'discovered' && row.data.orphanedAt !== undefined)),
    judge: (row, around: Surroundings) =>
      row.data.owner !== undefined || around.offered.has(row.id)
        ? HOLDS
        : (excepted(row, around) ?? violates('it has no owner, and nobody was asked')),
    shows: (row, { offered }) => ({
      ...shows(row),
      orphaned_at: row.data.orphanedAt,
      offer_pending: offered.has(row.id) ? 'yes' : 'no',
    }),
  },
]

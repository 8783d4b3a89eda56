// The life of an identity: it comes by a request, it is reviewed, it ends when its time or its people are gone.
import { csf, daysBefore, excepted, HOLDS, nhi, violates } from '../control.ts'
import type { AssertedControl, Surroundings } from '../control.ts'
import type { PrincipalFacts, RequestFacts, Row } from '../rows.ts'
import { needsOwner, partyOf } from './ownership.ts'

type Principal = Row<PrincipalFacts>

const needsPeople = ({ people }: Surroundings): string | undefined =>
  people === 0 ? 'a feed of people: nobody is known to have left' : undefined

const leaverAmong = ({ data }: Principal, { leavers }: Surroundings): string | undefined =>
  data.parties.map((party) => party.replace(/^person:/, '')).find((id) => leavers.has(id))

const basics = (row: Principal): Record<string, string | undefined> => ({
  kind: row.data.kind,
  system: row.data.system,
  state: row.data.state,
  owner: partyOf(row),
})

export const LIFE: readonly AssertedControl<'principals'>[] = [
  {
    id: 'end-kept',
    title: 'No identity is active past its end or its review',
    statement: 'no active principal is past its expiry, or past the day of its next review',
    query: `principals where state = 'active' and (expires_at <= :at or next_review_at <= :at)`,
    references: [...csf('PR.AA-01', 'PR.AA-05', 'ID.AM-08'), ...nhi(1)],
    over: 'principals',
    applies: ({ data }) => data.state === 'active' && (data.expiresAt !== undefined || data.nextReviewAt !== undefined),
    judge: (row, around) => {
      const due = [row.data.expiresAt, row.data.nextReviewAt].find((day) => day !== undefined && day <= around.at)
      return due === undefined ? HOLDS : (excepted(row, around) ?? violates(`it was due on ${due}`))
    },
    shows: (row) => ({ ...basics(row), expires_at: row.data.expiresAt, next_review_at: row.data.nextReviewAt }),
  },
  {
    id: 'outside-request-path',
    title: 'What appeared without a request is taken into the roll',
    statement: 'no principal that a source showed stays unregistered for longer than the days that are set',
    query: `principals where provenance = 'discovered' and kind not in ('human', 'group') and state = 'discovered' and gone_at is null and first_seen_at < :at - :unregisteredDays`,
    references: [...csf('PR.AA-01', 'ID.AM-08', 'ID.RA-07'), ...nhi(1)],
    over: 'principals',
    applies: (row) => needsOwner(row) && row.data.provenance.how === 'discovered' && row.data.goneAt === undefined,
    judge: ({ data }, { at, settings }) =>
      data.state === 'discovered' && data.provenance.firstSeenAt < daysBefore(at, settings.unregisteredDays)
        ? violates(`seen since ${data.provenance.firstSeenAt}, and nobody registered it`)
        : HOLDS,
    shows: (row) => ({ ...basics(row), first_seen_at: row.data.provenance.firstSeenAt }),
  },
  {
    id: 'leaver-owns-nothing',
    title: 'Nobody who left answers for anything',
    statement: 'no owner, backup or custodian of a principal that is not retired has left',
    query: `principals where state <> 'retired' and parties contain a person whose status is 'leaver'`,
    references: [...csf('GV.RR-04', 'PR.AA-01'), ...nhi(1)],
    over: 'principals',
    needs: needsPeople,
    applies: ({ data }) => data.state !== 'retired' && data.parties.length > 0,
    judge: (row, around) => {
      const gone = leaverAmong(row, around)
      return gone === undefined ? HOLDS : violates(`${gone} left on ${around.leavers.get(gone) ?? ''}`)
    },
    shows: (row) => ({ ...basics(row), parties: row.data.parties.join(' ') }),
  },
  {
    id: 'vendor-ended',
    title: 'Nothing of an offboarded vendor is in use',
    statement: 'each principal of an offboarded vendor is quarantined or retired',
    query: `principals where vendor.state = 'offboarded' and state not in ('quarantined', 'retired')`,
    references: [...csf('GV.SC-10', 'PR.AA-01'), ...nhi(1, 3)],
    over: 'principals',
    applies: ({ data }, { offboardedVendors }) => offboardedVendors.has(data.vendorId ?? ''),
    judge: ({ data }) =>
      data.state === 'quarantined' || data.state === 'retired' ? HOLDS : violates(`it is ${data.state}`),
    shows: (row) => ({ ...basics(row), vendor: row.data.vendorId }),
  },
  {
    id: 'exceptions-dated',
    title: 'Exceptions have an owner, a reason and an end',
    statement: 'each exception says by whom, why and until when, and none is past its end',
    query: `principals where exception is not null and (exception_by = '' or exception_reason = '' or exception_until <= :at)`,
    references: csf('ID.RA-07', 'GV.RR-02'),
    over: 'principals',
    applies: ({ data }) => data.exception !== undefined,
    judge: ({ data: { exception } }, { at }) => {
      if (exception === undefined) return HOLDS
      if (exception.by.trim() === '' || exception.reason.trim() === '')
        return violates('it says not by whom or not why')
      return exception.until > at ? HOLDS : violates(`it lapsed on ${exception.until}`)
    },
    shows: ({ data: { exception, state } }) => ({
      state,
      exception_by: exception?.by,
      exception_cause: exception?.cause,
      exception_until: exception?.until,
    }),
  },
]

export const REQUESTS: readonly AssertedControl<'requests'>[] = [
  {
    id: 'request-four-eyes',
    title: 'Another person decided each request for an identity',
    statement: 'each decided identity request was decided by another natural person than who asked or may have asked',
    query: `identity requests where state in ('approved', 'denied') and (requested_behind is empty or decided_behind is empty or requested_behind && decided_behind or decided_by = requested_by)`,
    references: [...csf('PR.AA-01', 'PR.AA-05'), ...nhi(1)],
    over: 'requests',
    applies: ({ data }) => data.state === 'approved' || data.state === 'denied',
    judge: ({ data }: Row<RequestFacts>) => {
      const { requestedBehind, decidedBehind = [], requestedByPerson, decidedByPerson } = data
      // nobody is no other person
      if (decidedBehind.length === 0) return violates('it does not say which person decided')
      if (requestedBehind.length === 0) return violates('it does not say which person asked')
      const both =
        decidedByPerson === requestedByPerson || decidedBehind.some((person) => requestedBehind.includes(person))
      return both ? violates('who asked, or may have asked, decided as well') : HOLDS
    },
    shows: ({ data }) => ({
      state: data.state,
      requested_by: data.requestedByPerson,
      decided_by: data.decidedByPerson,
      decided_at: data.decidedAt,
    }),
  },
]

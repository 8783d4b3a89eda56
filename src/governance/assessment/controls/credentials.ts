// What authenticates: rotated in time, answered for when it leaked, gone when its identity or its knowers are.
import { daysBetween } from '#kernel'
import type { Instant } from '#kernel'
import { csf, daysBefore, HOLDS, nhi, violates } from '../control.ts'
import type { AssertedControl, Surroundings } from '../control.ts'
import type { CredentialFacts, Row } from '../rows.ts'

type Credential = Row<CredentialFacts>

const works = ({ data }: Credential): boolean =>
  (data.state === 'live' || data.state === 'leaked') && data.goneAt === undefined
const since = ({ data }: Credential): Instant | undefined => data.lastRotatedAt ?? data.createdAtSource

const basics = ({ data }: Credential): Record<string, string | number | undefined> => ({
  type: data.type,
  principal: data.principalId,
  state: data.state,
  last_rotated_at: data.lastRotatedAt,
})

export const CREDENTIALS: readonly AssertedControl<'credentials'>[] = [
  {
    id: 'rotation-kept',
    title: 'Credentials are rotated within their time',
    statement: 'no live credential is older than the days within which it is to be rotated',
    query: `credentials where state = 'live' and gone_at is null and coalesce(last_rotated_at, created_at_source) < :at - rotate_within_days`,
    references: [...csf('PR.AA-01'), ...nhi(7)],
    over: 'credentials',
    applies: (row) => row.data.state === 'live' && row.data.goneAt === undefined,
    judge: (row, { at }) => {
      const from = since(row)
      if (from === undefined) return { is: 'undecided', why: 'a source that says when it was made or rotated' }
      const age = daysBetween(from, at)
      return age > row.data.rotateWithinDays
        ? violates(`${age} days old, to be rotated within ${row.data.rotateWithinDays}`)
        : HOLDS
    },
    shows: (row) => ({
      ...basics(row),
      created_at_source: row.data.createdAtSource,
      rotate_within_days: row.data.rotateWithinDays,
    }),
  },
  {
    id: 'leak-answered',
    title: 'Leaked credentials are rotated or revoked',
    statement: 'no credential stays leaked, without rotation or revocation, for longer than the days that are set',
    query: `credentials where leaked_at is not null and state = 'leaked' and leaked_at < :at - :leakDays`,
    references: [...csf('PR.AA-01', 'ID.RA-01'), ...nhi(2)],
    over: 'credentials',
    applies: ({ data }) => data.leak !== undefined || data.state === 'leaked',
    judge: ({ data }, { at, settings }) => {
      if (data.state !== 'leaked') return HOLDS
      if (data.leak === undefined) return violates('it is leaked, and nothing says since when')
      return data.leak.at < daysBefore(at, settings.leakDays) ? violates(`leaked since ${data.leak.at}`) : HOLDS
    },
    shows: (row) => ({ ...basics(row), leaked_at: row.data.leak?.at }),
  },
  {
    id: 'leaver-secrets-changed',
    title: 'What a leaver knew was changed since',
    statement:
      'each credential that a leaver knew was rotated or revoked after they left, within the days that are set',
    query: `credentials known to a person whose status is 'leaver' where state in ('live', 'leaked') and gone_at is null and coalesce(last_rotated_at, created_at_source) <= left_at and left_at < :at - :leaverDays`,
    references: [...csf('GV.RR-04', 'PR.AA-01'), ...nhi(1)],
    over: 'credentials',
    needs: ({ people, past }: Surroundings) => {
      if (past) return 'the present: what people knew is kept as it is known now'
      return people === 0 ? 'a feed of people: nobody is known to have left' : undefined
    },
    applies: ({ id }, { knownByLeavers }) => knownByLeavers.has(id),
    judge: (row, { at, settings, knownByLeavers }) => {
      const left = knownByLeavers.get(row.id)
      if (left === undefined || !works(row) || left >= daysBefore(at, settings.leaverDays)) return HOLDS
      const from = since(row)
      return from !== undefined && from > left ? HOLDS : violates(`who knew it left on ${left}`)
    },
    shows: (row, { knownByLeavers }) => ({ ...basics(row), left_at: knownByLeavers.get(row.id) }),
  },
  {
    id: 'retired-without-credentials',
    title: 'Nothing retired can still authenticate',
    statement: 'no credential of a retired principal is live',
    query: `credentials where principal.state = 'retired' and state in ('live', 'leaked') and gone_at is null`,
    references: [...csf('PR.AA-01', 'ID.AM-08'), ...nhi(1)],
    over: 'credentials',
    applies: ({ data }, { retired }) => retired.has(data.principalId ?? ''),
    judge: (row) => (works(row) ? violates(`it is ${row.data.state}`) : HOLDS),
    shows: (row) => ({ ...basics(row), gone_at: row.data.goneAt }),
  },
  {
    id: 'credential-not-shared',
    title: 'Each credential is of one identity',
    statement: 'no live credential authenticates more than one principal',
    query: `credentials where state in ('live', 'leaked') and gone_at is null and also_of is not empty`,
    references: [...csf('PR.AA-01', 'PR.AA-05'), ...nhi(9)],
    over: 'credentials',
    applies: works,
    judge: ({ data }) =>
      data.alsoOf.length === 0 ? HOLDS : violates(`${data.alsoOf.length + 1} principals authenticate by it`),
    shows: (row) => ({ ...basics(row), also_of: row.data.alsoOf.join(' ') }),
  },
]

// Rights that Reeve gives: asked for, agreed to by others, with an end; and the policies that say what may be given.
import { REEVE } from '#kernel'
import { csf, daysBefore, HOLDS, nhi, violates } from '../control.ts'
import type { AssertedControl } from '../control.ts'
import type { GrantFacts, Row } from '../rows.ts'

/** An end that is farther off than this is none. */
const STANDING_DAYS = 366

const IN_FORCE: ReadonlySet<string> = new Set(['approved', 'provisioning', 'active'])

const basics = ({ data }: Row<GrantFacts>): Record<string, string | number | undefined> => ({
  principal: data.principalId,
  kind: data.kind,
  state: data.state,
  actions: data.actions.join(' '),
  until: data.until,
})

const agreed = ({ data }: Row<GrantFacts>): GrantFacts['decisions'] =>
  data.decisions.filter(({ verdict }) => verdict === 'approve')

/** How many of the decisions are by persons who are behind no other one. */
function differentPersons(decisions: GrantFacts['decisions']): number {
  const seen = new Set<string>()
  let found = 0
  for (const { behind } of decisions) {
    if (behind.length > 0 && !behind.some((person) => seen.has(person))) found += 1
    for (const person of behind) seen.add(person)
  }
  return found
}

export const GRANTS: readonly AssertedControl<'grants'>[] = [
  {
    id: 'rights-approved',
    title: 'Each right that was given was asked for and approved',
    statement:
      'each grant rests on a request for it, to which as many different persons agreed as it needs, and which nobody denied',
    query: `grants where request is null, or count of approvals with verdict 'approve' by different persons < approvals_needed of the request, or any verdict is 'deny'`,
    references: [...csf('PR.AA-05'), ...nhi(5)],
    over: 'grants',
    applies: () => true,
    judge: (row) => {
      const { request, decisions } = row.data
      if (request === undefined) return violates('nobody asked for it')
      if (decisions.some(({ verdict }) => verdict === 'deny')) return violates('its request was denied')
      const by = differentPersons(agreed(row))
      return by < request.needs.approvals ? violates(`${by} of ${request.needs.approvals} agreed to it`) : HOLDS
    },
    shows: (row) => ({
      ...basics(row),
      approvals_needed: row.data.request?.needs.approvals,
      approvals: agreed(row).length,
    }),
  },
  {
    id: 'rights-by-others',
    title: 'Nobody agreed to a right of their own',
    statement: 'no approval of a grant is by a natural person who asked for it or would have it, or may have',
    query: `grants joined with approvals where verdict = 'approve' and behind overlaps interested of the request`,
    references: csf('PR.AA-05', 'GV.RR-02'),
    over: 'grants',
    applies: (row) => agreed(row).length > 0,
    judge: (row) => {
      const interested = new Set(row.data.request?.interested)
      const own = agreed(row).flatMap(({ behind }) => behind.filter((person) => interested.has(person)))
      return own.length === 0 ? HOLDS : violates(`${own[0] ?? ''} has an interest in it`)
    },
    shows: (row) => ({
      ...basics(row),
      interested: row.data.request?.interested.join(' '),
      approved_behind: agreed(row)
        .flatMap(({ behind }) => behind)
        .join(' '),
    }),
  },
  {
    id: 'no-standing-administration',
    title: 'No administrative right is given without an end',
    statement: `no grant in force that ends in more than ${STANDING_DAYS} days, or never, is for every action, or for a principal of tier admin`,
    query: `grants where state in ('approved', 'provisioning', 'active') and (until is null or until > :at + ${STANDING_DAYS} days) and (an action ends with '*' or principal.tier = 'admin')`,
    references: [...csf('PR.AA-05'), ...nhi(5)],
    over: 'grants',
    applies: ({ data }) => IN_FORCE.has(data.state),
    judge: ({ data }, { administrative, at }) => {
      const { until } = data
      if (until !== undefined && until <= daysBefore(at, -STANDING_DAYS)) return HOLDS
      const ends = until === undefined ? 'has no end' : `ends on ${until}`
      if (data.actions.some((action) => action.endsWith('*'))) return violates(`it is for every action and ${ends}`)
      return administrative.has(data.principalId) ? violates(`its principal is of tier admin, and it ${ends}`) : HOLDS
    },
    shows: basics,
  },
]

export const POLICIES: readonly AssertedControl<'policies'>[] = [
  {
    id: 'policies-by-two',
    title: 'Another person approved each version of the policies',
    statement:
      'each version of the policies that was approved was approved by others than may have proposed it; what Reeve ships with aside',
    query: `policy versions where state in ('approved', 'active', 'superseded') and proposed_by <> 'reeve' and (approvals is empty or an approval is by 'reeve', by proposed_by or by one of proposed_behind)`,
    references: csf('PR.AA-05', 'GV.RR-02'),
    over: 'policies',
    applies: ({ data }) => data.state !== 'proposed' && data.state !== 'refused' && data.proposedBy !== REEVE,
    judge: ({ data: { approvals, proposedBy, proposedBehind } }) => {
      if (approvals.length === 0) return violates('nobody approved it')
      // what Reeve ships with it may approve; of what somebody proposed it is no other person
      if (approvals.some(({ by }) => by === REEVE)) return violates('no person is behind its approval')
      const own = approvals.find(({ by }) => by === proposedBy || proposedBehind.includes(by))
      return own === undefined ? HOLDS : violates(`${own.by} may have proposed it, and approved it`)
    },
    shows: ({ data }) => ({
      number: data.number,
      state: data.state,
      proposed_by: data.proposedBy,
      approved_by: data.approvals.map(({ by }) => by).join(' '),
    }),
  },
]

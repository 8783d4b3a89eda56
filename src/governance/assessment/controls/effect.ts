// What Reeve does to systems: each act ends with a receipt, nobody takes for good alone, and what is not proven is told and closed.
import { msAfter, REEVE } from '#kernel'
import { csf, daysBefore, HOLDS, nhi, violates } from '../control.ts'
import type { AssertedControl, Surroundings, Verdict } from '../control.ts'
import type { GrantFacts, PlanFacts, Row } from '../rows.ts'

type Plan = Row<PlanFacts>

const ENDED: ReadonlySet<string> = new Set(['verified', 'unproven', 'rolled_back', 'undone'])
const CLOSED: ReadonlySet<string> = new Set(['verified', 'rolled_back', 'undone', 'cancelled'])

const basics = ({ data }: Plan): Record<string, string | undefined> => ({
  operation: data.operation,
  target: data.targetName,
  account: data.account,
  state: data.state,
  made_at: data.madeAt,
})

const exceptionOf = (about: readonly string[], { exceptions }: Surroundings): Verdict | undefined => {
  const why = about.flatMap((id) => exceptions.get(id) ?? [])[0]
  return why === undefined ? undefined : { is: 'excepted', why }
}

function judgeReceipt({ data }: Plan, { at, settings }: Surroundings): Verdict {
  const { state, outcome, madeAt } = data
  if (!ENDED.has(state))
    return madeAt < daysBefore(at, settings.planDays) ? violates(`made on ${madeAt}, and ${state} still`) : HOLDS
  if (outcome === undefined) return violates(`it is ${state}, and has no receipt`)
  return outcome === state ? HOLDS : violates(`it is ${state}, and its receipt says ${outcome}`)
}

function judgeTold(times: PlanFacts['unproven'], { at }: Surroundings): Verdict {
  for (const { at: ended, toldAt } of times) {
    if (daysBefore(toldAt ?? at, 1) <= ended) continue
    return violates(
      `unproven on ${ended}, and ${toldAt === undefined ? 'no receiver of alarms took it' : `told on ${toldAt}`}`,
    )
  }
  return HOLDS
}

function judgeApproval({ data: { approval, plannedBy, plannedBehind } }: Plan): Verdict {
  const { by, behind } = approval
  if (by === undefined) return violates('nobody approved it')
  // Reeve itself, and whoever nobody stands behind, is no other person
  if (by === REEVE || behind.length === 0) return violates(`${by} approved it, and no person is behind that`)
  const own = by === plannedBy ? by : behind.find((person) => plannedBehind.includes(person))
  return own === undefined ? HOLDS : violates(`${own} may have planned it, and approved it`)
}

export const PLANS: readonly AssertedControl<'plans'>[] = [
  {
    id: 'acts-have-receipts',
    title: 'Each act at a target ends with a receipt',
    statement:
      'each plan has come to an end within the days that are set, with a receipt of the same outcome, or was cancelled before it acted',
    query: `plans where state in ('verified', 'unproven', 'rolled_back', 'undone') and outcome of its receipt is null or <> state, or state in ('proposed', 'running', 'paused', 'undoing') and made_at < :at - :planDays`,
    references: csf('RS.AN-06', 'RS.MI-01', 'RS.MI-02'),
    over: 'plans',
    // one that could begin nothing for months is no less open than one that acted
    applies: ({ data }) => data.acted || data.state !== 'cancelled',
    judge: judgeReceipt,
    shows: (row) => ({ ...basics(row), outcome: row.data.outcome }),
  },
  {
    id: 'revokes-by-two',
    title: 'Nobody takes an account for good alone',
    statement: 'each plan to revoke that acted was approved by another natural person than may have planned it',
    query: `plans where operation = 'revoke' and a step acted and (approved_by is null or approved_by in ('reeve', planned_by) or approved_behind is empty or approved_behind overlaps planned_behind)`,
    references: csf('PR.AA-05', 'GV.RR-02'),
    over: 'plans',
    applies: ({ data }) => data.operation === 'revoke' && data.acted,
    judge: judgeApproval,
    shows: (row) => ({ ...basics(row), planned_by: row.data.plannedBy, approved_by: row.data.approval.by }),
  },
  {
    id: 'unproven-told',
    title: 'Whoever must know was told of what is not proven',
    statement: 'each time that a plan ended unproven, that was told to a receiver, which took it within a day',
    query: `plans with a receipt of outcome 'unproven', made before :at - 1 day, for which there is no entry alarm.taken that names the receipt (or, where it names none, of event 'unproven' or 'needs_credential' at or after it) within a day of it`,
    references: csf('RS.CO-02', 'RS.MA-01'),
    over: 'plans',
    applies: ({ data }) => data.unproven.length > 0,
    judge: ({ data }, around) => judgeTold(data.unproven, around),
    shows: (row) => ({ ...basics(row), unproven_since: row.data.unproven[0]?.at }),
  },
  {
    id: 'unproven-closed',
    title: 'What is not proven is closed',
    statement:
      'each plan that ended unproven was verified, put back or followed by one that was, within the days that are set, or another person accepted all that is not proven, in its receipt, or it is under an exception',
    query: `plans with a receipt of outcome 'unproven' before :at - :unprovenDays where state not in ('verified', 'rolled_back', 'undone', 'cancelled') and no later plan of the same or more at the same account is verified and not each reason of its receipt is among its accepted ways and no principal that it is about has an exception in force`,
    references: [...csf('RS.MI-01', 'RS.MI-02', 'RS.MA-01'), ...nhi(1)],
    over: 'plans',
    applies: ({ data }) => data.unproven.length > 0,
    judge: ({ data }, around) => {
      const since = data.unproven[0]?.at ?? around.at
      if (
        CLOSED.has(data.state) ||
        data.followed ||
        data.accepted ||
        since >= daysBefore(around.at, around.settings.unprovenDays)
      )
        return HOLDS
      return exceptionOf(data.about, around) ?? violates(`unproven since ${since}`)
    },
    shows: (row) => ({ ...basics(row), unproven_since: row.data.unproven[0]?.at }),
  },
]

/** From when on it has to be over at its target. */
const overSince = ({ data }: Row<GrantFacts>): string | undefined => data.ended?.at ?? data.until

export const ENDS: readonly AssertedControl<'grants'>[] = [
  {
    id: 'grants-seen-ended',
    title: 'What was given for a time at a target was seen to end there',
    statement:
      'each grant at a target that is over for longer than the minutes that are set was refused by the target itself',
    query: `grants at a target where coalesce(ended_at, until) < :at - :endMinutes and (state <> 'ended' or the target was not seen to refuse it)`,
    references: [...csf('PR.AA-05', 'PR.AA-01'), ...nhi(1, 5)],
    over: 'grants',
    // one that ended before its target was told of it is nowhere
    applies: (row, { at }) => row.data.fulfilment?.decisionId !== undefined && (overSince(row) ?? at) < at,
    judge: (row, { at, settings }) => {
      const { state, fulfilment } = row.data
      const over = overSince(row) ?? at
      if (state === 'ended' && fulfilment?.verifiedAt !== undefined) return HOLDS
      if (over >= msAfter(at, -settings.endMinutes * 60_000)) return HOLDS
      return violates(`over since ${over}, and ${state === 'ended' ? 'not seen refused' : state}`)
    },
    shows: ({ data }) => ({
      principal: data.principalId,
      state: data.state,
      until: data.until,
      ended_at: data.ended?.at,
      seen_refused_at: data.fulfilment?.verifiedAt,
    }),
  },
]

/** Of one that is tried again for weeks persons are told once. */
export const UNPROVEN_GRANTS: readonly AssertedControl<'grants'>[] = [
  {
    id: 'unproven-grants-told',
    title: 'Whoever must know was told of grants that their target was not seen to refuse',
    statement: 'each grant that was unproven was told to a receiver, which took it within a day of the first time',
    query: `grants with an entry grant.unproven before :at - 1 day, for which there is no entry alarm.taken of event 'unproven' within a day of the first of them`,
    references: csf('RS.CO-02', 'RS.MA-01'),
    over: 'grants',
    applies: ({ data }) => data.unproven !== undefined,
    judge: ({ data: { unproven } }, around) => judgeTold(unproven === undefined ? [] : [unproven], around),
    shows: ({ data }) => ({ principal: data.principalId, state: data.state, unproven_since: data.unproven?.at }),
  },
]

export const TARGETS: readonly AssertedControl<'targets'>[] = [
  {
    id: 'administrators-fit',
    title: 'What Reeve acts with may do what it must, and no more',
    statement:
      'the administrative role of each target was examined within the days that are set and since the target was changed, and had neither too little nor too much',
    query: `targets in use whose newest entry target.examined is older than :at - :examinedDays, or has missing > 0 or too_much > 0; undecided where there is none, it is of another version of the target, or it has unknown > 0`,
    references: [...csf('PR.AA-05'), ...nhi(5)],
    over: 'targets',
    applies: () => true,
    judge: ({ data: { examined, changedAt } }, { at, settings }) => {
      if (examined === undefined) return { is: 'undecided', why: 'an examination: reeve target doctor' }
      if (examined.at < daysBefore(at, settings.examinedDays)) return violates(`last examined on ${examined.at}`)
      // another address or administrator may be what it was changed to
      if (!(examined.ofThis ?? examined.at >= changedAt))
        return { is: 'undecided', why: 'an examination since it was changed: reeve target doctor' }
      const { missing, tooMuch, unknown } = examined
      if (missing + tooMuch > 0) return violates(`${missing} of what it needs is missing, ${tooMuch} is too much`)
      return unknown === 0 ? HOLDS : { is: 'undecided', why: 'what could not be told: reeve target doctor names it' }
    },
    shows: ({ data }) => ({
      name: data.name,
      system: data.system,
      administrator: data.administrator,
      examined_at: data.examined?.at,
    }),
  },
]

export const RESTRAINTS: readonly AssertedControl<'restraints'>[] = [
  {
    id: 'stops-with-reason',
    title: 'Whoever stops every act, or lets them go on, says why',
    statement: 'each time that observe-only was switched on or off, a reason was given',
    query: `entries restraint.set and restraint.lifted without a reason`,
    references: csf('RS.MA-01', 'GV.RR-02'),
    over: 'restraints',
    applies: () => true,
    judge: ({ data: { reason, pruned } }) => {
      if (pruned) return { is: 'undecided', why: 'what was pruned' }
      return reason === undefined || reason.trim() === '' ? violates('nobody said why') : HOLDS
    },
    shows: ({ data }) => ({ at: data.at, observe_only: String(data.observeOnly) }),
  },
]

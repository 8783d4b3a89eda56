// The end of a plan, with its receipt, in one transaction: what became of each step, in the target's own words.
import { newId } from '#kernel'
import { createWithEntries } from '#evidence/port'
import { changedSinceAccepted, isAccepted } from './accept-ways.ts'
import { keepAlarm } from './alarms.ts'
import type { Alarm, EffectLayer } from './layer.ts'
import { firstActIn, RECEIPT, toUndo } from './records.ts'
import type {
  AcceptedWays,
  CurrentPlan,
  CurrentTarget,
  Outcome,
  PlanRecord,
  ReceiptRecord,
  StepRecord,
} from './records.ts'
import { movePlan, recordPlan, underLock, without } from './write-plan.ts'

type Reason = ReceiptRecord['reasons'][number]

/** What a step that failed does to what was done before it. A door that was shut is not opened again because of it. */
const ROLLS_BACK: Readonly<Record<PlanRecord['operation'], boolean>> = {
  observe: false,
  deny: false,
  contain: false,
  revoke: false,
  restore: true,
}

/** `undefined` where somebody else has moved it. */
export async function endPlan(
  layer: EffectLayer,
  target: CurrentTarget,
  seen: CurrentPlan,
  stuck?: Reason,
): Promise<CurrentPlan | undefined> {
  const { data } = seen
  if (data.state === 'running' && data.steps.some(({ state }) => state === 'failed') && ROLLS_BACK[data.operation]) {
    const begins = { type: 'plan.undoing', content: { because: 'failed' } }
    return await recordPlan(layer, seen, begins, (now) => ({
      ...now,
      state: 'undoing',
      undoing: 'failed',
      nextAt: layer.clock(),
    }))
  }
  const reasons = [...(stuck === undefined ? [] : [stuck]), ...reasonsOf(data)]
  const outcome = outcomeOf(data, reasons, stuck)
  const receiptId = newId('receipt')
  const alarm = alarmOf(layer, seen, { outcome, reasons, receiptId })
  const ended = await underLock(layer, seen, async (tx, act, current) => {
    const receipt = receiptOf(layer, target, current, { outcome, reasons, endedAt: act.at })
    const about = [seen.id, target.id, ...data.about]
    // all of it is in the entry, by hash: the log proves it without the table
    const words = { type: 'receipt.made', about, content: { receipt: receipt as never } }
    await createWithEntries<ReceiptRecord>(tx, RECEIPT, act, [{ id: receiptId, data: receipt, words }])
    const because = reasons
      .map(({ step, reason }) => `${step}: ${reason}`)
      .join('; ')
      .slice(0, 500)
    const end = { type: `plan.${outcome}`, content: { receipt: receiptId }, ...(because !== '' && { reason: because }) }
    if (alarm !== undefined) await keepAlarm(tx, layer, act.at, alarm)
    return await movePlan(tx, act, current, end, (now) => ({ ...without(now), state: outcome, receiptId }))
  })
  if (ended === undefined) return undefined
  if (outcome !== 'unproven') layer.offered.forget(seen.id)
  if (alarm !== undefined) layer.onAlarm?.(alarm)
  return ended
}

function outcomeOf(data: PlanRecord, reasons: readonly Reason[], stuck: Reason | undefined): Outcome {
  if (data.state === 'undoing') {
    if (stuck !== undefined) return 'unproven'
    return data.undoing === 'failed' ? 'rolled_back' : 'undone'
  }
  // nothing was done, and nothing is half done
  const first = data.steps.find(({ asksOnly }) => asksOnly !== true)
  if (first?.state === 'failed' && !data.steps.some(toUndo)) return 'rolled_back'
  return reasons.length === 0 ? 'verified' : 'unproven'
}

/** Only a person goes past what was asked and not proven, to what can't be put back. */
const KNOWING =
  'see the step before it: take the other ways away, then `reeve plan run`; or, if they are meant, an approver who did not plan it accepts them: `reeve plan accept PLAN --receipt RECEIPT --because …`'

/** What was asked before anything was done decides nothing: it stands in the receipt beside the rest. */
function reasonsOf(data: PlanRecord): Reason[] {
  const counting = data.steps.slice(firstActIn(data.steps))
  const open = counting.filter(({ asksOnly, state }) => asksOnly === true && state === 'unproven')
  const held = open.some((step) => !isAccepted(data, step))
  const changed = changedSinceAccepted(data)
  return counting.flatMap((step) => {
    const { name, state, verdict, final } = step
    if (verdict !== undefined && verdict.effect !== 'verified')
      return [{ step: name, reason: verdict.reason, next: isAccepted(data, step) ? acceptedBy(data) : verdict.next }]
    if (state !== 'waiting' && state !== 'acting') return []
    if (final !== true || !held) return [{ step: name, reason: 'it was not done', next: 'see the step before it' }]
    return [
      { step: name, reason: changed === undefined ? 'it was not done' : `it was not done: ${changed}`, next: KNOWING },
    ]
  })
}

/** What was to be done about it before is said of roles that may be gone by now. */
const acceptedBy = ({ acceptedWays }: PlanRecord): string =>
  `nothing for this plan: ${acceptedWays?.by ?? 'another person'} accepted it${acceptedWays === undefined ? '' : ` at ${acceptedWays.at}`}`

function receiptOf(
  { host }: EffectLayer,
  { data: { settings } }: CurrentTarget,
  { id, data }: CurrentPlan,
  ended: Pick<ReceiptRecord, 'outcome' | 'reasons' | 'endedAt'>,
): ReceiptRecord {
  const { operation, targetId, targetName, account, about, purpose, offered, steps } = data
  return {
    planId: id as ReceiptRecord['planId'],
    operation,
    targetId,
    targetName,
    address: `${settings.address.host}:${settings.address.port}`,
    account,
    about,
    purpose,
    ...ended,
    steps: steps.map(stepOf),
    credentialOffered: offered,
    ...(data.acceptedWays !== undefined && { acceptedWays: withoutBehind(data.acceptedWays) }),
    ...(data.credentialMark !== undefined && { credentialMark: data.credentialMark }),
    carriedOutBy: host,
    startedAt: steps.find(({ startedAt }) => startedAt !== undefined)?.startedAt ?? ended.endedAt,
  }
}

function withoutBehind({ behind: _behind, ...said }: AcceptedWays): NonNullable<ReceiptRecord['acceptedWays']> {
  return said
}

function stepOf({ name, state, verdict, endedAt }: StepRecord): ReceiptRecord['steps'][number] {
  if (verdict === undefined) return { name, effect: 'not done', answer: '' }
  const facts = verdict.effect === 'failed' ? undefined : verdict.facts
  return {
    name,
    effect: state === 'undone' ? 'undone' : verdict.effect,
    answer: verdict.effect === 'verified' ? verdict.answer : verdict.reason,
    ...(endedAt !== undefined && { at: endedAt }),
    ...(facts !== undefined && { facts }),
  }
}

function alarmOf(
  { offered }: EffectLayer,
  { id, data }: CurrentPlan,
  {
    outcome,
    reasons: [first],
    receiptId,
  }: { readonly outcome: Outcome; readonly reasons: readonly Reason[]; readonly receiptId: string },
): Alarm | undefined {
  if (outcome !== 'unproven' && outcome !== 'rolled_back') return undefined
  // it went with the server that had it: what was done can be proven once it is offered again
  const lost = outcome === 'unproven' && data.offered && offered.of(id) === undefined
  return {
    about: id,
    receiptId,
    event: lost ? 'needs_credential' : outcome,
    detail: first?.reason ?? outcome,
    next: lost ? `\`reeve plan run ${id} --secret-file FILE\`` : (first?.next ?? `reeve plan show ${id}`),
  }
}

// What was done is put back, the last step first, until everything is as it was found. A step that can't be put back ends it.
import { messageOf } from '#kernel'
import type { StepVerdict, TargetStep } from '#connectors/target'
import { endPlan } from './end-plan.ts'
import { stepNamed } from './make-plan.ts'
import { toUndo } from './records.ts'
import type { CurrentPlan, CurrentTarget, StepRecord } from './records.ts'
import { getRestraint } from './restraint.ts'
import { bounded, stepCall } from './step-call.ts'
import type { Carrying } from './step-call.ts'
import { recordPlan, withStep } from './write-plan.ts'

const UNDO_MS = 60_000

export async function undoNext(
  work: Carrying,
  target: CurrentTarget,
  plan: CurrentPlan,
): Promise<CurrentPlan | undefined> {
  const record = plan.data.steps.findLast(toUndo)
  if (record === undefined) return await endPlan(work.layer, target, plan)
  if ((await getRestraint(work.layer)).observeOnly) return undefined
  const step = stepNamed(work.layer, target, plan, record)
  const verdict = bounded(await putBack(work, target, plan, record, step))
  const content = { step: record.name, effect: verdict.effect }
  if (verdict.effect === 'verified') {
    return await recordPlan(work.layer, plan, { type: 'plan.step_undone', content }, (data) =>
      withStep(data, record.name, (one) => ({ ...one, state: 'undone', verdict, endedAt: work.layer.clock() })),
    )
  }
  return await endPlan(work.layer, target, plan, { step: record.name, reason: verdict.reason, next: verdict.next })
}

async function putBack(
  work: Carrying,
  target: CurrentTarget,
  plan: CurrentPlan,
  { name, before }: StepRecord,
  step: TargetStep | undefined,
): Promise<StepVerdict> {
  const next = `put it back by hand; \`reeve plan show ${plan.id}\` shows what it was`
  if (step?.undo === undefined) return { effect: 'failed', reason: `\`${name}\` can't be put back`, next }
  try {
    const signal = AbortSignal.any([work.signal, AbortSignal.timeout(UNDO_MS)])
    return await step.undo({ ...stepCall(work, target, plan, signal), before: before ?? null })
  } catch (error) {
    return { effect: 'unproven', reason: messageOf(error), next: `\`reeve plan undo ${plan.id}\` tries it again` }
  }
}

// The outcome is of one instant: what was done is seen once more when everything is done.
import { messageOf } from '#kernel'
import type { StepVerdict } from '#connectors/target'
import { STEP_MS } from './attempt-step.ts'
import { stepNamed } from './make-plan.ts'
import type { CurrentPlan, CurrentTarget } from './records.ts'
import { stepCall } from './step-call.ts'
import type { Carrying } from './step-call.ts'
import { recordVerdict } from './write-plan.ts'

/**
 * Answers the plan with the first step that is not so any more, else nothing. What came before a step that can't be put back
 * can't be so any more.
 */
export async function seeOnceMore(
  work: Carrying,
  target: CurrentTarget,
  plan: CurrentPlan,
): Promise<CurrentPlan | undefined> {
  const from = plan.data.steps.findLastIndex((step) => step.final === true)
  for (const record of plan.data.steps.slice(Math.max(from, 0))) {
    const step = stepNamed(work.layer, target, plan, record)
    if (step === undefined || record.asksOnly === true || record.state !== 'verified') continue
    const signal = AbortSignal.any([work.signal, AbortSignal.timeout(STEP_MS)])
    const verdict = await step
      .verify({ ...stepCall(work, target, plan, signal), before: record.before ?? null })
      .catch((error: unknown): StepVerdict => notSeen(plan, error))
    if (work.signal.aborted) return plan
    if (verdict.effect !== 'verified') return await recordVerdict(work.layer, plan, record.name, asUnproven(verdict))
  }
  return undefined
}

const notSeen = ({ id }: CurrentPlan, error: unknown): StepVerdict => ({
  effect: 'unproven',
  reason: `it could not be seen once more at the end: ${messageOf(error)}`,
  next: `\`reeve plan run ${id}\``,
})

/** It was done once: that it is not so any more is for a person to look at, and fails nothing that was done. */
const asUnproven = (verdict: StepVerdict): StepVerdict =>
  verdict.effect === 'failed' ? { effect: 'unproven', reason: verdict.reason, next: verdict.next } : verdict

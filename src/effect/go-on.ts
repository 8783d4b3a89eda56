// A step that takes hours or days is looked at from time to time until it is over. What it saw is kept with the plan, so that
// whoever goes on after a crash goes on from there; a target that does not answer for a while is asked later.
import { msAfter } from '#kernel'
import type { StepCall, TargetStep } from '#connectors/target'
import { attemptStep } from './attempt-step.ts'
import type { CurrentPlan, CurrentTarget, StepRecord } from './records.ts'
import { stepCall } from './step-call.ts'
import type { Carrying } from './step-call.ts'
import { recordPlan, withStep } from './write-plan.ts'

const AGAIN_AFTER_MS = 5 * 60_000

/** `undefined`: it is left as it is until it is due again. */
export async function goOn(
  work: Carrying,
  target: CurrentTarget,
  plan: CurrentPlan,
  step: TargetStep,
  record: StepRecord,
): Promise<'over' | undefined> {
  const { layer } = work
  const looked = await attemptStep(work, plan, step, async (signal) =>
    step.goOn?.(callFor(work, target, plan, record, signal)),
  )
  if (looked.plan === undefined) return undefined
  if ('gaveUp' in looked) {
    const nextAt = msAfter(layer.clock(), AGAIN_AFTER_MS)
    const { until } = plan.data
    if (until === undefined || until <= layer.clock()) return 'over'
    const words = { type: 'plan.step_goes_on', content: { step: step.name, answered: false } }
    await recordPlan(layer, looked.plan, words, (data) => ({ ...data, nextAt }))
    return undefined
  }
  const { value } = looked
  if (value === undefined) return 'over'
  const words = { type: 'plan.step_goes_on', content: { step: step.name, answered: true } }
  await recordPlan(layer, looked.plan, words, (data) => ({
    ...withStep(data, step.name, ({ met: _met, attempts: _attempts, ...one }) => ({ ...one, seen: value.seen })),
    nextAt: value.again,
  }))
  return undefined
}

export const callFor = (
  work: Carrying,
  target: CurrentTarget,
  plan: CurrentPlan,
  { before, seen }: StepRecord,
  signal: AbortSignal,
): StepCall => ({
  ...stepCall(work, target, plan, signal),
  before: before ?? null,
  ...(seen !== undefined && { seen }),
})

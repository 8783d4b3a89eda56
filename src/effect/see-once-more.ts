// The outcome is of one instant: what was done is seen once more when everything is done.
import type { StepVerdict } from '#connectors/target'
import { attemptStep } from './attempt-step.ts'
import { stepNamed } from './make-plan.ts'
import type { CurrentPlan, CurrentTarget } from './records.ts'
import { stepCall } from './step-call.ts'
import type { Carrying } from './step-call.ts'
import { recordVerdict } from './write-plan.ts'

/** So often everything is seen from its begin on again. */
const AGAIN_MAX = 5

/**
 * Each step is seen, in as many attempts as any. `plan`: with the first that is not so any more, where there is one; absent where it is
 * to be left as it is just now. What came before a step that can't be put back can't be so any more.
 */
export async function seeOnceMore(
  work: Carrying,
  target: CurrentTarget,
  plan: CurrentPlan,
): Promise<{ readonly plan: CurrentPlan | undefined; readonly isSo: boolean }> {
  const from = plan.data.steps.findLastIndex((step) => step.final === true)
  const records = plan.data.steps.slice(Math.max(from, 0))
  let at = plan
  for (let [place, again] = [0, 0]; place < records.length; place++) {
    const record = records[place]
    const step = record && stepNamed(work.layer, target, plan, record)
    if (record === undefined || step === undefined || record.asksOnly === true || record.state !== 'verified') continue
    const seen = await attemptStep(work, at, step, async (signal) =>
      step.verify({ ...stepCall(work, target, at, signal), before: record.before ?? null }),
    )
    if (seen.plan === undefined) return { plan: undefined, isSo: false }
    const answeredAtOnce = seen.plan === at
    at = seen.plan
    const verdict = 'gaveUp' in seen ? notSeen(plan, seen.gaveUp) : seen.value
    if (verdict.effect !== 'verified')
      return { plan: await recordVerdict(work.layer, at, record.name, asUnproven(verdict)), isSo: false }
    if (answeredAtOnce) continue
    // SECURITY: what was away for a moment may be another server since (a failover), at which what was seen before is not so
    if (again++ === AGAIN_MAX)
      return { plan: await recordVerdict(work.layer, at, record.name, neverWhole(plan)), isSo: false }
    place = -1
  }
  return { plan: at, isSo: true }
}

const neverWhole = ({ id, data }: CurrentPlan): StepVerdict => ({
  effect: 'unproven',
  reason: 'the target was away again and again while everything was to be seen once more at the end',
  next: `see why it is (\`reeve target doctor ${data.targetName}\`), then \`reeve plan run ${id}\``,
})

const notSeen = ({ id }: CurrentPlan, gaveUp: StepVerdict): StepVerdict => ({
  effect: 'unproven',
  reason: `it could not be seen once more at the end: ${gaveUp.effect === 'verified' ? '' : gaveUp.reason}`,
  next: `\`reeve plan run ${id}\``,
})

/** It was done once: that it is not so any more is for a person to look at, and fails nothing that was done. */
const asUnproven = (verdict: StepVerdict): StepVerdict =>
  verdict.effect === 'failed' ? { effect: 'unproven', reason: verdict.reason, next: verdict.next } : verdict

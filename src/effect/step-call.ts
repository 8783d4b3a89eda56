// What a step is called with, and what is kept of its answer.
import { plainWords } from '#kernel'
import type { StepCall, StepVerdict } from '#connectors/target'
import { callOf } from './layer.ts'
import type { EffectLayer } from './layer.ts'
import type { CurrentPlan, CurrentTarget } from './records.ts'

export interface Carrying {
  readonly layer: EffectLayer
  readonly signal: AbortSignal
  /** Throws where another server may go on with the plan. */
  readonly mayStillAct: () => void
}

export function stepCall(
  { layer, mayStillAct }: Carrying,
  target: CurrentTarget,
  { id, data }: CurrentPlan,
  signal: AbortSignal,
): Omit<StepCall, 'before'> {
  const credential = layer.offered.of(id)
  return {
    ...callOf(layer, target.data, signal),
    mayStillAct,
    planId: id,
    subject: { account: data.account },
    found: Object.fromEntries(data.steps.flatMap(({ name, before }) => (before === undefined ? [] : [[name, before]]))),
    earlier: Object.fromEntries(
      data.steps.flatMap(({ name, verdict }) => (verdict === undefined ? [] : [[name, verdict]])),
    ),
    ...(data.until !== undefined && { until: data.until }),
    ...(credential !== undefined && { credential }),
  }
}

export function bounded(verdict: StepVerdict): StepVerdict {
  if (verdict.effect === 'verified') return { ...verdict, answer: plainWords(verdict.answer) }
  const said = { ...verdict, reason: plainWords(verdict.reason), next: plainWords(verdict.next) }
  return said.effect === 'unproven' && said.open !== undefined
    ? { ...said, open: said.open.map((way) => plainWords(way)) }
    : said
}

// Looking, doing or seeing is tried again, a bounded number of times, and each attempt that failed is written down.
import { setTimeout as sleep } from 'node:timers/promises'
import { messageOf, plainWords } from '#kernel'
import type { StepVerdict, TargetStep } from '#connectors/target'
import type { CurrentPlan } from './records.ts'
import type { Carrying } from './step-call.ts'
import { recordPlan, withStep } from './write-plan.ts'

/** Each after twice the time. */
const ATTEMPTS_MAX = 5
const FIRST_DELAY_MS = 250
const STEP_MS = 60_000
/** No attempt begins after it. */
const ALL_ATTEMPTS_MS = 90_000

/** Thrown by an attempt: every act is stopped, and the plan is left as it is. */
export class Restrained extends Error {}

/** `plan` is absent where it is to be left as it is just now. */
export type Attempted<T> =
  | { readonly plan: CurrentPlan; readonly value: T }
  | { readonly plan: CurrentPlan; readonly gaveUp: StepVerdict }
  | { readonly plan: undefined }

/** After the last attempt the step is `unproven`. */
export async function attemptStep<T>(
  work: Carrying,
  plan: CurrentPlan,
  step: TargetStep,
  attempt: (signal: AbortSignal) => Promise<T>,
): Promise<Attempted<T>> {
  let at: CurrentPlan = plan
  const until = Date.now() + ALL_ATTEMPTS_MS
  for (let count = 1; ; count++) {
    try {
      return { plan: at, value: await attempt(AbortSignal.any([work.signal, AbortSignal.timeout(STEP_MS)])) }
    } catch (error) {
      if (work.signal.aborted || error instanceof Restrained) return { plan: undefined }
      const reason = plainWords(messageOf(error))
      if (count >= ATTEMPTS_MAX || Date.now() > until) {
        const next = `see that the target can be reached (\`reeve target doctor ${at.data.targetName}\`), then \`reeve plan run ${at.id}\``
        return { plan: at, gaveUp: { effect: 'unproven', reason, next } }
      }
      const noted = await noteAttempt(work, at, step, { count, reason })
      if (noted === undefined) return { plan: undefined }
      at = noted
      await sleep(FIRST_DELAY_MS * 2 ** (count - 1), undefined, { signal: work.signal }).catch(() => undefined)
    }
  }
}

async function noteAttempt(
  { layer }: Carrying,
  plan: CurrentPlan,
  { name }: TargetStep,
  { count, reason }: { readonly count: number; readonly reason: string },
): Promise<CurrentPlan | undefined> {
  const words = { type: 'plan.attempt_failed', content: { step: name, attempt: count }, reason }
  return await recordPlan(layer, plan, words, (data) =>
    withStep(data, name, (step) => ({ ...step, attempts: count, met: reason })),
  )
}

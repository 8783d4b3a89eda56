// A plan is carried out, step by step: looked at, announced, done, seen. Whoever goes on after a crash does the same again.
//
// INVARIANT: what a step found (`before`) and that it begins are committed before the target is touched, and the transaction
// that says so is refused while every act is stopped. What was done is found again by doing it once more.
import { setTimeout as sleep } from 'node:timers/promises'
import { messageOf } from '#kernel'
import type { Looked, StepCall, StepVerdict, TargetStep } from '#connectors/target'
import { endPlan } from './end-plan.ts'
import { stepsOf } from './make-plan.ts'
import type { CurrentPlan, CurrentTarget, PlanRecord, StepRecord } from './records.ts'
import { getTarget } from './targets.ts'
import { bounded, plainWords, stepCall } from './step-call.ts'
import type { Carrying } from './step-call.ts'
import { undoNext } from './undo-step.ts'
import { recordBeforeAct, recordPlan, withStep } from './write-plan.ts'

/** Of looking, doing or seeing; each after twice the time. */
const ATTEMPTS_MAX = 5
const FIRST_DELAY_MS = 250
const STEP_MS = 60_000
const LATER_MS = 5000

/** Until nothing is left to do just now. One caller at a time for one plan. */
export async function carryPlan(work: Carrying, plan: CurrentPlan): Promise<CurrentPlan | undefined> {
  const target = await getTarget(work.layer, plan.data.targetId)
  for (let at: CurrentPlan | undefined = plan; at !== undefined; at = await nextOf(work, target, at)) {
    if (work.signal.aborted || at.data.nextAt === undefined) return at
  }
  return undefined
}

/** `undefined`: it is to be left as it is just now. */
async function nextOf(work: Carrying, target: CurrentTarget, plan: CurrentPlan): Promise<CurrentPlan | undefined> {
  const { state, steps } = plan.data
  if (state === 'undoing') return await undoNext(work, target, plan)
  if (state !== 'running') return undefined
  const due = steps.find((step) => step.state === 'waiting' || step.state === 'acting')
  if (due === undefined || steps.some((step) => step.state === 'failed')) return await endPlan(work.layer, target, plan)
  const step = stepsOf(work.layer, target, plan.data.operation).find(({ name }) => name === due.name)
  if (step === undefined) {
    const next = 'make the plan again with this release'
    return await seen(work, plan, due, { effect: 'failed', reason: 'this release has no such step', next })
  }
  const begun = due.state === 'acting' ? plan : await begin(work, target, plan, step)
  if (begun === undefined || begun === 'restrained') return undefined
  const now = begun.data.steps.find(({ name }) => name === due.name)
  if (now?.state !== 'acting') return begun
  return await carryOut(work, target, begun, step, now)
}

/** Looked at, and written down before it is done. */
async function begin(
  work: Carrying,
  target: CurrentTarget,
  plan: CurrentPlan,
  step: TargetStep,
): Promise<CurrentPlan | 'restrained' | undefined> {
  const found = await tried(work, plan, step, async (signal) => await step.look(stepCall(work, target, plan, signal)))
  if (found.plan === undefined) return undefined
  if ('gaveUp' in found) return await seen(work, found.plan, { name: step.name }, found.gaveUp)
  const { blocked, statements, touches, before } = found.value
  if (blocked !== undefined) return await seen(work, found.plan, { name: step.name }, { effect: 'failed', ...blocked })
  const words = { type: 'plan.step_began', content: { step: step.name, statements: [...statements] } }
  return await recordBeforeAct(work.layer, found.plan, words, (data) =>
    withStep(data, step.name, {
      state: 'acting',
      statements,
      touches,
      startedAt: work.layer.clock(),
      // of the first time: what an earlier attempt has changed is not what is put back
      ...(data.steps.find(({ name }) => name === step.name)?.before === undefined && { before }),
    }),
  )
}

async function carryOut(
  work: Carrying,
  target: CurrentTarget,
  plan: CurrentPlan,
  step: TargetStep,
  record: StepRecord,
): Promise<CurrentPlan | undefined> {
  const done = await tried(work, plan, step, async (signal) => {
    const call: StepCall = { ...stepCall(work, target, plan, signal), before: record.before ?? null }
    if (step.asksOnly !== true) await step.act(call)
    return await step.verify(call)
  })
  if (done.plan === undefined) return undefined
  return await seen(work, done.plan, record, 'gaveUp' in done ? done.gaveUp : done.value)
}

async function seen(
  { layer }: Carrying,
  plan: CurrentPlan,
  { name }: Pick<StepRecord, 'name'>,
  given: StepVerdict,
): Promise<CurrentPlan | undefined> {
  const verdict = bounded(given)
  const content = {
    step: name,
    effect: verdict.effect,
    answer: verdict.effect === 'verified' ? verdict.answer : verdict.reason,
  }
  return await recordPlan(layer, plan, { type: 'plan.step_ended', content }, (data) =>
    withStep(data, name, { state: verdict.effect, verdict, endedAt: layer.clock() }),
  )
}

type Tried<T> =
  | { readonly plan: CurrentPlan; readonly value: T }
  | { readonly plan: CurrentPlan; readonly gaveUp: StepVerdict }
  | { readonly plan: undefined }

/** Each attempt that failed is written down with what it met. After the last one the step is `unproven`. */
async function tried<T extends Looked | StepVerdict>(
  work: Carrying,
  plan: CurrentPlan,
  step: TargetStep,
  attempt: (signal: AbortSignal) => Promise<T>,
): Promise<Tried<T>> {
  let at: CurrentPlan = plan
  for (let count = 1; ; count++) {
    try {
      return { plan: at, value: await attempt(AbortSignal.any([work.signal, AbortSignal.timeout(STEP_MS)])) }
    } catch (error) {
      if (work.signal.aborted) return { plan: undefined }
      const reason = plainWords(messageOf(error))
      if (count >= ATTEMPTS_MAX) {
        const next = `see that the target can be reached (\`reeve target doctor ${at.data.targetName}\`), then \`reeve plan run ${at.id}\``
        return { plan: at, gaveUp: { effect: 'unproven', reason, next } }
      }
      const content = { step: step.name, attempt: count }
      const noted = await recordPlan(work.layer, at, { type: 'plan.attempt_failed', content, reason }, (data) =>
        withStep({ ...data, nextAt: later(work.layer.clock()) }, step.name, { attempts: count, met: reason }),
      )
      if (noted === undefined) return { plan: undefined }
      at = noted
      await sleep(FIRST_DELAY_MS * 2 ** (count - 1), undefined, { signal: work.signal }).catch(() => undefined)
    }
  }
}

/** While its runner waits, another one does not take it for left behind: it has the lock. */
const later = (at: string): PlanRecord['nextAt'] & {} =>
  new Date(Date.parse(at) + LATER_MS).toISOString() as PlanRecord['nextAt'] & {}

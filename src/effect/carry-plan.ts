// A plan is carried out, step by step: looked at, announced, done, seen. Whoever goes on after a crash does the same again.
//
// INVARIANT: what a step found (`before`) and that it begins are committed before the target is touched, and the transaction
// that says so is refused while every act is stopped. What was done is found again by doing it once more.
import { setTimeout as sleep } from 'node:timers/promises'
import { messageOf, plainWords } from '#kernel'
import type { Looked, StepCall, StepVerdict, TargetStep } from '#connectors/target'
import { endPlan } from './end-plan.ts'
import { stepsOf } from './make-plan.ts'
import type { CurrentPlan, CurrentTarget, PlanRecord, StepRecord } from './records.ts'
import { getRestraint } from './restraint.ts'
import { getTarget } from './targets.ts'
import { bounded, stepCall } from './step-call.ts'
import type { Carrying } from './step-call.ts'
import { undoNext } from './undo-step.ts'
import { recordBeforeAct, recordPlan, withStep } from './write-plan.ts'

/** Of looking, doing or seeing; each after twice the time. */
const ATTEMPTS_MAX = 5
const FIRST_DELAY_MS = 250
const STEP_MS = 60_000
/** No attempt begins after it. */
const ALL_ATTEMPTS_MS = 90_000
const LATER_MS = 5000

/** Until nothing is left to do just now. One caller at a time for one plan. */
export async function carryPlan(work: Carrying, plan: CurrentPlan): Promise<CurrentPlan | undefined> {
  const now = await getTarget(work.layer, plan.data.targetId)
  // as it was planned and approved, whatever was changed since
  const target = { ...now, data: { ...now.data, settings: plan.data.settings } }
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
  if (steps.some((step) => step.state === 'failed')) return await endPlan(work.layer, target, plan)
  if (due === undefined) return (await seenLater(work, target, plan)) ?? (await endPlan(work.layer, target, plan))
  // nothing that can't be put back is done on what is not proven
  if (due.final === true && steps.slice(0, steps.indexOf(due)).some(isNotSo))
    return await endPlan(work.layer, target, plan)
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

const isNotSo = ({ asksOnly, state }: StepRecord): boolean => asksOnly !== true && state !== 'verified'

/**
 * The outcome is of one instant: what was done is seen once more at the end. Answers the plan with the first step that is not
 * so any more, else nothing. What came before a step that can't be put back can't be so any more.
 */
async function seenLater(work: Carrying, target: CurrentTarget, plan: CurrentPlan): Promise<CurrentPlan | undefined> {
  const from = plan.data.steps.findLastIndex((step) => step.final === true)
  for (const record of plan.data.steps.slice(Math.max(from, 0))) {
    const step = stepsOf(work.layer, target, plan.data.operation).find(({ name }) => name === record.name)
    if (step === undefined || record.asksOnly === true || record.state !== 'verified') continue
    const call = { ...stepCall(work, target, plan, AbortSignal.any([work.signal, AbortSignal.timeout(STEP_MS)])) }
    const verdict = await step
      .verify({ ...call, before: record.before ?? null })
      .catch((error: unknown): StepVerdict => notSeenAgain(plan, error))
    if (work.signal.aborted) return plan
    if (verdict.effect !== 'verified') return await seen(work, plan, record, asUnproven(verdict))
  }
  return undefined
}

const notSeenAgain = ({ id }: CurrentPlan, error: unknown): StepVerdict => ({
  effect: 'unproven',
  reason: `it could not be seen once more at the end: ${messageOf(error)}`,
  next: `\`reeve plan run ${id}\``,
})

/** It was done once: that it is not so any more is for a person to look at, and fails nothing that was done. */
const asUnproven = (verdict: StepVerdict): StepVerdict =>
  verdict.effect === 'failed' ? { effect: 'unproven', reason: verdict.reason, next: verdict.next } : verdict

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
  const { blocked, already, statements, touches, before } = found.value
  if (blocked !== undefined) return await seen(work, found.plan, { name: step.name }, { effect: 'failed', ...blocked })
  const words = { type: 'plan.step_began', content: { step: step.name, statements: [...statements] } }
  return await recordBeforeAct(work.layer, found.plan, words, (data) =>
    withStep(data, step.name, {
      state: 'acting',
      statements,
      touches,
      startedAt: work.layer.clock(),
      // of the first time: what an earlier attempt has changed is not what is put back
      ...(data.steps.find(({ name }) => name === step.name)?.before === undefined && {
        before,
        ...(already && { already: true }),
      }),
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
    if (step.asksOnly !== true && record.seeAgain !== true) {
      // before each attempt: the switch stops what follows, too
      if ((await getRestraint(work.layer)).observeOnly) throw new Restrained()
      await step.act(call)
    }
    return await step.verify(call)
  })
  if (done.plan === undefined) return undefined
  if (record.seeAgain === true && !('gaveUp' in done && done.gaveUp.effect === 'unproven')) {
    if ('value' in done && done.value.effect !== 'verified') return await toBeDoneAgain(work, done.plan, record)
  }
  return await seen(work, done.plan, record, 'gaveUp' in done ? done.gaveUp : done.value)
}

class Restrained extends Error {}

/** It was so once and is not any more: looked at and done again, from what was found at first. */
async function toBeDoneAgain(
  { layer }: Carrying,
  plan: CurrentPlan,
  { name }: StepRecord,
): Promise<CurrentPlan | undefined> {
  const content = { step: name, effect: 'unproven', answer: 'it is not so any more, and is done again' }
  return await recordPlan(layer, plan, { type: 'plan.step_ended', content }, (data) => ({
    ...data,
    steps: data.steps.map((step) => {
      if (step.name !== name) return step
      const { seeAgain: _s, already: _a, ...rest } = step
      return { ...rest, state: 'waiting' }
    }),
  }))
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
    withStep(withoutMark(data, name), name, { state: verdict.effect, verdict, endedAt: layer.clock() }),
  )
}

const withoutMark = (data: PlanRecord, name: string): PlanRecord => ({
  ...data,
  steps: data.steps.map((step) => {
    if (step.name !== name) return step
    const { seeAgain: _s, ...rest } = step
    return rest
  }),
})

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

// A plan is carried out, step by step: looked at, announced, done, seen. Whoever goes on after a crash does the same again.
//
// INVARIANT: what a step found (`before`) and that it begins are committed before the target is touched, and the transaction
// that says so is refused while every act is stopped. What was done is found again by doing it once more.
import type { StepCall, TargetStep } from '#connectors/target'
import { isAccepted } from './accept-ways.ts'
import { attemptStep, Restrained } from './attempt-step.ts'
import { endPlan } from './end-plan.ts'
import { callFor, goOn } from './go-on.ts'
import { stepNamed } from './make-plan.ts'
import { firstActIn } from './records.ts'
import type { CurrentPlan, CurrentTarget, StepRecord } from './records.ts'
import { getRestraint } from './restraint.ts'
import { seeOnceMore } from './see-once-more.ts'
import { stepCall } from './step-call.ts'
import type { Carrying } from './step-call.ts'
import { getTarget } from './targets.ts'
import { undoNext } from './undo-step.ts'
import { recordBeforeAct, recordPlan, recordVerdict, withStep } from './write-plan.ts'

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
  const { layer } = work
  const { state, steps } = plan.data
  if (state === 'undoing') return await undoNext(work, target, plan)
  if (state !== 'running') return undefined
  if (steps.some((step) => step.state === 'failed')) return await endPlan(layer, target, plan)
  const due = steps.find((step) => step.state === 'waiting' || step.state === 'acting')
  if (due === undefined) {
    const seen = await seeOnceMore(work, target, plan)
    return seen.isSo && seen.plan !== undefined ? await endPlan(layer, target, seen.plan) : seen.plan
  }
  if (due.final === true && isHindered(plan, due)) return await endPlan(layer, target, plan)
  const step = stepNamed(layer, target, plan, due)
  if (step === undefined) {
    const next = 'make the plan again with this release'
    return await recordVerdict(layer, plan, due.name, {
      effect: 'failed',
      reason: 'this release has no such step',
      next,
    })
  }
  const begun = due.state === 'acting' ? plan : await begin(work, target, plan, step)
  const now = begun?.data.steps.find(({ name }) => name === due.name)
  return begun === undefined || now?.state !== 'acting' ? begun : await carryOut(work, target, begun, step, now)
}

/** Nothing that can't be put back is done on what is not proven. What was asked before anything was done decides nothing. */
function isHindered({ data }: CurrentPlan, due: StepRecord): boolean {
  const { steps } = data
  return steps
    .slice(firstActIn(steps), steps.indexOf(due))
    .some((step) => step.state !== 'verified' && !(step.asksOnly === true && isAccepted(data, step)))
}

/** Looked at, and written down before it is done. */
async function begin(
  work: Carrying,
  target: CurrentTarget,
  plan: CurrentPlan,
  step: TargetStep,
): Promise<CurrentPlan | undefined> {
  const found = await attemptStep(work, plan, step, async (signal) => step.look(stepCall(work, target, plan, signal)))
  if (found.plan === undefined) return undefined
  if ('gaveUp' in found) return await recordVerdict(work.layer, found.plan, step.name, found.gaveUp)
  const { blocked, already, statements, touches, before } = found.value
  if (blocked !== undefined)
    return await recordVerdict(work.layer, found.plan, step.name, { effect: 'failed', ...blocked })
  const words = { type: 'plan.step_began', content: { step: step.name, statements: [...statements] } }
  return await recordBeforeAct(work.layer, found.plan, words, (data) =>
    withStep(data, step.name, (record) => ({
      ...record,
      state: 'acting',
      statements,
      touches,
      startedAt: work.layer.clock(),
      // of the first time: what an earlier attempt has changed is not what is put back
      ...(record.before === undefined && { before, ...(already && { already: true }) }),
    })),
  )
}

async function carryOut(
  work: Carrying,
  target: CurrentTarget,
  plan: CurrentPlan,
  step: TargetStep,
  record: StepRecord,
): Promise<CurrentPlan | undefined> {
  if (step.goOn !== undefined && (await goOn(work, target, plan, step, record)) !== 'over') return undefined
  const done = await attemptStep(work, plan, step, async (signal) => {
    const call: StepCall = callFor(work, target, plan, record, signal)
    if (step.asksOnly !== true && record.seeAgain !== true) {
      // before each attempt: the switch stops what follows, too
      if ((await getRestraint(work.layer)).observeOnly) throw new Restrained()
      await step.act(call)
    }
    return await step.verify(call)
  })
  if (done.plan === undefined) return undefined
  if ('gaveUp' in done) return await recordVerdict(work.layer, done.plan, record.name, done.gaveUp)
  return record.seeAgain === true && done.value.effect !== 'verified'
    ? await toBeDoneAgain(work, done.plan, record)
    : await recordVerdict(work.layer, done.plan, record.name, done.value)
}

/** It was so once and is not any more: looked at and done again, from what was found at first. */
async function toBeDoneAgain(
  { layer }: Carrying,
  plan: CurrentPlan,
  { name }: StepRecord,
): Promise<CurrentPlan | undefined> {
  const content = { step: name, effect: 'unproven', answer: 'it is not so any more, and is done again' }
  return await recordPlan(layer, plan, { type: 'plan.step_ended', content }, (data) =>
    withStep(data, name, ({ seeAgain: _seeAgain, already: _already, ...step }) => ({ ...step, state: 'waiting' })),
  )
}

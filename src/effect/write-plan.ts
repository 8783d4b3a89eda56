// One version more of a plan, with its entry, in one transaction; or nothing, where somebody else has moved it meanwhile.
import { Fault, REEVE } from '#kernel'
import type { Act } from '#kernel'
import type { Tx } from '#db'
import { readCurrent } from '#db/history'
import { changeWithEntries } from '#evidence/port'
import type { EntryWords } from '#evidence/port'
import type { StepVerdict } from '#connectors/target'
import type { EffectLayer } from './layer.ts'
import { PLAN } from './records.ts'
import type { CurrentPlan, PlanRecord, StepRecord } from './records.ts'
import { readRestraint } from './restraint.ts'
import { bounded } from './step-call.ts'

/** Under lock. Throws Fault('not_found'). */
export async function lockPlan(tx: Tx, id: string): Promise<CurrentPlan> {
  const current = (await readCurrent<PlanRecord>(tx, PLAN, [id], { lock: true })).get(id)
  if (current === undefined)
    throw new Fault('not_found', 'there is no such plan: `reeve plan list` shows those there are')
  return current
}

export async function movePlan(
  tx: Tx,
  act: Act,
  current: CurrentPlan,
  words: EntryWords,
  patch: (data: PlanRecord) => PlanRecord,
): Promise<CurrentPlan> {
  const about = [current.data.targetId, ...current.data.about]
  const [made = current] = await changeWithEntries<PlanRecord>(tx, PLAN, act, [
    { current, patch, words: { about, ...words } },
  ])
  return made
}

/** Plans end and wait: then nothing is to be looked at by itself. */
export function without(data: PlanRecord): PlanRecord {
  const { nextAt: _nextAt, ...rest } = data
  return rest
}

type Moving = (tx: Tx, act: Act, current: CurrentPlan) => Promise<CurrentPlan | undefined>

/** By the runner. `undefined`: somebody else has moved it, and what it is now counts. */
export async function underLock(
  { db, clock }: EffectLayer,
  seen: CurrentPlan,
  work: Moving,
): Promise<CurrentPlan | undefined> {
  const act = { actor: { id: REEVE }, at: clock(), follows: [seen.id] }
  return await db.transaction(async (tx) => {
    const current = await lockPlan(tx, seen.id)
    return current.version === seen.version ? await work(tx, act, current) : undefined
  })
}

type Patch = (data: PlanRecord) => PlanRecord

export const recordPlan = async (
  layer: EffectLayer,
  seen: CurrentPlan,
  words: EntryWords,
  patch: Patch,
): Promise<CurrentPlan | undefined> =>
  await underLock(layer, seen, async (tx, act, current) => await movePlan(tx, act, current, words, patch))

/** Not where every act is stopped: looked at in the transaction in which the act is announced. */
export const recordBeforeAct = async (
  layer: EffectLayer,
  seen: CurrentPlan,
  words: EntryWords,
  patch: Patch,
): Promise<CurrentPlan | undefined> =>
  await underLock(layer, seen, async (tx, act, current) =>
    (await readRestraint(tx)).observeOnly ? undefined : await movePlan(tx, act, current, words, patch),
  )

/** What a step came to. It is not seen again after that, unless somebody wants it. */
export async function recordVerdict(
  layer: EffectLayer,
  plan: CurrentPlan,
  name: string,
  given: StepVerdict,
): Promise<CurrentPlan | undefined> {
  const verdict = bounded(given)
  const answer = verdict.effect === 'verified' ? verdict.answer : verdict.reason
  const words = { type: 'plan.step_ended', content: { step: name, effect: verdict.effect, answer } }
  return await recordPlan(layer, plan, words, (data) =>
    withStep(data, name, ({ seeAgain: _seeAgain, ...step }) => ({
      ...step,
      state: verdict.effect,
      verdict,
      endedAt: layer.clock(),
    })),
  )
}

export const withStep = (data: PlanRecord, name: string, change: (step: StepRecord) => StepRecord): PlanRecord => ({
  ...data,
  steps: data.steps.map((step) => (step.name === name ? change(step) : step)),
})

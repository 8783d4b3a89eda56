// One version more of a plan, with its entry, in one transaction; or nothing, where somebody else has moved it meanwhile.
import { Fault, REEVE } from '#kernel'
import type { Act } from '#kernel'
import type { Tx } from '#db'
import { readCurrent } from '#db/history'
import { changeWithEntries } from '#evidence/port'
import type { EntryWords } from '#evidence/port'
import type { EffectLayer } from './layer.ts'
import { PLAN } from './records.ts'
import type { CurrentPlan, PlanRecord, StepRecord } from './records.ts'
import { readRestraint } from './restraint.ts'

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
  patch: Partial<PlanRecord> | ((data: PlanRecord) => PlanRecord),
): Promise<CurrentPlan> {
  const about = [current.data.targetId, ...current.data.about]
  const next = typeof patch === 'function' ? patch : (data: PlanRecord): PlanRecord => ({ ...data, ...patch })
  const [made = current] = await changeWithEntries<PlanRecord>(tx, PLAN, act, [
    { current, patch: next, words: { about, ...words } },
  ])
  return made
}

/** Plans end and wait: then nothing is to be looked at by itself. */
export function without(data: PlanRecord): PlanRecord {
  const { nextAt: _nextAt, ...rest } = data
  return rest
}

/** By the runner. `undefined`: it was moved by somebody else, and what it is now counts. */
export async function recordPlan(
  { db, clock }: EffectLayer,
  seen: CurrentPlan,
  words: EntryWords,
  patch: (data: PlanRecord) => PlanRecord,
): Promise<CurrentPlan | undefined> {
  const act = { actor: { id: REEVE }, at: clock(), follows: [seen.id] }
  return await db.transaction(async (tx) => {
    const current = await lockPlan(tx, seen.id)
    return current.version === seen.version ? await movePlan(tx, act, current, words, patch) : undefined
  })
}

/** The same, but not where every act is stopped: looked at in the transaction in which the act is announced. */
export async function recordBeforeAct(
  { db, clock }: EffectLayer,
  seen: CurrentPlan,
  words: EntryWords,
  patch: (data: PlanRecord) => PlanRecord,
): Promise<CurrentPlan | 'restrained' | undefined> {
  const act = { actor: { id: REEVE }, at: clock(), follows: [seen.id] }
  return await db.transaction(async (tx) => {
    if ((await readRestraint(tx)).observeOnly) return 'restrained'
    const current = await lockPlan(tx, seen.id)
    return current.version === seen.version ? await movePlan(tx, act, current, words, patch) : undefined
  })
}

export const withStep = (data: PlanRecord, name: string, patch: Partial<StepRecord>): PlanRecord => ({
  ...data,
  steps: data.steps.map((step) => (step.name === name ? { ...step, ...patch } : step)),
})

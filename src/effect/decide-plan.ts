// What persons say of a plan: approve, pause, go on, cancel, undo, run again with the credential.
import { Fault } from '#kernel'
import type { Act } from '#kernel'
import { refusedBy } from '#db'
import type { Tx } from '#db'
import { readCurrent } from '#db/history'
import type { EntryWords } from '#evidence/port'
import { alone, operate } from './layer.ts'
import type { EffectLayer } from './layer.ts'
import { firstActIn, TARGET, toUndo } from './records.ts'
import type { CurrentPlan, PlanRecord, StepRecord, TargetRecord } from './records.ts'
import { lockPlan, movePlan, without } from './write-plan.ts'

interface OfPlan {
  readonly id: string
}

/** By another natural person than those behind who planned it; PostgreSQL checks that once more. It runs from then on. */
export async function approvePlan(
  layer: EffectLayer,
  act: Act,
  { id, behind }: OfPlan & { readonly behind: readonly string[] },
): Promise<CurrentPlan> {
  const own = { code: 'forbidden', detail: 'who planned it does not approve it: another person has to' } as const
  return await refusedBy(
    'plan_approver',
    own,
    async () =>
      await decided(layer, act, id, ['proposed'], 'plan.approved', (data) => ({
        ...data,
        state: 'running',
        approval: { needed: true, by: act.actor.id, behind, at: act.at },
        nextAt: act.at,
      })),
  )
}

/** After the step that is under way. What was done stays. */
export const pausePlan = async (layer: EffectLayer, act: Act, { id }: OfPlan): Promise<CurrentPlan> =>
  await decided(layer, act, id, ['running'], 'plan.paused', (data) => ({ ...without(data), state: 'paused' }))

/** Only before anything was done; from then on it is undone instead. */
export async function cancelPlan(layer: EffectLayer, act: Act, { id }: OfPlan): Promise<CurrentPlan> {
  const cancelled = await decided(layer, act, id, ['proposed', 'running', 'paused'], 'plan.cancelled', (data) => {
    if (data.steps.some(toUndo))
      throw new Fault('conflict', `something was done already: \`reeve plan undo ${id}\` puts it back`)
    return { ...without(data), state: 'cancelled' }
  })
  layer.offered.forget(id)
  return cancelled
}

/** Puts back what was done, as far as no step is past the point of no return. */
export const undoPlan = async (layer: EffectLayer, act: Act, { id }: OfPlan): Promise<CurrentPlan> =>
  await decided(
    layer,
    act,
    id,
    ['running', 'paused', 'verified', 'unproven'],
    'plan.undoing',
    (data) => {
      const final = data.steps.find((step) => step.final === true && toUndo(step))
      if (final !== undefined) {
        const restore = `\`reeve plan make restore --target ${data.targetName} --account ${data.account}\``
        const detail = `\`${final.name}\` was done, and can't be put back; where the account is still there, ${restore} gives the login back`
        throw new Fault('conflict', detail)
      }
      return { ...data, state: 'undoing', undoing: 'wanted', nextAt: act.at }
    },
    () => ({ because: 'wanted' }),
  )

export interface PlanToRun extends OfPlan {
  readonly credential?: { readonly secret: string; readonly database?: string }
}

/**
 * Goes on, or sees again what was done and does again what is not so any more; with the credential, where it is offered now.
 * Throws Fault('unprocessable') for another credential than the one that the plan began with.
 */
export async function runPlan(layer: EffectLayer, act: Act, { id, credential }: PlanToRun): Promise<CurrentPlan> {
  const resumed = (data: PlanRecord): PlanRecord => {
    // some of it is put back already: as if that had been done it would be said to be verified
    if (data.state === 'paused' && data.undoing !== undefined)
      throw new Fault('conflict', `it was being put back: \`reeve plan undo ${id}\` goes on with that`)
    const marks = credential === undefined ? [] : layer.marksOf(credential.secret)
    const known = data.credentialMark
    if (known !== undefined && credential !== undefined && !marks.includes(known))
      throw new Fault('unprocessable', 'this is another credential than the plan began with: make a new plan for it')
    // before the commit, so that whoever goes on with the plan finds it; a refusal has thrown by now
    if (credential !== undefined) layer.offered.keep(id, credential.secret, credential.database)
    const mark = known ?? marks[0]
    return {
      ...data,
      state: 'running',
      offered: data.offered || credential !== undefined,
      ...(credential !== undefined && { offeredAt: act.at }),
      ...(mark !== undefined && { credentialMark: mark }),
      steps: data.state === 'paused' ? data.steps : again(data.steps),
      nextAt: act.at,
    }
  }
  return await decided(layer, act, id, ['paused', 'unproven', 'verified'], 'plan.resumed', resumed)
}

/** What was asked before anything was done is not asked again: it would be asked of what was changed since. */
export function again(steps: readonly StepRecord[]): StepRecord[] {
  const from = firstActIn(steps)
  const final = steps.findLastIndex((step) => step.final === true && step.state === 'verified')
  const isOver = final !== -1 && final === steps.findLastIndex((step) => step.final === true)
  return steps.map((step, at) => {
    // what came before the last step that can't be put back can't be so any more; before that it is, or the target has lost it
    if (at < from || (at < final && (isOver || step.asksOnly === true))) return step
    const { verdict: _v, endedAt: _e, attempts: _a, met: _m, ...rest } = step
    const done = step.asksOnly !== true && step.state === 'verified'
    return done ? { ...rest, state: 'acting', seeAgain: true } : { ...rest, state: 'waiting' }
  })
}

/** Removed targets are acted on no more, but what was done there can still be put back. */
async function assertThere(tx: Tx, { data }: CurrentPlan, type: string): Promise<void> {
  if (!['plan.approved', 'plan.resumed', 'plan.ways_accepted'].includes(type)) return
  const target = (await readCurrent<TargetRecord>(tx, TARGET, [data.targetId])).get(data.targetId)
  if (target?.data.state !== 'enabled')
    throw new Fault('conflict', 'the target was removed: nothing is done there any more')
}

export async function decided(
  layer: EffectLayer,
  act: Act,
  id: string,
  from: readonly PlanRecord['state'][],
  type: string,
  patch: (data: PlanRecord) => PlanRecord,
  content?: (data: PlanRecord) => NonNullable<EntryWords['content']>,
): Promise<CurrentPlan> {
  return await alone(async () =>
    operate(layer, act, async (tx) => {
      const current = await lockPlan(tx, id)
      if (!from.includes(current.data.state))
        throw new Fault('conflict', `the plan is ${current.data.state.replace('_', ' ')}`)
      await assertThere(tx, current, type)
      const words = { type, ...(content !== undefined && { content: content(current.data) }) }
      return await movePlan(tx, act, current, words, patch)
    }),
  )
}

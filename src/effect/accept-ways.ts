// What a plan asked and did not prove stops what can't be put back, until another person accepts exactly that.
import { createHash } from 'node:crypto'
import { canonicalJson, Fault } from '#kernel'
import type { Act, Json } from '#kernel'
import { refusedBy } from '#db'
import { again, decided } from './decide-plan.ts'
import type { EffectLayer } from './layer.ts'
import { firstActIn } from './records.ts'
import type { AcceptedWays, CurrentPlan, PlanRecord, StepRecord } from './records.ts'

/** The answers, short of proof, to what was asked before the next step that can't be put back. */
function answersOpen(steps: readonly StepRecord[]): { step: string; reason: string; facts: Json | null }[] {
  const final = steps.findIndex((step) => step.final === true && step.state !== 'verified')
  return steps
    .slice(firstActIn(steps), Math.max(final, 0))
    .flatMap(({ name, asksOnly, verdict }) =>
      asksOnly === true && verdict?.effect === 'unproven'
        ? [{ step: name, reason: verdict.reason, facts: verdict.facts ?? null }]
        : [],
    )
}

const hashOf = (steps: readonly StepRecord[]): string =>
  createHash('sha256')
    .update(canonicalJson(answersOpen(steps)))
    .digest('hex')

/** Whether what is open now is what was accepted: another answer stops again. */
export const isAccepted = ({ steps, acceptedWays }: PlanRecord): boolean => acceptedWays?.hash === hashOf(steps)

export interface WaysToAccept {
  readonly id: string
  readonly behind: readonly string[]
  /** The one that was read: it is the newest of the plan. */
  readonly receiptId: string
}

/** By another natural person than those behind who planned it; PostgreSQL checks that once more. */
export async function acceptWays(
  layer: EffectLayer,
  act: Act,
  { id, behind, receiptId }: WaysToAccept,
): Promise<CurrentPlan> {
  const own = {
    code: 'forbidden',
    detail: 'who planned it does not accept what it saw: another person has to',
  } as const
  const accepted = (data: PlanRecord): AcceptedWays => {
    if (data.receiptId !== receiptId)
      throw new Fault('conflict', `that is not the plan's newest receipt: read it (\`reeve plan show ${id}\`) first`)
    const open = answersOpen(data.steps)
    if (open.length === 0) throw new Fault('conflict', 'no other way stops this plan: there is nothing to accept')
    // what could not be asked, or not whole, was shown to nobody
    const unasked = open.find(({ facts }) => facts === null)
    if (unasked !== undefined)
      throw new Fault('conflict', `\`${unasked.step}\` was not answered whole: \`reeve plan run ${id}\` asks again`)
    const ways = open.map(({ step, reason }) => ({ step, reason }))
    const { at, reason: because = '' } = act
    return { by: act.actor.id, behind, at, because, receiptId, hash: hashOf(data.steps), ways }
  }
  return await refusedBy(
    'plan_accepter',
    own,
    async () =>
      await decided(
        layer,
        act,
        id,
        ['unproven'],
        'plan.ways_accepted',
        (data) => ({
          ...data,
          acceptedWays: accepted(data),
          state: 'running',
          steps: again(data.steps),
          nextAt: act.at,
        }),
        (data) => {
          const { hash, ways } = accepted(data)
          return { receipt: receiptId, hash, ways: ways.map(({ step, reason }) => `${step}: ${reason}`) }
        },
      ),
  )
}

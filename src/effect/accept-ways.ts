// What a plan asked and did not prove stops what can't be put back, until another person accepts exactly that.
import { createHash } from 'node:crypto'
import { canonicalJson, Fault } from '#kernel'
import type { Act } from '#kernel'
import { refusedBy } from '#db'
import { again, decided } from './decide-plan.ts'
import type { EffectLayer } from './layer.ts'
import { firstActIn } from './records.ts'
import type { AcceptedWays, CurrentPlan, PlanRecord, StepRecord } from './records.ts'

/** How many of a kind are said. */
const WAYS_SAID = 5

interface Open {
  readonly step: string
  readonly reason: string
  /** Absent: it was not answered whole. */
  readonly open?: readonly string[]
}

/** The answers, short of proof, to what was asked before the next step that can't be put back. */
function answersOpen(steps: readonly StepRecord[]): Open[] {
  const final = steps.findIndex((step) => step.final === true && step.state !== 'verified')
  return steps
    .slice(firstActIn(steps), Math.max(final, 0))
    .flatMap(({ name, asksOnly, verdict }) =>
      asksOnly === true && verdict?.effect === 'unproven'
        ? [{ step: name, reason: verdict.reason, ...(verdict.open !== undefined && { open: verdict.open }) }]
        : [],
    )
}

const asOne = (lines: readonly string[] = []): string => canonicalJson(lines.toSorted())

const hashOf = (ways: readonly Open[]): string =>
  createHash('sha256')
    .update(canonicalJson(ways.map(({ step, open = [] }) => ({ step, open: open.toSorted() }))))
    .digest('hex')

/** Whether what this step found open is what was accepted: another answer stops again. What it saw beside that is nothing to accept. */
export const isAccepted = (
  { acceptedWays }: Pick<PlanRecord, 'acceptedWays'>,
  { name, verdict }: StepRecord,
): boolean =>
  verdict?.effect === 'unproven' &&
  verdict.open !== undefined &&
  acceptedWays?.ways.some(({ step, open }) => step === name && asOne(open) === asOne(verdict.open)) === true

/** Why what was accepted lets it go no further, in words; nothing where nobody accepted anything, or it still holds. */
export function changedSinceAccepted({ acceptedWays, steps }: PlanRecord): string | undefined {
  const now = answersOpen(steps)
  if (acceptedWays === undefined || now.length === 0) return undefined
  const waysNow = now.flatMap(({ open, reason }) => open ?? [reason])
  const accepted = acceptedWays.ways.flatMap(({ open = [] }) => open)
  const [more, gone] = [
    waysNow.filter((way) => !accepted.includes(way)),
    accepted.filter((way) => !waysNow.includes(way)),
  ]
  if (more.length === 0 && gone.length === 0) return undefined
  const said = [...(more.length > 0 ? [`new: ${some(more)}`] : []), ...(gone.length > 0 ? [`gone: ${some(gone)}`] : [])]
  return `what ${acceptedWays.by} accepted does not hold any more (${said.join('; ')})`
}

const some = (ways: readonly string[]): string =>
  ways.length <= WAYS_SAID
    ? ways.join(', ')
    : `${ways.slice(0, WAYS_SAID).join(', ')} and ${ways.length - WAYS_SAID} more`

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
    const unasked = open.find((one) => one.open === undefined)
    if (unasked !== undefined)
      throw new Fault('conflict', `\`${unasked.step}\` was not answered whole: \`reeve plan run ${id}\` asks again`)
    const { at, reason: because = '' } = act
    return { by: act.actor.id, behind, at, because, receiptId, hash: hashOf(open), ways: open }
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

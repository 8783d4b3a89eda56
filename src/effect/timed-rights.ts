// Rights for a time at targets, for whoever keeps the grants: each target with its name and what its system can do of it.
import { Fault } from '#kernel'
import { sql } from '#db'
import { CURRENT, readCurrent } from '#db/history'
import type { TimedDone, TimedLogin, TimedRight, TimedSeen } from '#connectors/target'
import { askTarget } from './ask-target.ts'
import { callOf } from './layer.ts'
import type { EffectLayer } from './layer.ts'
import { TARGET } from './records.ts'
import type { CurrentTarget, TargetRecord } from './records.ts'
import { readRestraint } from './restraint.ts'
import { afterMoves } from './target-lock.ts'

const TARGETS_MAX = 1000
const LOGIN_MS = 20_000

export interface TimedTarget {
  readonly target: CurrentTarget
  /** Never a target that was removed: nothing begins there any more, and what is there already is still ended. */
  readonly reaches: (right: Pick<TimedRight, 'actions' | 'resources'>) => boolean
  readonly give: (right: TimedRight, signal: AbortSignal) => Promise<TimedDone>
  readonly take: (right: TimedRight, signal: AbortSignal) => Promise<TimedDone>
  readonly see: (right: TimedRight, signal: AbortSignal) => Promise<TimedSeen>
  /** Throws Fault('unprocessable') with what the target answered. */
  readonly login: (right: TimedRight) => Promise<TimedLogin | 'lost'>
}

/** Every target whose system has rights for a time, those that were removed too. */
export async function timedTargets(layer: EffectLayer): Promise<TimedTarget[]> {
  const targets = await layer.db.transaction(
    async (tx) =>
      await tx.query<CurrentTarget>(sql`select ${CURRENT} from effect.target order by id limit ${TARGETS_MAX}`),
    { readOnly: true },
  )
  return targets.flatMap((target) => timedTarget(layer, target) ?? [])
}

function timedTarget(layer: EffectLayer, found: CurrentTarget): TimedTarget | undefined {
  const timed = layer.adapters.find(({ system }) => system === found.data.settings.system)?.timed
  if (timed === undefined) return undefined
  const { settings, state } = found.data
  const call = ({ data }: CurrentTarget, signal: AbortSignal): Parameters<typeof timed.give>[0] =>
    callOf(layer, data, signal)
  return {
    target: found,
    reaches: (right) => state !== 'removed' && timed.reaches(settings, right),
    give: async (right, signal) => {
      const { stopped, target } = await present(layer, found.id, 'a right begins')
      if (stopped) return STOPPED
      return target.data.state === 'removed' ? REMOVED : await timed.give(call(target, signal), right)
    },
    take: async (right, signal) => {
      const { stopped, target } = await present(layer, found.id)
      return stopped ? STOPPED : await timed.take(call(target, signal), right)
    },
    see: async (right, signal) => await timed.see(call((await present(layer, found.id)).target, signal), right),
    login: async (right) => {
      const { stopped, target } = await present(layer, found.id)
      if (stopped) throw new Fault('unprocessable', STOPPED.reason)
      return await askTarget(target, async () => await timed.login(call(target, AbortSignal.timeout(LOGIN_MS)), right))
    },
  }
}

/** As it is now, and not when the list was made: what began at a target that was moved since ends where it began. */
async function present(
  { db }: EffectLayer,
  id: string,
  begins?: 'a right begins',
): Promise<{ readonly target: CurrentTarget; readonly stopped: boolean }> {
  return await db.transaction(async (tx) => {
    if (begins !== undefined) await afterMoves(tx, id)
    const { observeOnly } = await readRestraint(tx)
    const target = (await readCurrent<TargetRecord>(tx, TARGET, [id])).get(id)
    if (target === undefined) throw new Error('a target is never deleted')
    return { target, stopped: observeOnly }
  })
}

const STOPPED = {
  done: false,
  reason: 'every act is stopped (`reeve plan observe-only`): it is done when that is lifted',
} as const
const REMOVED = { done: false, reason: 'the target was removed: nothing begins there any more', lasting: true } as const

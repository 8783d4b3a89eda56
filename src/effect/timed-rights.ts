// Rights for a time at targets, for whoever keeps the grants: each target with its name and what its system can do of it.
import { Fault } from '#kernel'
import { sql } from '#db'
import { CURRENT } from '#db/history'
import type { TimedDone, TimedLogin, TimedRight, TimedSeen } from '#connectors/target'
import { askTarget } from './ask-target.ts'
import { callOf } from './layer.ts'
import type { EffectLayer } from './layer.ts'
import type { CurrentTarget } from './records.ts'
import { getRestraint } from './restraint.ts'

const TARGETS_MAX = 1000
const LOGIN_MS = 20_000

export interface TimedTarget {
  readonly target: CurrentTarget
  /** Never a target that was removed: what is there already is still ended. */
  readonly reaches: (right: Pick<TimedRight, 'actions' | 'resources'>) => boolean
  readonly give: (right: TimedRight, signal: AbortSignal) => Promise<TimedDone>
  readonly take: (right: TimedRight, signal: AbortSignal) => Promise<TimedDone>
  readonly see: (right: TimedRight, signal: AbortSignal) => Promise<TimedSeen>
  /** Throws Fault('unprocessable') with what the target answered. */
  readonly login: (right: TimedRight) => Promise<TimedLogin>
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

function timedTarget(layer: EffectLayer, target: CurrentTarget): TimedTarget | undefined {
  const timed = layer.adapters.find(({ system }) => system === target.data.settings.system)?.timed
  if (timed === undefined) return undefined
  const { settings, state } = target.data
  const call = (signal: AbortSignal): Parameters<typeof timed.give>[0] => callOf(layer, target.data, signal)
  const unlessStopped = async (work: () => Promise<TimedDone>): Promise<TimedDone> =>
    (await getRestraint(layer)).observeOnly ? STOPPED : await work()
  return {
    target,
    reaches: (right) => state !== 'removed' && timed.reaches(settings, right),
    give: async (right, signal) => await unlessStopped(async () => await timed.give(call(signal), right)),
    take: async (right, signal) => await unlessStopped(async () => await timed.take(call(signal), right)),
    see: async (right, signal) => await timed.see(call(signal), right),
    login: async (right) => {
      if ((await getRestraint(layer)).observeOnly) throw new Fault('unprocessable', STOPPED.reason)
      return await askTarget(target, async () => await timed.login(call(AbortSignal.timeout(LOGIN_MS)), right))
    },
  }
}

const STOPPED = {
  done: false,
  reason: 'every act is stopped (`reeve plan observe-only`): it is done when that is lifted',
} as const

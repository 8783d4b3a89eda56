// What a restore forgot: rights for a time that are still at a target, are over by their own word, and that no grant here names
// any more. Ended at each target once it is known and acts are allowed, with an entry of what was found.
import { messageOf, newId, REEVE } from '#kernel'
import { appendEntry } from '#evidence/port'
import type { TimedReaped } from '#connectors/target'
import { callOf } from './layer.ts'
import type { EffectLayer } from './layer.ts'
import type { CurrentTarget } from './records.ts'
import { getRestraint } from './restraint.ts'
import { everyTarget } from './standing.ts'

const REAP_MS = 30_000

export interface NotReaped {
  readonly target: string
  readonly reason: string
}

/** Answers what could not be ended; `stopped` where no act is allowed. One target that can't be asked keeps no other waiting for good. */
export async function reapTargets(layer: EffectLayer, signal: AbortSignal): Promise<readonly NotReaped[] | 'stopped'> {
  const not: NotReaped[] = []
  for await (const target of everyTarget(layer.db)) {
    signal.throwIfAborted()
    if ((await getRestraint(layer)).observeOnly) return 'stopped'
    try {
      const { left } = await reap(layer, target, AbortSignal.any([signal, AbortSignal.timeout(REAP_MS)]))
      for (const { name, reason } of left) not.push({ target: target.data.settings.name, reason: `${name}: ${reason}` })
    } catch (error) {
      signal.throwIfAborted()
      not.push({ target: target.data.settings.name, reason: messageOf(error) })
    }
  }
  return not
}

async function reap(layer: EffectLayer, target: CurrentTarget, signal: AbortSignal): Promise<TimedReaped> {
  const timed = layer.adapters.find(({ system }) => system === target.data.settings.system)?.timed
  if (timed === undefined) return { gone: [], left: [] }
  const reaped = await timed.reap(callOf(layer, target.data, signal))
  const { gone, left } = reaped
  if (gone.length === 0) return reaped
  await layer.db.transaction(async (tx) => {
    await appendEntry(tx, {
      id: newId('entry'),
      layer: 'effect',
      type: 'target.reaped',
      at: layer.clock(),
      actor: REEVE,
      subjects: [target.id],
      content: {
        gone: gone.slice(0, NAMES_MAX),
        left: left.slice(0, NAMES_MAX).map(({ name }) => name),
        count: gone.length,
      },
    })
  })
  return reaped
}

const NAMES_MAX = 100

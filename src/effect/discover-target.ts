// What is at a target, as facts: for whoever keeps the roll.
import { Fault } from '#kernel'
import type { Observation } from '#kernel'
import { adapterOf, callOf } from './layer.ts'
import type { EffectLayer } from './layer.ts'
import { getTarget } from './targets.ts'

/** Faults: not_found, unprocessable. */
export async function assertDiscoverable(layer: EffectLayer, name: string): Promise<void> {
  const { data } = await getTarget(layer, name)
  if (adapterOf(layer, data).discover === undefined)
    throw new Fault('unprocessable', `this release does not read who is at a \`${data.settings.system}\``)
}

/** Throws Fault('unreadable_input') where it cannot be asked at all. */
export async function* discoverTarget(
  layer: EffectLayer,
  name: string,
  signal: AbortSignal,
): AsyncGenerator<Observation> {
  await assertDiscoverable(layer, name)
  const { data } = await getTarget(layer, name)
  try {
    yield* adapterOf(layer, data).discover?.(callOf(layer, data, signal)) ?? []
  } catch (error) {
    signal.throwIfAborted()
    // an adapter's own words: it says what is wrong at the target, and holds no secret
    const why = error instanceof Error ? error.message : 'it did not answer'
    throw new Fault('unreadable_input', `the target \`${data.settings.name}\`: ${why}`, { cause: error })
  }
}

// The switch that stops every act at once, for the day on which Reeve itself misbehaves. Nothing is undone by it.
import { deriveId } from '#kernel'
import type { Act } from '#kernel'
import type { Tx } from '#db'
import { readCurrent } from '#db/history'
import { changeWithEntries, createWithEntries } from '#evidence/port'
import { operate } from './layer.ts'
import type { EffectLayer } from './layer.ts'
import { RESTRAINT } from './records.ts'

export interface Restraint {
  readonly observeOnly: boolean
}

const ONE = deriveId('restraint', 'observe-only')

export async function readRestraint(tx: Tx): Promise<Restraint> {
  return (await readCurrent<Restraint>(tx, RESTRAINT, [ONE])).get(ONE)?.data ?? { observeOnly: false }
}

export const getRestraint = async ({ db }: EffectLayer): Promise<Restraint> =>
  await db.transaction(async (tx) => await readRestraint(tx), { readOnly: true })

/** From then on no step of any plan acts, on any server; what is under way ends its step. */
export async function setRestraint(layer: EffectLayer, act: Act, { observeOnly }: Restraint): Promise<Restraint> {
  return await operate(layer, act, async (tx) => await restrain(tx, act, { observeOnly }))
}

export async function restrain(tx: Tx, act: Act, { observeOnly }: Restraint): Promise<Restraint> {
  const current = (await readCurrent<Restraint>(tx, RESTRAINT, [ONE], { lock: true })).get(ONE)
  if ((current?.data.observeOnly ?? false) === observeOnly) return { observeOnly }
  const words = { type: observeOnly ? 'restraint.set' : 'restraint.lifted' }
  if (current === undefined)
    await createWithEntries<Restraint>(tx, RESTRAINT, act, [{ id: ONE, data: { observeOnly }, words }])
  else await changeWithEntries<Restraint>(tx, RESTRAINT, act, [{ current, patch: () => ({ observeOnly }), words }])
  return { observeOnly }
}

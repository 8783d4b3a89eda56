// Grants that are unproven are named to the layer that tells persons: no transaction writes two layers, so it is said again until
// it is known there.
import { unprovenGrants } from '#access/decisions'
import type { Administration } from '#access/records'
import { tellOfGrants } from '#effect'
import type { EffectLayer } from '#effect'

const BATCH = 200

export async function tellUnproven(access: Administration, effect: EffectLayer): Promise<void> {
  for (let after = ''; ;) {
    const grants = await unprovenGrants(access, { after, limit: BATCH })
    await tellOfGrants(
      effect,
      grants.map(({ id, data: { actions, resources, fulfilment } }) => ({
        id,
        right: `${actions.join(', ')} on ${resources.join(', ')}`,
        reason: fulfilment?.reason ?? 'it could not be asked',
      })),
    )
    const last = grants.at(-1)
    if (last === undefined || grants.length < BATCH) return
    after = last.id
  }
}

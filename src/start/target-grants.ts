// Grants are carried to the targets that there are: the list follows what is added, before each right and each pass over grants.
import type { GrantFulfiller } from '#access/decisions'
import { timedTargets } from '#effect'
import type { CurrentTarget, EffectLayer, TimedTarget } from '#effect'

/** As grants name it, for as long as they are kept. */
export const fulfillerName = ({ id, data }: CurrentTarget): string => `${data.settings.system}:${id}`

export interface TargetGrants {
  /** The same list for good, with what is there now in it. */
  readonly fulfillers: readonly GrantFulfiller[]
  /** `effect` is opened after access, which is given this list. */
  readonly lookForTargets: () => Promise<void>
  readonly of: (effect: EffectLayer) => void
}

export function targetGrants(fixed: readonly GrantFulfiller[] = []): TargetGrants {
  const fulfillers: GrantFulfiller[] = [...fixed]
  let effect: EffectLayer | undefined
  return {
    fulfillers,
    lookForTargets: async () => {
      if (effect === undefined) return
      const found = (await timedTargets(effect)).map(fulfillerOfTarget)
      fulfillers.splice(0, fulfillers.length, ...fixed, ...found)
    },
    of: (layer) => {
      effect = layer
    },
  }
}

const fulfillerOfTarget = (one: TimedTarget): GrantFulfiller => ({
  name: fulfillerName(one.target),
  reaches: one.reaches,
  activate: one.give,
  end: one.take,
  verify: one.see,
})

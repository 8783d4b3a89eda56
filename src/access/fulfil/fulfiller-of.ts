// Whose target a right lies at. One grant has one target, so that it is there or not, and never half.
import { Fault } from '#kernel'
import type { GrantAtTarget, GrantFulfiller } from './port.ts'

/** `undefined` where no target is told: the decision alone is the right. Throws Fault('unprocessable') for two targets. */
export function fulfillerOf(
  fulfillers: readonly GrantFulfiller[],
  right: Pick<GrantAtTarget, 'actions' | 'resources'>,
): GrantFulfiller | undefined {
  const [first, ...others] = fulfillers.filter((fulfiller) => fulfiller.reaches(right))
  if (others.length > 0) {
    throw new Fault('unprocessable', 'this lies at several targets: ask for the rights at each of them by themselves')
  }
  return first
}

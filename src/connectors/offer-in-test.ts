// For tests of adapters: what they look at in the observations of one offered file.
import type { Observation } from '#kernel'
import { fixedContext } from './read/offer-text.ts'

export { offerText as offer } from './read/offer-text.ts'

/** As the fixed key of `offer` gives it. */
export const fingerprintInTest = (secret: string): string => fixedContext().fingerprint(secret)

/** The observations of one type. */
export function only<T extends Observation['type']>(
  observations: readonly Observation[],
  type: T,
): Extract<Observation, { type: T }>[] {
  return observations.filter((one): one is Extract<Observation, { type: T }> => one.type === type)
}

/** Everything that was said as text, to look for what must not be there. */
export const asText = (facts: readonly Observation[]): string => JSON.stringify(facts)

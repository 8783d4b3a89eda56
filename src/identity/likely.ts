// Offers pairs that may be one principal, with the reason. A person confirms; nothing here merges.
import type { Id } from '#kernel'
import type { LikelyMatch, Principal } from './principal.ts'

export function offerLikelyMatches(principals: ReadonlyMap<Id<'principal'>, Principal>): LikelyMatch[] {
  void principals
  return []
}

// Tiers compared.
import { TIERS } from '../../entitlement.ts'
import type { Tier } from '../../entitlement.ts'

export const above = (a: Tier, b: Tier): boolean => TIERS.indexOf(a) > TIERS.indexOf(b)

export const highest = (tiers: readonly Tier[]): Tier => TIERS.findLast((tier) => tiers.includes(tier)) ?? 'none'

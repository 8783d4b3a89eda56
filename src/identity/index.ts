// The identity layer: who or what exists, and who answers for it.
export * from './principal.ts'
export { correlate } from './correlate.ts'
export type { IdentityGraph } from './correlate.ts'
export { assessOwners } from './owner.ts'
export type { OwnerCandidate, Ownership } from './owner.ts'
export { classify } from './classify.ts'
export type { Classification, Criticality, Environment } from './classify.ts'

// The identity layer: who or what exists, and who answers for it.
export * from './principal.ts'
export { correlate } from './correlate.ts'
export type { IdentityGraph } from './correlate.ts'
export { comparableName, offerLikelyMatches } from './likely.ts'
export { assessOwners, OWNER_BAR } from './owner.ts'
export type { OwnerCandidate, Ownership } from './owner.ts'
export { CodeOwners } from './code-owners.ts'
export type { Answerer } from './code-owners.ts'
export { classify } from './classify.ts'
export type { Classification, Criticality } from './classify.ts'
export { environmentOfLabel, environmentOfPath } from './environment.ts'
export type { Environment } from './environment.ts'
export {
  ClassificationRules,
  CRITICALITIES,
  ENVIRONMENTS,
  overrideKinds,
  OwnerOverride,
  ownersFromRules,
} from './classification-rules.ts'
export { glob, pathPattern } from './glob.ts'

// The access layer: what each principal may do. In this release: effective rights from what files state.
export * from './entitlement.ts'
export { effectiveAccess } from './effective/effective.ts'
export type { Evaluator } from './effective/effective.ts'
export { KUBERNETES_POWERS, comesThroughGroup } from './effective/kubernetes/powers.ts'
export { simulateRemoval } from './graph/simulate-removal.ts'
export type { HeldRight, RemovalFlip, UsedRight } from './graph/simulate-removal.ts'

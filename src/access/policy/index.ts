// Policies at run time: Cedar, compiled and indexed, decided in microseconds. Pure.
export { compilePolicies, createEntities } from './compile-policies.ts'
export type { PolicyProblem, PolicySource } from './compile-policies.ts'
export { Datetime } from './extension/datetime.ts'
export { EntityStore } from './entity-store.ts'
export type { EntityProblem } from './entity-store.ts'
export { PolicySet } from './policy-set.ts'
export type { EntityName, PolicyDecision, PolicyLink } from './policy-set.ts'
export type { PolicyRequest } from './read-request.ts'

// What the access layer keeps: observed accounts and entitlements, and who may use Reeve itself.
export * from './role/index.ts'
export type {
  AccessCounts,
  AccessLayer,
  AccountRecord,
  EntitlementRecord,
  ObservedAccess,
  WayRecord,
} from './observe/records.ts'
export { recordObservedAccounts, recordObservedEntitlements, recordObservedWays } from './observe/observe-access.ts'
export type { AccessRun } from './observe/observe-access.ts'
export { markGoneAccess } from './observe/gone-access.ts'
export { ACCESS_PAGE_MAX, accountsOf, allEntitlementsOf, entitlementsOf } from './observe/read-access.ts'
export type { AccessPage } from './observe/read-access.ts'
export { streamEntitlements } from './observe/stream-entitlements.ts'
export { ACCESS_TABLES, accessPopulations } from './observe/populations.ts'
export type { AccessPlainPopulation, AccessRecordPopulation } from './observe/populations.ts'
export { roleHolders, tokensInForce } from './role/in-force.ts'
export type { RoleHolder, TokenInForce } from './role/in-force.ts'
export { breakGlassByState, everyBreakGlass } from './break-glass/read-break-glass.ts'
export { unsettledGrants } from './fulfil/unsettled.ts'
export { everyDecisionBatch } from './decision-log/read-batches.ts'
export { noAccess } from './observe/records.ts'
export { accessSeenOnlyBy } from './observe/seen-only-by.ts'
export { everyGrant, everyPolicyVersion } from './observe/rights-given.ts'

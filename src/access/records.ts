// What the access layer keeps: observed accounts and entitlements, and who may use Reeve itself.
export * from './role/index.ts'
export type { AccessCounts, AccessLayer, AccountRecord, EntitlementRecord, ObservedAccess } from './observe/records.ts'
export { recordObservedAccounts, recordObservedEntitlements } from './observe/observe-access.ts'
export type { AccessRun } from './observe/observe-access.ts'
export { markGoneAccess } from './observe/gone-access.ts'
export { ACCESS_PAGE_MAX, accountsOf, allEntitlementsOf, entitlementsOf } from './observe/read-access.ts'
export type { AccessPage } from './observe/read-access.ts'

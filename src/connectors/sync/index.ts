// Sync: what a connector read of a source becomes records.
export { sync } from './sync.ts'
export type { SyncOptions, SyncProgress, SyncRead } from './sync.ts'
export type { PeopleCounts, RefusedRecord, SyncResult } from './result.ts'

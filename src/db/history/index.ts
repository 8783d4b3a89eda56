// Records with every version they ever had, on two time axes. Used by each layer for its own schema.
export { changeRecords, createRecords } from './write.ts'
export type { Change, NewRecord } from './write.ts'
export { CURRENT, readAsOf, readCurrent, readHistory, readReplaced, readVersions, speaksOf } from './read.ts'
export type { HistoryEntry, TwoTimes } from './read.ts'
export { storable, versionHash } from './record-table.ts'
export type { ChangeMark, Current, RecordTable } from './record-table.ts'
export { patchTimeline, resolveTimeline } from './timeline.ts'
export type { Segment, VersionSegment } from './timeline.ts'

// Connections: configured sources, their schedules and their runs.
export {
  createConnection,
  pauseConnection,
  previewRemoval,
  removeConnection,
  resumeConnection,
  updateConnection,
} from './change-connection.ts'
export type { ConnectionPatch } from './change-connection.ts'
export { CONNECTION_TYPES } from './connection.ts'
export type {
  ConnectionData,
  ConnectionInput,
  ConnectionRecord,
  ConnectionsLayer,
  ConnectionSettings,
  ConnectionState,
  ConnectionType,
  ImportOptions,
  Places,
  TargetSource,
} from './connection.ts'
export type { RunHandler, RunInput } from './perform.ts'
export type { BlindSpotKind, ProblemKind } from './problems.ts'
export { getConnection, getRun, listConnections, listRuns, notYetReadUnder } from './read-connections.ts'
export type { ConnectionView, Page, RunCursor } from './read-connections.ts'
export { runConnection } from './run.ts'
export type { Counts, Run, RunProgress, RunState } from './run.ts'
export { runTarget } from './read-target.ts'
export { runFiles } from './run-files.ts'
export type { FilesOptions, Sync } from './run-files.ts'
export type { RunOutcome } from './run-lifecycle.ts'
export { runStanding } from './standing.ts'
export type { RunStanding } from './standing.ts'
export { testConnection } from './test-connection.ts'
export type { ConnectionTest } from './test-connection.ts'
export type { Schedule } from './schedule.ts'
export { startConnectionWorker } from './worker.ts'
export type { ConnectionWorker, WorkerOptions } from './worker.ts'
export { CONNECTION_TABLES } from './connection.ts'

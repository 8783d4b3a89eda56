// What every layer uses to write evidence: inside its own transaction, so that change and entry commit together or not at all.
export { appendEntries, appendEntry } from './append.ts'
export type { Entry } from './entry.ts'
export { changeWithEntries, createWithEntries } from './record-change.ts'
export type { EntryWords, RecordChange, RecordToCreate } from './record-change.ts'

// The evidence layer: entries that are only ever added, in one order.
export { entryLeaf } from './entry.ts'
export * from './port.ts'
export { sequenceOnce, startSequencer } from './sequencer.ts'
export type { Sequencer, SequencerPass } from './sequencer.ts'
export { listEntries } from './read.ts'
export type { StoredEntry } from './read.ts'

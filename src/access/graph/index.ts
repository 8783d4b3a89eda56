// Effective access across systems: the graph, in a thread of its own, and what stands without an end.
export { GraphThread } from './graph-thread.ts'
export type { GraphAnswers, GraphQuestion } from './keeper.ts'
export { standingAccess } from './standing.ts'
export { WAY_KINDS } from './records.ts'

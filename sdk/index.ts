// Decision points of their own: in the process of whoever asks, or beside it.
export { openDecisionPoint } from './decision-point.ts'
export type { LocalDecisionPoint, LocalDecisionPointOptions } from './decision-point.ts'
export { serveDecisions } from './serve-decisions.ts'
export type { ServedDecisions, ServeDecisionsOptions } from './serve-decisions.ts'

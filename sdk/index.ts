// Decision points of their own, in the process of whoever asks or beside it; and the guard that asks them, for frameworks.
export { openDecisionPoint } from './decision-point.ts'
export type { LocalDecisionPoint, LocalDecisionPointOptions } from './decision-point.ts'
/** A subset of the scopes asked for, never wider, from the state of a decision point; what it answers is not recorded. */
export { authorizeIssue } from '#access/point'
export type { IssueAsked, IssueAuthorized } from '#access/point'
export { serveDecisions } from './serve-decisions.ts'
export type { ServedDecisions, ServeDecisionsOptions } from './serve-decisions.ts'
export { askDecisionPoint } from './enforce/ask-decision-point.ts'
export type { AskDecisionPointOptions } from './enforce/ask-decision-point.ts'
export { guardExpress, guardFastify, guardHono } from './enforce/frameworks.ts'
export { enforcedOf, guardOf } from './enforce/guard.ts'
export type { Guard, GuardOptions } from './enforce/guard.ts'

// What `reeve/sdk` declares of decisions to whoever installs it, apart from all that stands behind `#access/decisions`: its
// declarations are packed.
export { authorizeIssue } from './decide/authorize-issue.ts'
export type { EvaluationAnswer } from './authzen/answer.ts'
export type { DecisionPoint } from './authzen/evaluate.ts'
export type { EvaluationsAnswer } from './authzen/evaluate-all.ts'
export type { IssueAsked, IssueAuthorized } from './decide/authorize-issue.ts'
export type { DecisionState } from './decide/decision-state.ts'
export type { Ask, Enforced, SubjectOfRequest } from './enforce/enforce.ts'
export type { RouteFile, RouteTable } from './enforce/route-table.ts'

// Policies tried without a server: matrices of decisions with what must come out.
export { DecisionMatrix, mistakesIn } from './matrix.ts'
export { runMatrix } from './run-matrix.ts'
export type { CaseResult, MatrixResult, Outcome } from './run-matrix.ts'
export { STARTER_POLICIES } from '../policy-version/starter-text.ts'
export { readPolicyText } from '../policy-writing/index.ts'

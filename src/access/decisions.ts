// Decisions as a server answers for them: the state that follows the database, who may ask, and AuthZEN's API.
export * from './authzen/index.ts'
export { DecisionState } from './decide/index.ts'
export type { TokenFacts } from './decide/index.ts'
export { followOutbox } from './feed/follow.ts'
export type { Follower } from './feed/follow.ts'
export { installStarterPolicies } from './policy-version/starter-policies.ts'
export { authenticateResident } from './token/resident-token.ts'
export type { ResidentAuthentication } from './token/resident-token.ts'

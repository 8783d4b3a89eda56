// Who may use Reeve itself: roles and tokens. Part of the door `#access/records`.
export { ADMINISTRATION_SETTINGS } from './administration.ts'
export type { Administration, AdministrationSettings } from './administration.ts'
export { assignRole, endRole } from './assign-role.ts'
export {
  administeringPersons,
  apartFrom,
  givenByBootstrap,
  heldByNobody,
  realHolders,
  withoutAdministrations,
} from './administrators.ts'
export type { RealHolder } from './administrators.ts'
export { noteRefusal } from './note-refusal.ts'
export type { Refusal } from './note-refusal.ts'
export { listAssignments, rolesOf } from './read-roles.ts'
export type { AssignmentQuery } from './read-roles.ts'
export { ADMINISTRATIONS, assertMayGive, ROLE_NAMES, ROLES } from './role.ts'
export type { Role, RoleAssignment } from './role.ts'
export { authenticateToken } from '../token/authenticate-token.ts'
export type { Authentication, TokenDenial } from '../token/authenticate-token.ts'
export { BOOTSTRAP, bootstrapToken, endBootstrap } from '../token/bootstrap.ts'
export { createToken } from '../token/create-token.ts'
export type { NewToken, TokenSubject, TokenToCreate } from '../token/create-token.ts'
export { endAccessOfLeavers } from '../token/end-access-of-leavers.ts'
export { issueToken } from '../token/issue-token.ts'
export type { TokenToIssue } from '../token/issue-token.ts'
export { repairTokens } from '../token/repair-tokens.ts'
export type { TokenRepair } from '../token/repair-tokens.ts'
export { listTokens, readToken } from '../token/list-tokens.ts'
export type { TokenQuery } from '../token/list-tokens.ts'
export { revokeToken } from '../token/revoke-token.ts'
export { hashToken, mintToken, tokenKind } from '../token/token-value.ts'
export type { TokenKey, TokenKind } from '../token/token-value.ts'
export { covers, SCOPE_NAMES, SCOPES } from '../token/token.ts'
export type { Scope, Token } from '../token/token.ts'

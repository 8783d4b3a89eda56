// How far a Microsoft Graph or Entra permission reaches, by its name. Names are the only thing that assignments and
// grants have in common, so the rule is on names, with the few that give control of the tenant listed.

/** Each lets its holder give itself or others any right in the tenant, directly or by acting as another application. */
const TENANT_CONTROL = new Set([
  'Application.ReadWrite.All',
  'AppRoleAssignment.ReadWrite.All',
  'RoleManagement.ReadWrite.Directory',
  'RoleAssignmentSchedule.ReadWrite.Directory',
  'RoleEligibilitySchedule.ReadWrite.Directory',
  'PrivilegedAccess.ReadWrite.AzureADGroup',
  'PrivilegedAssignmentSchedule.ReadWrite.AzureADGroup',
  'PrivilegedEligibilitySchedule.ReadWrite.AzureADGroup',
  'UserAuthenticationMethod.ReadWrite.All',
  'Policy.ReadWrite.PermissionGrant',
  'Domain.ReadWrite.All',
  'Organization.ReadWrite.All',
  'EntitlementManagement.ReadWrite.All',
  'Directory.ReadWrite.All',
  'DeviceManagementConfiguration.ReadWrite.All',
  'user_impersonation.admin',
])

export type PermissionLevel = 'read' | 'write' | 'admin' | 'unknown'

export function permissionLevel(name: string): { readonly level: PermissionLevel; readonly reason: string } {
  if (TENANT_CONTROL.has(name)) return { level: 'admin', reason: `\`${name}\` gives control of the tenant` }
  if (/(?:ReadWrite|Write|Send|FullControl|Manage|Create|Delete|full_access|AccessAsUser)/i.test(name)) {
    return { level: 'write', reason: `\`${name}\` changes data` }
  }
  if (/(?:\.Read|^(?:openid|profile|email|offline_access)$|ReadBasic)/i.test(name)) {
    return { level: 'read', reason: `\`${name}\` reads data` }
  }
  return { level: 'unknown', reason: `what \`${name}\` allows is up to the application that defines it` }
}

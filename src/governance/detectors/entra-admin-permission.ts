// NHI5: an application holds, on its own behalf, a permission that gives control of the tenant.
import type { Detector } from '../detector.ts'

const isApplicationPermission = (conditions: unknown): boolean =>
  typeof conditions === 'object' &&
  conditions !== null &&
  (conditions as Record<string, unknown>)['mode'] === 'application'

export const entraAdminPermission: Detector = {
  id: 'entra-admin-permission',
  title: 'an application controls the Entra tenant',
  severityRule: 'critical for an application of a third party, else high',
  owasp: ['NHI5:2025'],
  controls: ['PR.AA-05'],
  needs: 'app role assignments of service principals (appRoleAssignments)',
  blindSpot: 'directory roles given to the service principal, and permissions of other APIs than Microsoft Graph',
  remediation:
    'Replace the permission by the narrowest that the application uses, or scope it (application access policy, administrative unit, Sites.Selected); remove the app role assignment.',
  *onPrincipal({ principal, access }) {
    if (
      principal.system !== 'entra' ||
      principal.kind === 'human' ||
      principal.kind === 'group' ||
      principal.enabled === false
    )
      return
    const held = access.entitlements.filter(
      ({ system, level, conditions }) => system === 'entra' && level === 'admin' && isApplicationPermission(conditions),
    )
    const first = held[0]
    if (first === undefined) return
    const permissions = [...new Set(held.map(({ permission }) => permission))].sort()
    yield {
      subject: { principalId: principal.id, externalId: principal.externalId },
      severity: principal.vendor === undefined || principal.vendor === 'Microsoft' ? 'high' : 'critical',
      severityReasons: [
        `\`${permissions[0] ?? ''}\` lets it give itself any right in the tenant, without a user`,
        ...(principal.vendor === undefined ? [] : [`it belongs to ${principal.vendor}`]),
      ],
      title: `application ${principal.name} holds ${permissions.join(', ')}`,
      locations: [first.provenance],
      evidence: { permissions },
    }
  },
}

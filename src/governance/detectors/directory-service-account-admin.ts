// NHI5: a service account is a member of a group that controls the domain.
import type { Detector } from '../detector.ts'

export const directoryServiceAccountAdmin: Detector = {
  id: 'directory-service-account-admin',
  title: 'a service account controls the domain',
  severityRule: 'high',
  owasp: ['NHI5:2025'],
  controls: ['PR.AA-05'],
  needs: 'group memberships of directory accounts (member or memberOf)',
  blindSpot: 'control through access control lists, group policy or certificate templates is not seen',
  remediation:
    'Find out which right the service uses and delegate only that one on the organisational unit concerned; take the account out of the group.',
  *onPrincipal({ principal, access }) {
    if (principal.system !== 'directory' || principal.enabled === false || principal.mentionedOnly) return
    if (principal.kind !== 'service_account' && principal.kind !== 'machine') return
    if (principal.attributes['serverTrust'] === true) return
    const right = access.entitlements.find(({ system, level }) => system === 'directory' && level === 'admin')
    if (right === undefined) return
    const way = [...right.path].reverse()
    yield {
      subject: { principalId: principal.id, externalId: principal.externalId },
      severity: 'high',
      severityReasons: access.reasons.slice(0, 3),
      title: `service account ${principal.name} is in ${right.permission}${way.length > 1 ? ` through ${way.slice(0, -1).join(', ')}` : ''}`,
      locations: principal.provenance.slice(0, 1),
      evidence: { group: right.permission, path: way },
    }
  },
}

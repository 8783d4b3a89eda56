// NHI5: whoever authenticates to this account hands it a ticket with which it can act as them anywhere.
import type { Detector } from '../detector.ts'

export const directoryUnconstrainedDelegation: Detector = {
  id: 'directory-unconstrained-delegation',
  title: 'an account may act as anyone who authenticates to it',
  severityRule: 'high',
  owasp: ['NHI5:2025'],
  controls: ['PR.AA-05'],
  needs: 'userAccountControl of accounts and computers',
  blindSpot: 'resource-based delegation and rights to change these flags are not seen',
  remediation:
    'Replace it by constrained or resource-based delegation to the services that it needs, and mark privileged accounts as sensitive (not delegated).',
  *onPrincipal({ principal }) {
    const { attributes } = principal
    if (principal.system !== 'directory' || principal.enabled === false) return
    // domain controllers have the flag by design
    if (attributes['unconstrainedDelegation'] !== true || attributes['serverTrust'] === true) return
    yield {
      subject: { principalId: principal.id, externalId: principal.externalId },
      severity: 'high',
      severityReasons: ['a domain controller or administrator that is lured to it hands over its identity'],
      title: `${principal.name} is trusted for unconstrained delegation`,
      locations: principal.provenance.slice(0, 1),
      evidence: { servicePrincipalNames: attributes['servicePrincipalNames'] ?? null },
    }
  },
}

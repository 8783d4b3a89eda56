// NHI3: a third party's application may change data for the whole tenant.
import type { Detector } from '../detector.ts'

const modeOf = (conditions: unknown): { readonly mode?: unknown; readonly consent?: unknown } =>
  typeof conditions === 'object' && conditions !== null ? conditions : {}

export const entraThirdPartyConsent: Detector = {
  id: 'entra-third-party-consent',
  title: "a third party's application may change data of everybody",
  severityRule: 'high when it acts without a user, medium on behalf of every user',
  owasp: ['NHI3:2025'],
  controls: ['GV.SC-07', 'PR.AA-05'],
  needs: 'servicePrincipals with appOwnerOrganizationId, the organization object, and their grants',
  blindSpot: 'without the organization object first and third party cannot be told apart, and nothing is reported',
  remediation:
    "Review what the integration needs; withdraw the tenant-wide consent and let named users or groups consent, or ask the vendor for narrower permissions. Keep the vendor's contact and end of contract with the record.",
  *onPrincipal({ principal, access }) {
    if (
      principal.system !== 'entra' ||
      principal.attributes['firstParty'] !== false ||
      principal.vendor === 'Microsoft'
    )
      return
    if (principal.enabled === false) return
    const wide = access.entitlements.filter(({ level, conditions }) => {
      const { mode, consent } = modeOf(conditions)
      return (level === 'write' || level === 'admin') && (mode === 'application' || consent === 'all')
    })
    const first = wide[0]
    if (first === undefined) return
    const alone = wide.some(({ conditions }) => modeOf(conditions).mode === 'application')
    const permissions = [...new Set(wide.map(({ permission }) => permission))].sort()
    yield {
      subject: { principalId: principal.id, externalId: principal.externalId },
      severity: alone ? 'high' : 'medium',
      severityReasons: [
        alone ? 'it acts without a user, on the data of everybody' : 'consent was given on behalf of every user',
        `it belongs to ${principal.vendor ?? 'another tenant'}`,
      ],
      title: `${principal.name} of ${principal.vendor ?? 'a third party'} holds ${permissions.join(', ')} for the whole tenant`,
      locations: [first.provenance],
      evidence: { permissions, vendor: principal.vendor ?? null },
    }
  },
}

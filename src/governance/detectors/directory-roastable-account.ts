// NHI4: any user of the domain can ask for a ticket that is encrypted with this account's password and guess it offline.
import { daysBetween } from '#kernel'
import type { Instant } from '#kernel'
import type { Detector } from '../detector.ts'

const PASSWORD_DAYS_MAX = 365

export const directoryRoastableAccount: Detector = {
  id: 'directory-roastable-account',
  title: 'a service account with a service principal name keeps a password that people chose',
  severityRule:
    'critical when it controls the domain, else high; not when the password is short-lived and under a year old',
  owasp: ['NHI4:2025', 'NHI7:2025'],
  controls: ['PR.AA-03', 'PR.AA-01'],
  needs: 'servicePrincipalName and userAccountControl or pwdLastSet of user accounts',
  blindSpot: 'how strong the password is cannot be seen',
  remediation:
    'Move the service to a group managed service account; until then set a random password of at least 25 characters, allow AES only, and let it expire.',
  *onPrincipal({ principal, access }, estate) {
    const { attributes } = principal
    const names = attributes['servicePrincipalNames']
    if (principal.system !== 'directory' || principal.kind !== 'service_account' || principal.enabled === false) return
    if (!Array.isArray(names) || names.length === 0 || attributes['managedPassword'] === true) return
    const setAt = typeof attributes['passwordSetAt'] === 'string' ? (attributes['passwordSetAt'] as Instant) : undefined
    const age = setAt === undefined ? undefined : daysBetween(setAt, estate.asOf)
    const reasons = [
      ...(access.tier === 'admin' ? ['it controls the domain'] : []),
      ...(attributes['passwordNeverExpires'] === true ? ['its password never expires'] : []),
      ...(age !== undefined && age > PASSWORD_DAYS_MAX ? [`its password is ${age} days old`] : []),
    ]
    if (reasons.length === 0) return
    yield {
      subject: { principalId: principal.id, externalId: principal.externalId },
      severity: access.tier === 'admin' ? 'critical' : 'high',
      severityReasons: reasons,
      title: `${principal.name} has a service principal name and ${reasons.at(-1) ?? ''}`,
      locations: principal.provenance.slice(0, 1),
      evidence: { servicePrincipalNames: names, passwordSetAt: setAt ?? null },
    }
  },
}

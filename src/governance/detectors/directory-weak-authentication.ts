// NHI4: account flags that let one authenticate, or attack the password, without knowing it.
import type { Detector } from '../detector.ts'

/** Active Directory's flag to what it lets happen. */
const FLAGS = {
  preauthNotRequired: 'anyone can ask for data that is encrypted with its password and guess the password offline',
  passwordNotRequired: 'it may have an empty password',
  reversibleEncryption: 'its password is stored so that it can be read back',
} as const

export const directoryWeakAuthentication: Detector = {
  id: 'directory-weak-authentication',
  title: 'an account flag weakens how it authenticates',
  severityRule: 'high; critical when the account controls the domain',
  owasp: ['NHI4:2025'],
  controls: ['PR.AA-03'],
  needs: 'userAccountControl of accounts',
  blindSpot: 'domain-wide settings (LDAP signing, NTLM, anonymous bind) are not in an export of accounts',
  remediation: 'Clear the flag, then set a new password, since the old one may have been taken.',
  *onPrincipal({ principal, access }) {
    if (principal.system !== 'directory' || principal.enabled === false || principal.kind === 'group') return
    for (const [flag, effect] of Object.entries(FLAGS)) {
      if (principal.attributes[flag] !== true) continue
      yield {
        subject: { principalId: principal.id, externalId: principal.externalId },
        discriminator: flag,
        severity: access.tier === 'admin' ? 'critical' : 'high',
        severityReasons: [effect, ...(access.tier === 'admin' ? ['it controls the domain'] : [])],
        title: `${principal.name}: ${effect}`,
        locations: principal.provenance.slice(0, 1),
        evidence: { flag },
      }
    }
  },
}

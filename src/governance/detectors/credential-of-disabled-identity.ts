// NHI1: the identity is disabled, and a credential of it is not.
import { CREDENTIAL_TYPES } from '#kernel'
import type { CredentialType } from '#kernel'
import type { Credential } from '#identity'
import type { Detector } from '../detector.ts'
import { credentialKey, definitionOf, isPrivileged, placeOf, recordOf, subjectOf } from '../subject.ts'

/** A disabled account keeps its password in every directory: nothing can be removed there. */
const STAYS: ReadonlySet<CredentialType> = new Set(['password', 'console_password', 'federated', 'jwt'])

export const credentialOfDisabledIdentity: Detector = {
  id: 'credential-of-disabled-identity',
  title: 'a disabled identity still has live credentials',
  severityRule: 'medium for SSH keys, which a locked account still accepts, and from privilege tier high; else low',
  owasp: ['NHI1:2025'],
  controls: ['PR.AA-01', 'ID.AM-08'],
  needs: 'an input that says that the identity is disabled, and records of its credentials',
  blindSpot: 'whether the target still accepts them can only be known by trying',
  remediation: 'Remove the credentials too, so that enabling the identity again does not bring an old secret back.',
  *onPrincipal({ principal, credentials, access }, estate) {
    if (principal.enabled !== false) return
    const live = credentials.filter((credential) => isLive(credential, estate.asOf))
    const [first] = live
    if (first === undefined) return
    const ssh = live.some(({ type }) => type === 'ssh_public_key')
    const privileged = isPrivileged(access.tier)
    const titles = [...new Set(live.map(({ type }) => CREDENTIAL_TYPES[type].title))].sort()
    yield {
      subject: subjectOf(principal),
      severity: ssh || privileged ? 'medium' : 'low',
      severityReasons: [
        ...(ssh ? ['an SSH key opens a locked account all the same'] : []),
        ...(privileged ? [`privilege tier ${access.tier}`] : []),
        'enabling it again makes them valid at once',
      ],
      title: `${principal.nativeType} ${principal.name} is disabled and still has ${live.length === 1 ? `1 live credential` : `${live.length} live credentials`} (${titles.join(', ')})`,
      locations: [...definitionOf(principal), ...live.flatMap((credential) => recordOf(credential) ?? []).map(placeOf)],
      evidence: { credentials: live.map(credentialKey).sort() },
    }
  },
}

function isLive(credential: Credential, asOf: string): boolean {
  const { type, enabled, expiresAt, sightings } = credential
  if (STAYS.has(type) || enabled === false || (expiresAt !== undefined && expiresAt <= asOf)) return false
  return sightings.some(({ exposure }) => exposure === 'record' || (exposure === 'public' && type === 'ssh_public_key'))
}

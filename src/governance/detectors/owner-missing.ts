// NHI1: nobody is known to answer for the identity.
import type { Detector } from '../detector.ts'

export const ownerMissing: Detector = {
  id: 'owner-missing',
  title: 'no owner is known',
  severityRule: 'medium; high from privilege tier high; low when only mentioned or of kind group',
  owasp: ['NHI1:2025'],
  controls: ['PR.AA-01', 'GV.RR-02'],
  needs: 'any input that defines principals',
  blindSpot: 'an owner known only outside the inputs (a wiki, a head) is not seen',
  remediation:
    'Name an accountable person or team: tag the resource with `owner`, add it to CODEOWNERS, or set it in reeve.yaml.',
  *onPrincipal({ principal, ownership, access }) {
    if (principal.mentionedOnly || principal.kind === 'human' || principal.kind === 'group') return
    if (ownership.owner !== undefined) return
    const privileged = access.tier === 'high' || access.tier === 'admin'
    yield {
      subject: { principalId: principal.id, externalId: principal.externalId },
      severity: privileged ? 'high' : 'medium',
      severityReasons: [
        privileged ? `privilege tier ${access.tier}` : 'nobody would be asked before it is changed or misused',
      ],
      title: `${principal.nativeType} ${principal.name} has no known owner`,
      locations: principal.provenance.slice(0, 1),
      evidence: { candidates: ownership.candidates.map((candidate) => candidate.who) },
    }
  },
}

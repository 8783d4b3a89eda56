// NHI1: nobody is known to answer for the identity.
import type { Detector } from '../detector.ts'
import { definitionOf, isPrivileged, subjectOf } from '../subject.ts'
import { anotherIsAsked, needsOwner } from '../needs-owner.ts'

export const ownerMissing: Detector = {
  id: 'owner-missing',
  title: 'no owner is known',
  severityRule: 'medium; high from privilege tier high; low when the identity is disabled',
  owasp: ['NHI1:2025'],
  controls: ['PR.AA-01', 'GV.RR-02'],
  needs: 'any input that defines principals',
  blindSpot: 'an owner known only outside the inputs (a wiki, a head) is not seen',
  remediation:
    'Name an accountable person or team: tag the resource with `owner`, add it to CODEOWNERS, or set it in reeve.yaml.',
  *onPrincipal(dossier, estate) {
    const { principal, ownership, access } = dossier
    if (!needsOwner(principal) || ownership.owner !== undefined) return
    if (anotherIsAsked(dossier, estate)) return
    // a stated owner that is a machine or a disabled group has its own finding
    if (ownership.candidates.some(({ unfit }) => unfit !== undefined)) return
    const privileged = isPrivileged(access.tier)
    const disabled = principal.enabled === false
    yield {
      subject: subjectOf(principal),
      severity: disabled ? 'low' : privileged ? 'high' : 'medium',
      severityReasons: [
        ...(disabled ? ['it is disabled'] : []),
        privileged ? `privilege tier ${access.tier}` : 'nobody would be asked before it is changed or misused',
      ],
      title: `${principal.nativeType} ${principal.name} has no known owner`,
      locations: definitionOf(principal),
      evidence: { candidates: ownership.candidates.map(({ who, reason }) => ({ who, reason })) },
    }
  },
}

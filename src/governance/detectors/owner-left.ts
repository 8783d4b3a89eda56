// NHI1: the owner is stated, and has left.
import type { Detector } from '../detector.ts'
import type { Severity } from '../finding.ts'
import { anotherIsAsked, needsOwner } from '../needs-owner.ts'
import { definitionOf, isPrivileged, subjectOf } from '../subject.ts'

export const ownerLeft: Detector = {
  id: 'owner-left',
  title: 'the owner has left',
  severityRule:
    'medium; high from privilege tier high; one step lower when somebody else still answers or it is disabled',
  owasp: ['NHI1:2025'],
  controls: ['PR.AA-01', 'GV.RR-02', 'GV.RR-04'],
  needs: 'a feed of people with their status or end date, and a stated owner',
  blindSpot: 'an owner who is in no feed, or whose leaving the feed does not show yet, counts as present',
  remediation:
    'Give it to somebody who is there (tag, CODEOWNERS or reeve.yaml), rotate the secrets that the leaver could know, and retire it if nobody needs it.',
  *onPrincipal(dossier, estate) {
    const { principal, ownership, access } = dossier
    const { owner, backup } = ownership
    if (!needsOwner(principal) || owner === undefined || anotherIsAsked(dossier, estate)) return
    const ended = owner.leftAt !== undefined && owner.leftAt <= estate.asOf
    if (owner.status !== 'leaver' && !ended) return
    const privileged = isPrivileged(access.tier)
    const softened = backup !== undefined || principal.enabled === false
    const severity: Severity = privileged ? (softened ? 'medium' : 'high') : softened ? 'low' : 'medium'
    const since = ended ? ` on ${owner.leftAt.slice(0, 10)}` : ''
    yield {
      subject: subjectOf(principal),
      severity,
      severityReasons: [
        ...(privileged ? [`privilege tier ${access.tier}`] : []),
        backup === undefined ? 'nobody else is known to answer for it' : `${backup.who} still answers for it`,
        ...(principal.enabled === false ? ['it is disabled'] : []),
      ],
      title: `${owner.who}, owner of ${principal.nativeType} ${principal.name}, has left${since}`,
      locations: definitionOf(principal),
      evidence: { owner: owner.who, reason: owner.reason, leftAt: owner.leftAt ?? null, backup: backup?.who ?? null },
    }
  },
}

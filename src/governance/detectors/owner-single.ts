// NHI1: one person alone answers for a privileged identity.
import type { Detector } from '../detector.ts'
import { anotherIsAsked, needsOwner } from '../needs-owner.ts'
import { definitionOf, isPrivileged, subjectOf } from '../subject.ts'

export const ownerSingle: Detector = {
  id: 'owner-single',
  title: 'one person alone answers for a privileged identity',
  severityRule: 'low; medium for privilege tier admin',
  owasp: ['NHI1:2025'],
  controls: ['PR.AA-01', 'GV.RR-02'],
  needs: 'a feed of people, a stated owner, and rights from which the privilege tier is known',
  blindSpot: 'a deputy who is agreed but written nowhere is not seen; without a feed of people it stays silent',
  remediation: 'Name a backup owner, or give it to a team with at least two active members.',
  *onPrincipal(dossier, estate) {
    const { principal, ownership, access } = dossier
    const { owner, backup, team } = ownership
    if (!needsOwner(principal) || !isPrivileged(access.tier) || principal.enabled === false) return
    if (anotherIsAsked(dossier, estate)) return
    if (owner === undefined || backup !== undefined || owner.status === 'leaver') return
    if (owner.leftAt !== undefined && owner.leftAt <= estate.asOf) return
    const lone = owner.personId !== undefined || team?.activeMembers === 1
    if (!lone) return
    yield {
      subject: subjectOf(principal),
      severity: access.tier === 'admin' ? 'medium' : 'low',
      severityReasons: [`privilege tier ${access.tier}`, 'nobody can decide on it when the owner is away or leaves'],
      title:
        team === undefined
          ? `${owner.who} alone answers for ${principal.nativeType} ${principal.name}`
          : `team ${team.name} has one active member and alone answers for ${principal.nativeType} ${principal.name}`,
      locations: definitionOf(principal),
      evidence: { owner: owner.who, reason: owner.reason },
    }
  },
}

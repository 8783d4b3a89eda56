// NHI1: what is stated as owner is itself a machine, or a group that is disabled.
import type { Detector } from '../detector.ts'
import { anotherIsAsked, needsOwner } from '../needs-owner.ts'
import { definitionOf, isPrivileged, subjectOf } from '../subject.ts'

export const ownerNotAPerson: Detector = {
  id: 'owner-not-a-person',
  title: 'the stated owner is a machine or a disabled group',
  severityRule: 'medium; high from privilege tier high; low when the identity is disabled',
  owasp: ['NHI1:2025'],
  controls: ['PR.AA-01', 'GV.RR-02'],
  needs: 'an owner statement that names an identity of the inputs, or a bot',
  blindSpot: 'a machine that is in no input and whose name does not say so passes for a person',
  remediation: 'Replace it by the person or team that answers for it: a machine can be asked nothing.',
  *onPrincipal(dossier, estate) {
    const { principal, ownership, access } = dossier
    if (!needsOwner(principal) || ownership.owner !== undefined) return
    if (anotherIsAsked(dossier, estate)) return
    const stated = ownership.candidates.find(({ unfit }) => unfit !== undefined)
    if (stated === undefined) return
    const privileged = isPrivileged(access.tier)
    const what = stated.unfit === 'machine' ? 'a machine' : 'a disabled group'
    yield {
      subject: subjectOf(principal),
      severity: principal.enabled === false ? 'low' : privileged ? 'high' : 'medium',
      severityReasons: [
        privileged ? `privilege tier ${access.tier}` : 'nobody would be asked before it is changed or misused',
      ],
      title: `the owner of ${principal.nativeType} ${principal.name} is ${what}, ${stated.who}`,
      locations: definitionOf(principal),
      evidence: { owner: stated.who, reason: stated.reason },
    }
  },
}

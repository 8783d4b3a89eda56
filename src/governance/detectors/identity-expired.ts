// NHI1: the identity's end date has passed and it is still there.
import { daysBetween } from '#kernel'
import type { Detector } from '../detector.ts'
import { definitionOf, isPrivileged, subjectOf } from '../subject.ts'

export const identityExpired: Detector = {
  id: 'identity-expired',
  title: 'the end date has passed and it is not disabled',
  severityRule: 'medium; high from privilege tier high',
  owasp: ['NHI1:2025'],
  controls: ['PR.AA-01', 'ID.AM-08'],
  needs: 'an input that states when the identity should end',
  blindSpot: 'whether the system itself refuses it after that day is not in the inputs',
  remediation: 'Disable it, watch for who misses it, then retire it; or extend the date with the reason.',
  *onPrincipal({ principal, access }, estate) {
    const { expiresAt, enabled, kind, mentionedOnly } = principal
    if (mentionedOnly || kind === 'human' || kind === 'group' || enabled === false) return
    if (expiresAt === undefined || expiresAt > estate.asOf) return
    const privileged = isPrivileged(access.tier)
    const days = daysBetween(expiresAt, estate.asOf)
    yield {
      subject: subjectOf(principal),
      severity: privileged ? 'high' : 'medium',
      severityReasons: [`its end was ${days} days ago`, ...(privileged ? [`privilege tier ${access.tier}`] : [])],
      title: `${principal.nativeType} ${principal.name} should have ended on ${expiresAt.slice(0, 10)}`,
      locations: definitionOf(principal),
      evidence: { expiresAt, enabled: enabled ?? null },
    }
  },
}

// NHI4: rights for requests that bring no credentials at all.
import { KUBERNETES_POWERS } from '#access'
import type { Detector } from '../detector.ts'
import { ANONYMOUS, locationsOf, ownPower } from '../kubernetes-subject.ts'
import { isPrivileged, subjectOf } from '../subject.ts'

export const k8sAnonymousBound: Detector = {
  id: 'k8s-anonymous-bound',
  title: 'requests without credentials are given rights in the cluster',
  severityRule: 'critical when they can write or reach privilege tier high, else high',
  owasp: ['NHI4:2025', 'NHI5:2025'],
  controls: ['PR.AA-03', 'PR.AA-05'],
  needs: 'Kubernetes roles and their bindings',
  blindSpot: 'whether the API server has anonymous requests switched off is not in the input',
  remediation:
    'Delete the binding of `system:anonymous` or `system:unauthenticated`; give whoever needs the right an identity.',
  *onPrincipal(dossier) {
    const { principal, access } = dossier
    if (principal.system !== 'kubernetes' || !ANONYMOUS.has(principal.externalId)) return
    const power = ownPower(dossier, KUBERNETES_POWERS.beyondDiscovery)
    if (power === undefined) return
    const writes = access.entitlements.some(({ level }) => level === 'write' || level === 'admin')
    const critical = writes || isPrivileged(access.tier)
    yield {
      subject: subjectOf(principal),
      severity: critical ? 'critical' : 'high',
      severityReasons: [
        'anyone who reaches the API server has these rights',
        ...(writes ? ['they can change objects'] : isPrivileged(access.tier) ? [`privilege tier ${access.tier}`] : []),
      ],
      title: `${principal.externalId} is given more than discovery`,
      locations: locationsOf(dossier, power),
      evidence: { grant: power.detail, rights: access.entitlements.slice(0, 10).map(({ permission }) => permission) },
    }
  },
}

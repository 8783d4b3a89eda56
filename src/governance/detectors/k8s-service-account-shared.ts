// NHI9: several workloads run as one account, so each has the rights of all.
import type { Detector } from '../detector.ts'
import { isPrivileged, placeOf, subjectOf } from '../subject.ts'
import { isJudged, ownPower } from '../kubernetes-subject.ts'
import { KUBERNETES_POWERS } from '#access'

const SHOWN_MAX = 20

export const k8sServiceAccountShared: Detector = {
  id: 'k8s-service-account-shared',
  title: 'several workloads run as one service account',
  severityRule: 'low; medium from privilege tier high or with a cloud identity',
  owasp: ['NHI9:2025'],
  controls: ['PR.AA-01', 'PR.AA-05'],
  needs: 'workloads with the service account that they use, and role bindings or cloud annotations',
  blindSpot: 'workloads that are not in the input; an account without rights of its own is left out',
  remediation:
    'Give each workload a service account of its own, with the rights that this one workload uses; then narrow the shared one.',
  *onPrincipal(dossier, estate) {
    const { principal, access } = dossier
    if (principal.nativeType !== 'ServiceAccount' || principal.name === 'default' || !isJudged(dossier)) return
    const cloud = dossier.out.some(({ relation }) => relation === 'federates_to')
    if (!cloud && ownPower(dossier, KUBERNETES_POWERS.bound) === undefined) return
    const places = new Map(
      dossier.in.flatMap(({ relation, fromId, provenance }) =>
        relation === 'runs_as' && fromId !== undefined ? [[fromId, provenance] as const] : [],
      ),
    )
    if (places.size < 2) return
    const workloads = [...places.keys()].flatMap((id) => estate.dossier(id)?.principal.externalId ?? []).sort()
    const strong = cloud || isPrivileged(access.tier)
    yield {
      subject: subjectOf(principal),
      severity: strong ? 'medium' : 'low',
      severityReasons: [
        `${places.size} workloads have its rights, and none can be paused alone`,
        ...(cloud ? ['it stands for a cloud identity'] : []),
        ...(isPrivileged(access.tier) ? [`privilege tier ${access.tier}`] : []),
      ],
      title: `service account ${principal.externalId} is used by ${places.size} workloads`,
      locations: [...places.values()].slice(0, SHOWN_MAX).map(placeOf),
      evidence: { workloads: workloads.slice(0, SHOWN_MAX), count: places.size },
    }
  },
}

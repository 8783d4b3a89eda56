// NHI9: rights of the account that every pod gets which names none.
import { KUBERNETES_POWERS } from '#access'
import type { Detector } from '../detector.ts'
import { isJudged, locationsOf, ownPower } from '../kubernetes-subject.ts'
import { isPrivileged, subjectOf } from '../subject.ts'

export const k8sDefaultServiceAccountBound: Detector = {
  id: 'k8s-default-service-account-bound',
  title: 'the default service account of a namespace has rights of its own',
  severityRule: 'medium; high from privilege tier high or with a cloud identity',
  owasp: ['NHI9:2025', 'NHI5:2025'],
  controls: ['PR.AA-05', 'PR.AA-01'],
  needs: 'Kubernetes role bindings, or service accounts with cloud annotations',
  blindSpot: 'a pod that is started later without naming an account is not in the input, but gets these rights',
  remediation:
    'Make a service account for the workload that needs the rights, bind it instead, and set `automountServiceAccountToken: false` on `default`.',
  *onPrincipal(dossier) {
    const { principal, access } = dossier
    if (principal.nativeType !== 'ServiceAccount' || principal.name !== 'default' || !isJudged(dossier)) return
    // full power has its own finding, and going to a role of its own cures both
    if (ownPower(dossier, KUBERNETES_POWERS.clusterAdmin) !== undefined) return
    const bound = ownPower(dossier, KUBERNETES_POWERS.bound)
    const cloud = dossier.out.some(({ relation }) => relation === 'federates_to')
    if (bound === undefined && !cloud) return
    yield {
      subject: subjectOf(principal),
      severity: cloud || isPrivileged(access.tier) ? 'high' : 'medium',
      severityReasons: [
        'every pod of the namespace that names no account has these rights',
        ...(cloud ? ['it stands for a cloud identity'] : []),
        ...(isPrivileged(access.tier) ? [`privilege tier ${access.tier}`] : []),
      ],
      title: `service account ${principal.externalId} has rights that every pod of its namespace gets`,
      locations: locationsOf(dossier, bound),
      evidence: { grant: bound?.detail ?? null, cloudIdentity: cloud },
    }
  },
}

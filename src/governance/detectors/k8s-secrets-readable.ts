// NHI5: one identity can read the secrets of all others.
import { KUBERNETES_POWERS } from '#access'
import type { Detector } from '../detector.ts'
import { forPeople, isJudged, locationsOf, ownPower } from '../kubernetes-subject.ts'
import { subjectOf } from '../subject.ts'

export const k8sSecretsReadable: Detector = {
  id: 'k8s-secrets-readable',
  title: 'a Kubernetes subject can read every secret of the cluster',
  severityRule: 'high; medium for people',
  owasp: ['NHI5:2025', 'NHI2:2025'],
  controls: ['PR.AA-05', 'PR.DS-01'],
  needs: 'Kubernetes roles and their bindings',
  blindSpot: 'reading secrets of one namespace is not reported: most controllers need those of their own',
  remediation:
    'Bind the role with a RoleBinding in the namespaces that need it, or name the secrets with resourceNames; give controllers that only copy one secret a Role for that one.',
  *onPrincipal(dossier) {
    const power = ownPower(dossier, KUBERNETES_POWERS.secretsReadAll)
    if (power === undefined || !isJudged(dossier)) return
    if (ownPower(dossier, KUBERNETES_POWERS.clusterAdmin) !== undefined) return
    // the same wildcard reads them: one cause, which has its own finding
    if (ownPower(dossier, KUBERNETES_POWERS.wildcardResource)?.detail === power.detail) return
    const { principal } = dossier
    yield {
      subject: subjectOf(principal),
      severity: forPeople(dossier, 'medium', 'high'),
      severityReasons: ['it can read the secrets of every namespace, and with them act as whoever they belong to'],
      title: `${principal.nativeType} ${principal.name} can read every secret of the cluster`,
      locations: locationsOf(dossier, power),
      evidence: { grant: power.detail },
    }
  },
}

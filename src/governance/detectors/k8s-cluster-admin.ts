// NHI5: a subject may do everything in the cluster.
import { KUBERNETES_POWERS } from '#access'
import type { Detector } from '../detector.ts'
import { isImplicitGroup, isJudged, isPeople, locationsOf, ownPower } from '../kubernetes-subject.ts'
import { subjectOf } from '../subject.ts'

export const k8sClusterAdmin: Detector = {
  id: 'k8s-cluster-admin',
  title: 'a Kubernetes subject has full power over the cluster',
  severityRule:
    'critical for a service account, a machine user or a group that everybody is in; medium for a person or a group of people',
  owasp: ['NHI5:2025'],
  controls: ['PR.AA-05'],
  needs: 'Kubernetes role bindings, and the roles that they name unless these are the well-known ones',
  blindSpot: 'full power put together from several narrower rules is shown as escalation paths instead',
  remediation:
    'Delete the binding and bind a role with the verbs and resources that the workload uses; for people, bind a narrower role and keep cluster-admin for a break-glass group.',
  *onPrincipal(dossier) {
    const power = ownPower(dossier, KUBERNETES_POWERS.clusterAdmin)
    if (power === undefined || !isJudged(dossier)) return
    const { principal } = dossier
    const people = isPeople(dossier)
    yield {
      subject: subjectOf(principal),
      severity: people ? 'medium' : 'critical',
      severityReasons: [
        'every verb on every resource of the cluster',
        people
          ? 'people may need it, but not as a standing right'
          : isImplicitGroup(principal.externalId)
            ? 'everybody is in this group without being put there'
            : 'whoever gets into one of its pods, or gets its token, has the cluster',
      ],
      title: `${principal.nativeType} ${principal.name} has full power over the cluster`,
      locations: locationsOf(dossier, power),
      evidence: { grant: power.detail },
    }
  },
}

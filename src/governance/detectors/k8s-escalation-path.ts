// NHI5: rights that look narrow let their holder take over something stronger.
import { comesThroughGroup } from '#access'
import type { EscalationPath } from '#access'
import type { Detector } from '../detector.ts'
import type { Dossier, EstateReader } from '../dossier.ts'
import { isImplicitGroup, isJudged } from '../kubernetes-subject.ts'
import { definitionOf, placeOf, subjectOf } from '../subject.ts'

export const k8sEscalationPath: Detector = {
  id: 'k8s-escalation-path',
  title: 'a Kubernetes subject can reach more than it was given',
  severityRule:
    'high when full power over the cluster is reached, else medium; one step higher for a group that everybody is in',
  owasp: ['NHI5:2025'],
  controls: ['PR.AA-05'],
  needs: 'Kubernetes roles, bindings and, for some paths, workloads and token secrets',
  blindSpot:
    'admission control (Pod Security, policies) that would refuse a step is not known; container escapes are not counted',
  remediation:
    'Take away the right that the path starts from, or limit it: bind it in a namespace without stronger accounts, name the objects with resourceNames, move the stronger account to a namespace of its own.',
  *onPrincipal(dossier, estate) {
    if (!isJudged(dossier)) return
    const { principal, access } = dossier
    for (const path of access.escalations) {
      if (!path.technique.startsWith('k8s:') || isOfAGroup(path, dossier, estate)) continue
      const everybody = isImplicitGroup(principal.externalId)
      const full = path.reachesTier === 'admin'
      yield {
        subject: subjectOf(principal),
        discriminator: path.technique,
        severity: full ? (everybody ? 'critical' : 'high') : everybody ? 'high' : 'medium',
        severityReasons: [
          `it reaches privilege tier ${path.reachesTier}: ${path.reaches}`,
          ...(everybody ? ['everybody is in this group without being put there'] : []),
        ],
        title: `${principal.nativeType} ${principal.name} ${path.title}`,
        locations: path.provenance === undefined ? definitionOf(principal) : path.provenance.map(placeOf),
        evidence: {
          technique: path.technique,
          steps: path.steps.map(({ action, resource, because }) => ({ action, resource, because })),
          reaches: path.reaches,
        },
      }
    }
  },
}

/** The path is its group's: it is reported there, once. */
function isOfAGroup(path: EscalationPath, dossier: Dossier, estate: EstateReader): boolean {
  if (!path.steps.every(({ because }) => comesThroughGroup(because))) return false
  return dossier.groups.some((group) =>
    estate.dossier(group)?.access.escalations.some(({ technique }) => technique === path.technique),
  )
}

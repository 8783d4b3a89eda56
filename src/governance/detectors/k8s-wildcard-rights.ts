// NHI5: rights that nobody wrote down one by one: they grow with every new resource and verb.
import { KUBERNETES_POWERS } from '#access'
import type { Detector } from '../detector.ts'
import type { Dossier } from '../dossier.ts'
import { forPeople, isJudged, locationsOf, ownPower } from '../kubernetes-subject.ts'
import type { Power } from '../kubernetes-subject.ts'
import { subjectOf } from '../subject.ts'

interface Wildcard {
  readonly power: Power
  readonly what: string
  readonly everywhere: boolean
}

export const k8sWildcardRights: Detector = {
  id: 'k8s-wildcard-rights',
  title: 'a Kubernetes subject has wildcard rights',
  severityRule: 'high for writing every resource of the cluster, else medium; low for people',
  owasp: ['NHI5:2025'],
  controls: ['PR.AA-05'],
  needs: 'Kubernetes roles and their bindings',
  blindSpot: "wildcards over an operator's own API group are left out: they name only its own objects",
  remediation: 'Replace `*` by the verbs and resources that are used; the audit log of the API server shows which.',
  *onPrincipal(dossier) {
    if (!isJudged(dossier) || ownPower(dossier, KUBERNETES_POWERS.clusterAdmin) !== undefined) return
    const wildcard = worstOf(dossier)
    if (wildcard === undefined) return
    const { principal } = dossier
    const writesAll = wildcard.everywhere && wildcard.power.power === KUBERNETES_POWERS.wildcardResource
    yield {
      subject: subjectOf(principal),
      severity: forPeople(dossier, 'low', writesAll ? 'high' : 'medium'),
      severityReasons: [`${wildcard.what}${wildcard.everywhere ? ' in every namespace' : ''}`],
      title: `${principal.nativeType} ${principal.name} has ${wildcard.what}`,
      locations: locationsOf(dossier, wildcard.power),
      evidence: { grant: wildcard.power.detail, power: wildcard.power.power },
    }
  },
}

/** Of one principal the worst: all resources everywhere, then all verbs, then both in one namespace. */
function worstOf(dossier: Dossier): Wildcard | undefined {
  const { wildcardResource, wildcardVerb, secretsReadAll } = KUBERNETES_POWERS
  const resource = ownPower(dossier, wildcardResource)
  if (resource !== undefined) return { power: resource, what: 'write rights on every resource', everywhere: true }
  const verb = ownPower(dossier, wildcardVerb)
  // reading every secret is what such a rule amounts to, and has its own finding
  const secrets = ownPower(dossier, secretsReadAll)
  if (verb !== undefined && verb.detail !== secrets?.detail)
    return { power: verb, what: 'every verb on sensitive resources', everywhere: true }
  for (const { power } of dossier.access.powers) {
    if (!power.startsWith(`${wildcardResource}:`)) continue
    const namespace = power.slice(wildcardResource.length + 1)
    const [inNamespace, everyVerb] = [ownPower(dossier, power), ownPower(dossier, `${wildcardVerb}:${namespace}`)]
    if (inNamespace !== undefined && everyVerb?.detail === inNamespace.detail)
      return { power: inNamespace, what: `every right in namespace ${namespace}`, everywhere: false }
  }
  return undefined
}

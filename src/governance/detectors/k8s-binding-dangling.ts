// NHI1: rights that wait for an account that is gone: whoever may create one of that name gets them.
import { KUBERNETES_POWERS } from '#access'
import type { Detector } from '../detector.ts'
import type { Dossier, EstateReader } from '../dossier.ts'
import { isJudged, locationsOf, ownPower } from '../kubernetes-subject.ts'
import { isPrivileged, subjectOf } from '../subject.ts'

export const k8sBindingDangling: Detector = {
  id: 'k8s-binding-dangling',
  title: 'a binding gives rights to a service account that does not exist',
  severityRule: 'low; medium from privilege tier high',
  owasp: ['NHI1:2025'],
  controls: ['PR.AA-01', 'PR.AA-05'],
  needs:
    'a listing from a cluster (`kubectl get serviceaccounts,rolebindings,clusterrolebindings -A`): it is complete for a namespace when its `default` account is in it',
  blindSpot: 'manifests written by hand are never complete, so nothing is said of them; nor of a missing namespace',
  remediation: 'Delete the binding, or the subject from it, when the workload is gone; else create the account.',
  *onPrincipal(dossier, estate) {
    const { principal, access } = dossier
    if (principal.nativeType !== 'ServiceAccount' || !principal.mentionedOnly || !isJudged(dossier)) return
    const power = ownPower(dossier, KUBERNETES_POWERS.bound)
    if (power === undefined || !isListed(dossier, estate)) return
    const privileged = isPrivileged(access.tier)
    yield {
      subject: subjectOf(principal),
      severity: privileged ? 'medium' : 'low',
      severityReasons: [
        'whoever may create an account of this name gets the rights',
        ...(privileged ? [`privilege tier ${access.tier}`] : []),
      ],
      title: `${principal.externalId} has rights but does not exist`,
      locations: locationsOf(dossier, power),
      evidence: { grant: power.detail },
    }
  },
}

/** Every namespace has a `default` account, so a listing with that one holds all accounts of the namespace. */
const complete = new WeakMap<EstateReader, Set<string>>()

function isListed({ principal }: Dossier, estate: EstateReader): boolean {
  let places = complete.get(estate)
  if (places === undefined) {
    places = new Set()
    for (const { principal: other } of estate.dossiers()) {
      if (other.nativeType !== 'ServiceAccount' || other.name !== 'default' || other.attributes['live'] !== true)
        continue
      places.add(placeKey(other.refs[0] ?? '', other.externalId))
    }
    complete.set(estate, places)
  }
  return places.has(placeKey(principal.refs[0] ?? '', principal.externalId))
}

/** Cluster and namespace. */
const placeKey = (ref: string, externalId: string): string => {
  const namespace = externalId.split(':')[2] ?? ''
  return `${ref.slice(0, Math.max(0, ref.length - externalId.length))}\n${namespace}`
}

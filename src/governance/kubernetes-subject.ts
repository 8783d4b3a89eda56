// What the Kubernetes detectors agree on: whom they judge, and that a right which comes through a group is reported
// once, with the group, and not with each of its members.
import { comesThroughGroup, KUBERNETES_POWERS } from '#access'
import type { EffectiveAccess } from '#access'
import type { Location } from '#kernel'
import type { Dossier } from './dossier.ts'
import type { Severity } from './finding.ts'
import { definitionOf, placeOf } from './subject.ts'

export type Power = EffectiveAccess['powers'][number]

const SUBJECTS = new Set(['ServiceAccount', 'User', 'Group'])
/** Their rights are judged by `k8s-anonymous-bound`, which says what is worst about them. */
export const ANONYMOUS: ReadonlySet<string> = new Set(['system:anonymous', 'system:unauthenticated'])
/** Groups that everybody, or every account, is in without being put there. */
const IMPLICIT_GROUP = /^system:(?:authenticated|unauthenticated|serviceaccounts(?::.+)?)$/

/**
 * A service account, user or group that somebody bound. What a cluster binds for itself (the controllers, nodes,
 * `system:masters`) is left out: it is expected, nobody chose it, and taking it away breaks the cluster.
 */
export function isJudged({ principal, access }: Dossier): boolean {
  return (
    principal.system === 'kubernetes' &&
    SUBJECTS.has(principal.nativeType) &&
    !ANONYMOUS.has(principal.externalId) &&
    !access.powers.some(({ power }) => power === KUBERNETES_POWERS.ofTheCluster)
  )
}

/** The power, when a binding of the subject itself gives it. */
export function ownPower({ access }: Dossier, name: string): Power | undefined {
  return access.powers.find(({ power, detail }) => power === name && !comesThroughGroup(detail))
}

export const isImplicitGroup = (externalId: string): boolean => IMPLICIT_GROUP.test(externalId)

/** People and the groups of an identity provider are expected to administrate; machines and everybody are not. */
export function isPeople({ principal }: Dossier): boolean {
  if (principal.kind === 'human') return true
  return principal.kind === 'group' && !isImplicitGroup(principal.externalId)
}

export const forPeople = (dossier: Dossier, people: Severity, others: Severity): Severity =>
  isPeople(dossier) ? people : others

/** The binding, where it is known, then the definition of the subject. */
export function locationsOf({ principal }: Dossier, power: Power | undefined): Location[] {
  return power?.provenance === undefined ? definitionOf(principal) : [placeOf(power.provenance)]
}

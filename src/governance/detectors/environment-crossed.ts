// NHI8: a secret or an identity reaches over the border of production.
import type { CredentialType, Id } from '#kernel'
import { CREDENTIAL_TYPES } from '#kernel'
import type { Detector } from '../detector.ts'
import type { Dossier, EstateReader } from '../dossier.ts'
import { crossesProduction, environmentsOf } from '../crossing.ts'
import type { FindingDraft } from '../finding.ts'
import { sameSecret } from '../shared-secret.ts'
import {
  called,
  definitionOf,
  holderOf,
  isPrivileged,
  placeOf,
  subjectOf,
  subjectOfCredential,
  tierOf,
} from '../subject.ts'

/**
 * Public halves are made to be handed out. A CI secret is known by its name, and one name may stand for another value in
 * each deployment environment.
 */
const SAYS_NOTHING: ReadonlySet<CredentialType> = new Set(['certificate', 'ssh_public_key', 'ci_secret', 'federated'])

export const environmentCrossed: Detector = {
  id: 'environment-crossed',
  title: 'production shares a secret or an identity with another environment',
  severityRule:
    'high; critical when production rights of privilege tier admin are reached; medium for a shared secret of low privilege',
  owasp: ['NHI8:2025'],
  controls: ['PR.AA-05', 'PR.IR-01'],
  needs: 'environments that labels, namespaces, account names, folders, names or reeve.yaml tell apart',
  blindSpot:
    'what no source places in an environment is not judged; nor is sharing among environments without production',
  remediation:
    'Give each environment an identity and a secret of its own, and let production trust only what is in production.',
  *onCredential(credential, estate) {
    const group = sameSecret(credential, estate)
    if (group === undefined || SAYS_NOTHING.has(credential.type)) return
    const environments = environmentsOf(group, estate)
    if (!crossesProduction(environments)) return
    const names = [...environments.keys()].sort()
    const tier = tierOf(credential, estate)
    yield {
      subject: subjectOfCredential(credential, estate),
      discriminator: 'secret',
      severity: tier === 'low' || tier === 'none' ? 'medium' : 'high',
      severityReasons: [
        `one secret in ${names.join(' and ')}`,
        ...(isPrivileged(tier) ? [`privilege tier ${tier}`] : []),
      ],
      title: `${CREDENTIAL_TYPES[credential.type].title} ${called(credential, holderOf(credential, estate)?.principal)} is used in ${names.join(' and ')}`,
      locations: [...environments.values()].flatMap(({ location }) => location ?? []),
      evidence: Object.fromEntries([...environments].map(([name, { because }]) => [name, because])),
    }
  },
  *onPrincipal(dossier, estate) {
    yield* intoProduction(dossier, estate)
    yield* actedAsFromBoth(dossier, estate)
  },
}

/** Principals that this one becomes: by relations that need no further right, and by what access worked out. */
function becomes({ out, access }: Dossier): Map<Id<'principal'>, string> {
  const targets = new Map<Id<'principal'>, string>()
  for (const { relation, toId } of out) {
    if (relation === 'runs_as') targets.set(toId, 'runs as')
    else if (relation === 'federates_to') targets.set(toId, 'federates to')
  }
  for (const { principalId } of access.actsAs) if (!targets.has(principalId)) targets.set(principalId, 'may act as')
  return targets
}

function* intoProduction(dossier: Dossier, estate: EstateReader): Generator<FindingDraft> {
  const { principal, classification } = dossier
  const here = classification.environment
  if (here.value === 'unknown' || here.value === 'production' || principal.kind === 'human') return
  for (const [id, how] of becomes(dossier)) {
    const target = estate.dossier(id)
    if (target === undefined || id === principal.id || target.classification.environment.value !== 'production')
      continue
    const { tier } = target.access
    const relation = dossier.out.find(({ toId }) => toId === id)
    yield {
      subject: subjectOf(principal),
      discriminator: target.principal.externalId,
      severity: tier === 'admin' ? 'critical' : 'high',
      severityReasons: [
        `${here.value} reaches production`,
        ...(isPrivileged(tier) ? [`privilege tier ${tier} there`] : []),
      ],
      title: `${principal.nativeType} ${principal.name} (${here.value}) ${how} ${target.principal.name} (production)`,
      locations: relation === undefined ? definitionOf(principal) : [placeOf(relation.provenance)],
      evidence: {
        reaches: target.principal.externalId,
        how,
        here: here.reason,
        there: target.classification.environment.reason,
      },
    }
  }
}

/** One identity that production and something else both run as. A production target is reported at its source. */
function* actedAsFromBoth(dossier: Dossier, estate: EstateReader): Generator<FindingDraft> {
  const { principal, classification } = dossier
  if (classification.environment.value === 'production' || principal.kind === 'group') return
  const users = new Map<string, string>()
  for (const { relation, fromId } of dossier.in) {
    if ((relation !== 'runs_as' && relation !== 'federates_to') || fromId === undefined) continue
    const from = estate.dossier(fromId)
    const environment = from?.classification.environment.value
    if (from !== undefined && environment !== undefined && environment !== 'unknown' && !users.has(environment))
      users.set(environment, from.principal.externalId)
  }
  if (users.size < 2 || !users.has('production')) return
  const names = [...users.keys()].sort()
  yield {
    subject: subjectOf(principal),
    discriminator: 'identity',
    severity: 'high',
    severityReasons: [`one identity in ${names.join(' and ')}`],
    title: `${principal.nativeType} ${principal.name} is one identity for ${names.join(' and ')}`,
    locations: definitionOf(principal),
    evidence: Object.fromEntries(users),
  }
}

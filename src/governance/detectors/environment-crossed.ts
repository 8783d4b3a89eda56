// NHI8: a secret or an identity reaches over the border of production.
import type { CredentialType, Id, Location } from '#kernel'
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

interface Target {
  readonly dossier: Dossier
  readonly how: string
  readonly location?: Location
}

/** Production identities that this one becomes, by relations that need no further right. */
function statedTargets({ out, principal }: Dossier, estate: EstateReader): Target[] {
  const targets = new Map<Id<'principal'>, Target>()
  for (const { relation, toId, provenance } of out) {
    if (relation !== 'runs_as' && relation !== 'federates_to') continue
    const dossier = productionAt(toId, estate)
    if (dossier === undefined || toId === principal.id || targets.has(toId)) continue
    const how = relation === 'runs_as' ? 'runs as' : 'federates to'
    targets.set(toId, { dossier, how, location: placeOf(provenance) })
  }
  return [...targets.values()]
}

function productionAt(id: Id<'principal'>, estate: EstateReader): Dossier | undefined {
  const dossier = estate.dossier(id)
  return dossier?.classification.environment.value === 'production' ? dossier : undefined
}

function* intoProduction(dossier: Dossier, estate: EstateReader): Generator<FindingDraft> {
  const { principal, classification, access } = dossier
  const here = classification.environment.value
  if (here === 'unknown' || here === 'production' || principal.kind === 'human') return
  const stated = statedTargets(dossier, estate)
  for (const target of stated) yield reach(dossier, [target], target.dossier.principal.externalId)
  const known = new Set(stated.map((target) => target.dossier.principal.id))
  const further = access.actsAs.flatMap(({ principalId, how }): Target[] => {
    const target =
      known.has(principalId) || principalId === principal.id ? undefined : productionAt(principalId, estate)
    return target === undefined ? [] : [{ dossier: target, how }]
  })
  // one wide right reaches many: one cause, one finding
  if (further.length > 0) yield reach(dossier, further, 'acts as')
}

function reach(
  { principal, classification }: Dossier,
  targets: readonly Target[],
  discriminator: string,
): FindingDraft {
  const here = classification.environment
  const tiers = targets.map(({ dossier }) => dossier.access.tier)
  const privileged = tiers.find((tier) => tier === 'admin') ?? tiers.find(isPrivileged)
  const [first] = targets
  const names = targets.map(({ dossier }) => dossier.principal.name)
  const shown = names.length > 3 ? `${names.slice(0, 3).join(', ')} and ${names.length - 3} more` : names.join(', ')
  return {
    subject: subjectOf(principal),
    discriminator,
    severity: privileged === 'admin' ? 'critical' : 'high',
    severityReasons: [
      `${here.value} reaches production`,
      ...(privileged === undefined ? [] : [`privilege tier ${privileged} there`]),
    ],
    title: `${principal.nativeType} ${principal.name} (${here.value}) ${discriminator === 'acts as' ? 'may act as' : (first?.how ?? '')} ${shown} (production)`,
    locations: first?.location === undefined ? definitionOf(principal) : [first.location],
    evidence: {
      here: here.reason,
      reaches: targets.slice(0, 50).map(({ dossier, how }) => ({
        identity: dossier.principal.externalId,
        how,
        because: dossier.classification.environment.reason,
      })),
    },
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

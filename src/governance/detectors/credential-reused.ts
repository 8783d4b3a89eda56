// NHI9: one secret serves several consumers, so that none can be told apart, rotated or switched off alone.
import { CREDENTIAL_TYPES } from '#kernel'
import type { CredentialType } from '#kernel'
import type { Credential, Principal, Sighting } from '#identity'
import { crossesProduction, environmentsOf } from '../crossing.ts'
import type { Detector } from '../detector.ts'
import { consumersOf, sameSecret } from '../shared-secret.ts'
import type { SameSecret } from '../shared-secret.ts'
import { called, definitionOf, holderOf, isPrivileged, placeOf, subjectOfCredential, tierOf } from '../subject.ts'

/** Keys of SSH and certificates have rules of their own. */
const JUDGED_ELSEWHERE: ReadonlySet<CredentialType> = new Set(['ssh_public_key', 'certificate', 'federated', 'jwt'])
const CONFIDENCE_MIN = 0.6

export const credentialReused: Detector = {
  id: 'credential-reused',
  title: 'one secret serves several consumers',
  severityRule: 'low; medium when it leaves one namespace, repository or folder; high from privilege tier high',
  owasp: ['NHI9:2025'],
  controls: ['PR.AA-01', 'PR.AA-05'],
  needs: 'inputs that say which workloads are given which secret, or the secret itself under two names',
  blindSpot: 'a consumer that fetches the secret while it runs is not in the inputs',
  remediation:
    'Make one credential for each consumer, with that consumer’s rights only, and then delete the shared one.',
  *onCredential(credential, estate) {
    const group = sameSecret(credential, estate)
    if (group === undefined || JUDGED_ELSEWHERE.has(credential.type)) return
    if (group.some(pullsImages)) return
    // one cause, one finding: sharing over the border of production is the worse of the two
    if (crossesProduction(environmentsOf(group, estate))) return
    const consumers = consumersOf(group, estate)
    const names = [...consumers.values()].map(({ principal }) => principal.externalId).sort()
    const copies = consumers.size >= 2 ? [] : copiesUnderOtherNames(group)
    if (consumers.size < 2 && copies.length < 2) return
    const tier = tierOf(credential, estate)
    const spaces = new Set([...consumers.values()].map(({ principal }) => spaceOf(principal)))
    const wide = copies.length > 0 || spaces.size > 1
    const given = copies.length > 0 ? copies.map(({ file, name }) => `${file}:${name ?? ''}`) : names
    yield {
      subject: subjectOfCredential(credential, estate),
      discriminator: 'reuse',
      severity: isPrivileged(tier) ? 'high' : wide ? 'medium' : 'low',
      severityReasons: [
        copies.length > 0 ? `one secret under ${copies.length} names` : `${consumers.size} consumers have it`,
        ...(isPrivileged(tier) ? [`privilege tier ${tier}`] : []),
      ],
      title: `${CREDENTIAL_TYPES[credential.type].title} ${called(credential, holderOf(credential, estate)?.principal)} serves ${given.length} consumers`,
      locations:
        copies.length > 0
          ? copies.map(placeOf)
          : [...consumers.values()].flatMap(({ principal }) => definitionOf(principal)),
      evidence: { consumers: given.slice(0, 50) },
    }
  },
}

/** What a registry wants to be pulled from is the nodes' own, whichever workloads name it. */
function pullsImages({ attributes }: Credential): boolean {
  const type = attributes['secretType']
  return attributes['use'] === 'image pull' || (typeof type === 'string' && type.startsWith('kubernetes.io/docker'))
}

function spaceOf({ system, attributes }: Principal): string {
  const namespace = attributes['namespace']
  return `${system} ${typeof namespace === 'string' ? namespace : ''}`
}

/**
 * Places of the working tree where the value stands, one per name, if these lie in different folders: a second copy of
 * one configuration, or one beside the first, is no second consumer. Only of secrets so long that they have a hint: a weak
 * password turns up twice by chance.
 */
function copiesUnderOtherNames(group: SameSecret): Sighting[] {
  if (!group.some(({ hint }) => hint !== undefined)) return []
  const byName = new Map<string, Sighting>()
  const folders = new Set<string>()
  for (const sighting of group.flatMap(({ sightings }) => sightings)) {
    const { exposure, name, commit, confidence, file } = sighting
    if (exposure !== 'embedded' || name === undefined || commit !== undefined) continue
    if ((confidence ?? 1) < CONFIDENCE_MIN || file.includes('!/')) continue
    const key = name.toLowerCase().replaceAll(/[^\p{L}\p{N}]/gu, '')
    const folder = file.slice(0, Math.max(0, file.lastIndexOf('/')))
    if (byName.has(key) || folders.has(folder)) continue
    byName.set(key, sighting)
    folders.add(folder)
  }
  return byName.size < 2 ? [] : [...byName.values()]
}

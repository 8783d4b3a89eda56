// NHI5: all of a service on all of its resources, for an identity of machines.
import type { Detector } from '../detector.ts'
import { isAwsIdentity, isGivenAdmin } from '../aws-principal.ts'
import { definitionOf, placeOf, subjectOf } from '../subject.ts'

/** Services in which everything on everything means data, keys, secrets, or whatever runs. */
const TELLING = new Set(
  `backup cloudformation dynamodb ec2 ecs eks es glue kms lambda organizations rds redshift s3 secretsmanager ssm`.split(
    ' ',
  ),
)
const GUARDS = new Set(['kms', 'organizations', 'secretsmanager', 'ssm'])

export const awsWildcardRights: Detector = {
  id: 'aws-wildcard-rights',
  title: 'an AWS identity of machines may do everything in a service, or read every secret',
  severityRule:
    'medium; high when it takes in keys, secrets, parameters or the organisation, or nearly every action there is',
  owasp: ['NHI5:2025'],
  controls: ['PR.AA-05'],
  needs: 'an account export with policies',
  blindSpot:
    'wildcards in the names of actions or resources short of all are not reported; service control policies are not seen',
  remediation:
    'Name the actions that it uses and the resources that are its own; the last accessed services and CloudTrail say which.',
  *onPrincipal(dossier) {
    const { principal, access } = dossier
    if (!isAwsIdentity(principal) || principal.kind === 'human' || isGivenAdmin(dossier)) return
    const grants = access.powers.filter(({ power }) => isTelling(power))
    if (grants.length === 0) return
    const services = grants.flatMap(({ power }) => /^wildcard-action:(.+)$/.exec(power)?.[1] ?? [])
    const nearlyAll = grants.some(({ power }) => power === 'wildcard-action')
    const guards = [...new Set(services.filter((service) => GUARDS.has(service)))]
    const secrets = grants.some(({ power }) => power === 'secrets:read-all')
    const grave = nearlyAll || guards.length > 0 || secrets
    const what = nearlyAll
      ? 'nearly everything in the account'
      : services.length === 0
        ? 'read every secret of the account'
        : `everything in ${[...new Set(services)].sort().join(', ')}`
    const places = grants.flatMap(({ provenance }) => (provenance === undefined ? [] : placeOf(provenance)))
    yield {
      subject: subjectOf(principal),
      severity: grave ? 'high' : 'medium',
      severityReasons: [
        ...(nearlyAll ? ['nearly every action on every resource'] : []),
        ...(guards.length > 0 ? [`everything in ${guards.join(', ')}`] : []),
        ...(secrets ? ['every secret can be read'] : []),
        ...(grave ? [] : ['everything on every resource of a service']),
      ],
      title: `${principal.nativeType} ${principal.name} may ${services.length > 0 || nearlyAll ? 'do ' : ''}${what}`,
      locations: [...definitionOf(principal), ...places.slice(0, 1)],
      evidence: { grants: grants.map(({ detail }) => detail) },
    }
  },
}

function isTelling(power: string): boolean {
  if (power === 'wildcard-action' || power === 'secrets:read-all') return true
  const service = /^wildcard-action:([^:]+)$/.exec(power)?.[1]
  return service !== undefined && TELLING.has(service)
}

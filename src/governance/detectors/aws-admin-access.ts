// NHI5: an identity of machines holds standing administration of an AWS account.
import type { Detector } from '../detector.ts'
import { hasPower, isAwsIdentity, isGivenAdmin } from '../aws-principal.ts'
import { wordOf } from '../attribute.ts'
import { definitionOf, placeOf, subjectOf } from '../subject.ts'

const POWERS = new Set(['admin:everything', 'admin:iam', 'admin:everything:conditional', 'admin:iam:conditional'])

export const awsAdminAccess: Detector = {
  id: 'aws-admin-access',
  title: 'an identity of machines holds standing administration of an AWS account',
  severityRule:
    'high; critical for a user with an active access key, which works from anywhere; medium when it holds only under conditions',
  owasp: ['NHI5:2025'],
  controls: ['PR.AA-05'],
  needs: 'an account export with policies (get-account-authorization-details)',
  blindSpot:
    'service control policies may narrow it and are not seen; people and the roles that they take through single sign-on are not reported',
  remediation:
    'Replace the policy by one with the actions that it used (see its last accessed services), and give administration for a limited time when it is needed.',
  *onPrincipal(dossier) {
    const { principal, access, credentials, in: into } = dossier
    if (!isAwsIdentity(principal) || principal.kind === 'human') return
    const grants = access.powers.filter(({ power }) => POWERS.has(power))
    if (grants.length === 0) return
    const standing = isGivenAdmin(dossier)
    const key = credentials.some(({ type, enabled }) => type === 'aws_access_key' && enabled !== false)
    const everything = hasPower(access, 'admin:everything') || hasPower(access, 'admin:everything:conditional')
    const places = grants.flatMap(({ provenance }) => (provenance === undefined ? [] : placeOf(provenance)))
    yield {
      subject: subjectOf(principal),
      severity: !standing ? 'medium' : key ? 'critical' : 'high',
      severityReasons: [
        everything ? 'it may do everything in the account' : 'it may change any identity and so take any right',
        ...(standing ? [] : ['only under conditions']),
        ...(key ? ['it has an access key, which works from anywhere until it is deleted'] : []),
      ],
      title: `${principal.nativeType} ${principal.name} ${everything ? 'may do everything in' : 'administers the identities of'} AWS account ${wordOf(principal.attributes, 'account') ?? ''}`,
      locations: [...definitionOf(principal), ...places.slice(0, 1)],
      evidence: {
        grants: grants.map(({ detail }) => detail),
        takenBy: [...new Set(into.flatMap(({ attributes }) => wordOf(attributes, 'trusted') ?? []))].slice(0, 20),
      },
    }
  },
}

// NHI5: the root user of an AWS account has an access key.
import type { Detector } from '../detector.ts'
import { wordOf } from '../attribute.ts'
import { definitionOf, subjectOf } from '../subject.ts'

export const awsRootAccessKey: Detector = {
  id: 'aws-root-access-key',
  title: 'the root user of an AWS account has an access key',
  severityRule: 'critical: no policy, boundary or second factor limits it',
  owasp: ['NHI5:2025', 'NHI4:2025'],
  controls: ['PR.AA-01', 'PR.AA-05'],
  needs: 'the credential report',
  blindSpot: 'an inactive root key is not reported',
  remediation:
    'Sign in as root, find out from its last use who needs it, give that a role, then delete the key. Member accounts of an organisation need no root credentials at all.',
  *onPrincipal({ principal, credentials }) {
    if (principal.nativeType !== 'iam-root' || principal.mentionedOnly) return
    const keys = credentials.filter(({ type, enabled }) => type === 'aws_access_key' && enabled === true)
    if (keys.length === 0) return
    const used = keys.flatMap(({ lastUsedAt }) => lastUsedAt ?? []).toSorted()
    yield {
      subject: subjectOf(principal),
      severity: 'critical',
      severityReasons: ['no policy limits the root user, and its key works from anywhere'],
      title: `the root user of AWS account ${wordOf(principal.attributes, 'account') ?? ''} has ${keys.length === 1 ? 'an active access key' : 'two active access keys'}`,
      locations: definitionOf(principal),
      evidence: { keys: keys.length, lastUsedAt: used.at(-1) ?? null },
    }
  },
}

// NHI4: somebody signs in to the AWS console with a password alone.
import type { Detector } from '../detector.ts'
import { isTrue, wordOf } from '../attribute.ts'
import { definitionOf, isPrivileged, placeOf, recordOf, subjectOf } from '../subject.ts'

export const awsConsoleWithoutMfa: Detector = {
  id: 'aws-console-without-mfa',
  title: 'an AWS console password without a second factor',
  severityRule: 'medium; high from privilege tier high; critical for the root user',
  owasp: ['NHI4:2025'],
  controls: ['PR.AA-03'],
  needs: 'the credential report',
  blindSpot:
    'a policy that denies everything without MFA is not counted, since it leaves the password itself usable; console passwords of users with access keys have a rule of their own',
  remediation:
    'Have the person register a passkey or authenticator, or better, remove the user and let people sign in through IAM Identity Center.',
  *onPrincipal({ principal, access, credentials }) {
    const { nativeType, attributes, mentionedOnly, kind } = principal
    if (mentionedOnly || attributes['mfaActive'] !== false || !isTrue(attributes, 'consolePassword')) return
    const root = nativeType === 'iam-root'
    if (!root && (nativeType !== 'iam-user' || kind !== 'human')) return
    const password = credentials.find(({ type }) => type === 'console_password')
    const record = password === undefined ? undefined : recordOf(password)
    yield {
      subject: subjectOf(principal),
      severity: root ? 'critical' : isPrivileged(access.tier) ? 'high' : 'medium',
      severityReasons: [
        root ? 'no policy binds the root user' : 'the password alone opens the console',
        ...(!root && isPrivileged(access.tier) ? [`privilege tier ${access.tier}`] : []),
      ],
      title: root
        ? `the root user of AWS account ${wordOf(attributes, 'account') ?? ''} signs in without a second factor`
        : `iam-user ${principal.name} signs in to the console without a second factor`,
      locations: record === undefined ? definitionOf(principal) : [placeOf(record)],
      evidence: { tier: access.tier, passwordLastUsedAt: password?.lastUsedAt ?? null },
    }
  },
}

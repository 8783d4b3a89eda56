// NHI10: people can sign in to the console as an identity that programs use.
import type { Detector } from '../detector.ts'
import { isTrue } from '../attribute.ts'
import { definitionOf, isPrivileged, placeOf, recordOf, subjectOf } from '../subject.ts'

export const awsMachineConsoleLogin: Detector = {
  id: 'aws-machine-console-login',
  title: 'people can sign in to the AWS console as an identity that programs use',
  severityRule: 'medium; high without a second factor or from privilege tier high',
  owasp: ['NHI10:2025'],
  controls: ['PR.AA-01', 'PR.AA-03'],
  needs: 'the credential report',
  blindSpot:
    'that a person and a program share it is read from its having both a console password and an active access key; who signed in is in CloudTrail',
  remediation:
    'Delete the password (aws iam delete-login-profile) and give the person a sign-in of their own; if it is a person’s user, delete the keys and let programs take a role.',
  *onPrincipal({ principal, access, credentials }) {
    const { nativeType, attributes, mentionedOnly, kind } = principal
    if (mentionedOnly || nativeType !== 'iam-user' || kind === 'human') return
    if (!isTrue(attributes, 'consolePassword') || !isTrue(attributes, 'consoleAndKeys')) return
    const password = credentials.find(({ type }) => type === 'console_password')
    const record = password === undefined ? undefined : recordOf(password)
    const alone = attributes['mfaActive'] === false
    yield {
      subject: subjectOf(principal),
      severity: alone || isPrivileged(access.tier) ? 'high' : 'medium',
      severityReasons: [
        'what it does cannot be told apart: a program or a person',
        ...(alone ? ['the password alone opens the console'] : []),
        ...(isPrivileged(access.tier) ? [`privilege tier ${access.tier}`] : []),
      ],
      title: `iam-user ${principal.name} has access keys for programs and a console password for people`,
      locations: record === undefined ? definitionOf(principal) : [placeOf(record)],
      evidence: {
        mfa: !alone,
        tier: access.tier,
        passwordLastUsedAt: password?.lastUsedAt ?? null,
      },
    }
  },
}

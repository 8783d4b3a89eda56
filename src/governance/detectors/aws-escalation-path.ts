// NHI5: rights that look narrow let their holder give itself more than it was given.
import type { Detector } from '../detector.ts'
import { isAwsIdentity, isGivenAdmin } from '../aws-principal.ts'
import { definitionOf, placeOf, subjectOf } from '../subject.ts'

export const awsEscalationPath: Detector = {
  id: 'aws-escalation-path',
  title: 'an AWS identity can reach more than it was given',
  severityRule:
    'high when administration is reached, else medium; one step lower for a person. One finding per identity and technique',
  owasp: ['NHI5:2025'],
  controls: ['PR.AA-05'],
  needs: 'an account export with policies and roles (get-account-authorization-details)',
  blindSpot:
    'service control policies and resource policies are not seen; a path that holds only under conditions that files do not decide (MFA, network) is listed with the identity, not reported',
  remediation:
    'Take away the action that the path starts from, or limit it: name the roles in iam:PassRole and the service in iam:PassedToService, name the users and policies, or set a permission boundary.',
  *onPrincipal(dossier) {
    const { principal, access } = dossier
    // who administers the account has nothing to escalate to
    if (!isAwsIdentity(principal) || isGivenAdmin(dossier)) return
    for (const path of access.escalations) {
      if (!path.technique.startsWith('aws:')) continue
      const full = path.reachesTier === 'admin'
      const person = principal.kind === 'human'
      yield {
        subject: subjectOf(principal),
        discriminator: path.technique,
        severity: full ? (person ? 'medium' : 'high') : person ? 'low' : 'medium',
        severityReasons: [
          `it reaches privilege tier ${path.reachesTier}: ${path.reaches}`,
          ...(person ? ['a person would have to do it'] : []),
        ],
        title: `${principal.nativeType} ${principal.name} can ${path.title}: it reaches ${path.reaches}`,
        locations: path.provenance === undefined ? definitionOf(principal) : path.provenance.map(placeOf),
        evidence: {
          technique: path.technique,
          steps: path.steps.map(({ action, resource, because }) => ({ action, resource, because })),
          reaches: path.reaches,
          tier: path.reachesTier,
        },
        remediation: `Take ${path.steps.map(({ action }) => `\`${action}\``).join(' or ')} away from it, or limit on what: one of the steps is enough.`,
      }
    }
  },
}

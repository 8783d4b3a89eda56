// NHI6: a role lets in tokens of an OIDC provider without saying whose.
import type { Relation } from '#identity'
import type { Detector } from '../detector.ts'
import { wordOf } from '../attribute.ts'
import { isAwsIdentity, narrowingTerms } from '../aws-principal.ts'
import { weaknessesOf } from '../oidc-subject.ts'
import type { Weakness } from '../oidc-subject.ts'
import { isPrivileged, placeOf, subjectOf } from '../subject.ts'

export const awsOidcTrustLoose: Detector = {
  id: 'aws-oidc-trust-loose',
  title: 'a role trusts tokens of an OIDC provider without saying whose',
  severityRule:
    'anyone at the provider: critical from privilege tier high, else high; a whole organisation, cluster or user base: high, else medium; any branch or pull request of one repository: medium from privilege tier high, else low',
  owasp: ['NHI6:2025'],
  controls: ['PR.AA-04', 'PR.AA-05'],
  needs: 'roles with their trust policies',
  blindSpot:
    'whether a branch or deployment environment is protected is set at the provider and not known here; a custom subject is judged by its text',
  remediation:
    'Compare the `sub` claim with exact values: the repository with its branch or environment, the service account with its namespace; and `aud` with the audience that you use.',
  *onPrincipal({ principal, access, in: into }) {
    if (!isAwsIdentity(principal)) return
    const worst = new Map<string, { weakness: Weakness; relation: Relation }>()
    for (const relation of into) {
      const issuer = wordOf(relation.attributes, 'trust') === 'oidc' ? relation.pattern?.issuer : undefined
      if (issuer === undefined) continue
      for (const weakness of weaknessesOf(issuer, narrowingTerms(relation))) {
        const known = worst.get(issuer)
        if (known === undefined || weakness.grade > known.weakness.grade) worst.set(issuer, { weakness, relation })
      }
    }
    for (const [issuer, { weakness, relation }] of worst) {
      const grave = isPrivileged(access.tier)
      yield {
        subject: subjectOf(principal),
        discriminator: issuer,
        severity: SEVERITY[weakness.grade][grave ? 1 : 0],
        severityReasons: [weakness.says, ...(grave ? [`privilege tier ${access.tier}`] : [])],
        title: `role ${principal.name} trusts ${issuer}: ${weakness.says}`,
        locations: [placeOf(relation.provenance)],
        evidence: { issuer, subject: weakness.subject, tier: access.tier },
      }
    }
  },
}

/** By grade of the weakness: for a role of low privilege, and from tier high. */
const SEVERITY = {
  1: ['low', 'medium'],
  2: ['medium', 'high'],
  3: ['high', 'critical'],
} as const

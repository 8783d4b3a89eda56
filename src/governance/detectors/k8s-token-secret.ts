// NHI7: a token of a service account that never expires lies in a Secret.
import type { Detector } from '../detector.ts'
import { called, credentialKey, holderOf, isPrivileged, placeOf, subjectOfCredential, tierOf } from '../subject.ts'

export const k8sTokenSecret: Detector = {
  id: 'k8s-token-secret',
  title: 'a service account has a token that never expires',
  severityRule: 'medium; high from privilege tier high',
  owasp: ['NHI7:2025'],
  controls: ['PR.AA-01'],
  needs: 'Secret objects of type kubernetes.io/service-account-token',
  blindSpot: 'tokens that were issued with a very long life by the token API leave no object behind',
  remediation:
    'Delete the Secret. Inside the cluster use the mounted, rotating token; outside, request short-lived ones with the token API or federate with OIDC.',
  *onCredential(credential, estate) {
    if (credential.type !== 'service_account_token' || credential.expiresAt !== undefined) return
    const record = credential.sightings.find(({ exposure }) => exposure !== 'reference')
    if (record === undefined || credential.enabled === false) return
    const holder = holderOf(credential, estate)
    const tier = tierOf(credential, estate)
    const privileged = isPrivileged(tier)
    yield {
      subject: subjectOfCredential(credential, estate),
      discriminator: credentialKey(credential),
      severity: privileged ? 'high' : 'medium',
      severityReasons: [
        'it is valid until the Secret or the account is deleted, from anywhere that reaches the API server',
        ...(privileged ? [`privilege tier ${tier}`] : []),
      ],
      title: `token secret ${called(credential, holder?.principal)} never expires`,
      locations: [placeOf(record)],
      evidence: { secret: credential.name ?? null, createdAt: credential.createdAt ?? null },
    }
  },
}

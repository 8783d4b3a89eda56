// NHI7: a client secret that is valid for years.
import { daysBetween } from '#kernel'
import type { Detector } from '../detector.ts'

const DAYS_MAX = 730

export const entraSecretLifetime: Detector = {
  id: 'entra-secret-lifetime',
  title: 'a client secret is valid for years',
  severityRule: 'medium; high from privilege tier high',
  owasp: ['NHI7:2025'],
  controls: ['PR.AA-01'],
  needs: 'passwordCredentials with startDateTime and endDateTime',
  blindSpot: 'a secret that is renewed in time although it could live long is reported as well',
  remediation:
    'Add a federated credential or a certificate and remove the secret; where a secret has to stay, give it at most 180 days and rotate it with an overlap.',
  *onCredential(credential, estate) {
    const { createdAt, expiresAt } = credential
    if (credential.type !== 'oauth_client_secret' || createdAt === undefined || expiresAt === undefined) return
    if (!credential.refs.some((ref) => ref.startsWith('entra:key/')) || expiresAt < estate.asOf) return
    const days = daysBetween(createdAt, expiresAt)
    if (days <= DAYS_MAX) return
    const dossier = credential.principalId === undefined ? undefined : estate.dossier(credential.principalId)
    const place = credential.sightings[0]
    const file = place?.file ?? ''
    const tier = dossier?.access.tier ?? 'unknown'
    yield {
      subject: {
        ...(credential.principalId === undefined ? {} : { principalId: credential.principalId }),
        credentialId: credential.id,
        externalId: dossier?.principal.externalId ?? `${file}:${credential.name ?? 'secret'}`,
      },
      discriminator: credential.refs[0] ?? '',
      severity: tier === 'high' || tier === 'admin' ? 'high' : 'medium',
      severityReasons: [
        `valid for ${days} days, ${DAYS_MAX} are too many`,
        ...(tier === 'unknown' ? [] : [`privilege tier ${tier}`]),
      ],
      title: `client secret ${credential.name ?? ''} of ${dossier?.principal.name ?? 'an unknown application'} is valid until ${expiresAt.slice(0, 10)}`,
      locations: place === undefined ? [] : [place],
      evidence: { createdAt, expiresAt, days },
    }
  },
}

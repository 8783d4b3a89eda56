// NHI2: GitHub has told of a leaked secret, and nobody has closed the alert.
import { isTrue, wordOf } from '../attribute.ts'
import type { Detector } from '../detector.ts'

export const secretAlertOpen: Detector = {
  id: 'secret-alert-open',
  title: 'a secret-scanning alert is open',
  severityRule: 'critical when GitHub found the secret to work or to be public, high otherwise',
  owasp: ['NHI2:2025'],
  controls: ['PR.AA-01', 'ID.RA-01'],
  needs: 'secret-scanning alerts from the REST API, exported without the secret itself',
  blindSpot:
    'where the export carries the secret, the finding is a leaked secret instead; repositories without secret scanning raise no alerts',
  remediation:
    'Rotate the secret at its issuer first, see that the old one is refused, then close the alert as revoked. Deleting the line is not enough: the history keeps it.',
  *onCredential(credential) {
    const { attributes, sightings } = credential
    if (wordOf(attributes, 'alertState') !== 'open' || credential.enabled === false) return
    if (sightings.some(({ exposure }) => exposure === 'embedded')) return
    const place = sightings[0]
    if (place === undefined) return
    const type = credential.name ?? 'secret'
    const works = wordOf(attributes, 'validity') === 'active'
    const open = isTrue(attributes, 'publiclyLeaked')
    const alert = attributes['alert']
    yield {
      subject: { credentialId: credential.id, externalId: `${place.file}:${type}` },
      discriminator: `${wordOf(attributes, 'repository') ?? ''} ${typeof alert === 'number' ? alert : ''}`,
      severity: works || open ? 'critical' : 'high',
      severityReasons: [
        ...(works ? ['GitHub tried it and it works'] : []),
        ...(open ? ['it has been seen in public'] : []),
        'whoever can read the repository can use it',
      ],
      title: `a ${type} is exposed in ${wordOf(attributes, 'repository') ?? 'a repository'} and its alert is open`,
      locations: [place],
      evidence: { alert: alert ?? null, validity: wordOf(attributes, 'validity') ?? 'unknown' },
    }
  },
}

// NHI5: an SSH key that belongs to nobody may push to a repository.
import { daysBetween } from '#kernel'
import { wordOf } from '../attribute.ts'
import type { Detector } from '../detector.ts'

const UNUSED_DAYS = 90

export const deployKeyWritable: Detector = {
  id: 'deploy-key-writable',
  title: 'a deploy key may push',
  severityRule: `high when the key is known not to have been used for ${UNUSED_DAYS} days, medium otherwise`,
  owasp: ['NHI5:2025'],
  controls: ['PR.AA-05', 'PR.AA-01'],
  needs: "the repository's deploy keys from the REST API",
  blindSpot: 'who holds the private half is not known, unless it was found in another input',
  remediation:
    'Replace the key by one that only reads, or by an app installation with `contents: write` on this repository alone; then delete the key.',
  *onCredential(credential, estate) {
    if (credential.type !== 'deploy_key' || credential.attributes['readOnly'] !== false || credential.enabled === false)
      return
    const place = credential.sightings.find(({ exposure }) => exposure === 'record') ?? credential.sightings[0]
    if (place === undefined) return
    const name = credential.name ?? 'deploy key'
    const idle = credential.lastUsedAt === undefined ? undefined : daysBetween(credential.lastUsedAt, estate.asOf)
    const stale = idle !== undefined && idle >= UNUSED_DAYS
    const repository = wordOf(credential.attributes, 'repository')
    yield {
      subject: { credentialId: credential.id, externalId: `${place.file}:${name}` },
      severity: stale ? 'high' : 'medium',
      severityReasons: [
        ...(stale ? [`it was last used ${idle} days ago`] : []),
        'whoever has the private half may change the code, without a name and without review',
      ],
      title: `the deploy key ${name} may push to ${repository ?? 'its repository'}`,
      locations: [place],
      evidence: { repository: repository ?? null, addedBy: wordOf(credential.attributes, 'addedBy') ?? null },
    }
  },
}

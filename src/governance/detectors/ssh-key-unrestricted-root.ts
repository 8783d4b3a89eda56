// NHI5: a key logs in as root from anywhere and may do anything there.
import type { Detector } from '../detector.ts'
import { openings, sshFingerprint, userOf } from '../ssh-key.ts'
import { placeOf } from '../subject.ts'

export const sshKeyUnrestrictedRoot: Detector = {
  id: 'ssh-key-unrestricted-root',
  title: 'an SSH key opens root without any limit',
  severityRule: 'medium; high when the private half was found unprotected in the inputs',
  owasp: ['NHI5:2025'],
  controls: ['PR.AA-05'],
  needs: 'authorized_keys of root',
  blindSpot: 'whether sshd lets root in at all, and from where a firewall lets anyone in, is decided elsewhere',
  remediation:
    'Let the key do one thing: `restrict,command="…",from="…"` before it; or log in to an account of its own and use sudo for the commands that need root.',
  *onCredential(credential, estate) {
    const fingerprint = sshFingerprint(credential)
    if (fingerprint === undefined || credential.enabled === false) return
    const exposed = credential.sightings.some(({ exposure }) => exposure === 'embedded')
    for (const { account, options } of openings(credential)) {
      if (userOf(account) !== 'root' || options.includes('from') || options.includes('command')) continue
      const places = credential.sightings.filter(({ object }) => object === account)
      const ids = [credential.principalId, ...credential.alsoOf].filter((id) => id !== undefined)
      const principalId = ids.find((id) => estate.dossier(id)?.principal.externalId === account)
      const name = credential.name === undefined ? fingerprint : `\`${credential.name}\``
      yield {
        subject: {
          ...(principalId === undefined ? {} : { principalId }),
          credentialId: credential.id,
          externalId: account,
        },
        discriminator: fingerprint,
        severity: exposed ? 'high' : 'medium',
        severityReasons: [
          ...(exposed ? ['its private half lies unprotected in the inputs'] : []),
          'whoever has the key is root, from anywhere',
        ],
        title: `the SSH key ${name} opens ${account} without any limit`,
        locations: places.map(placeOf),
        evidence: { fingerprint, account, options },
      }
    }
  },
}
